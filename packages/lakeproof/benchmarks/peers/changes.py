"""The ten changes that are planted between a run and the question for it."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shell import all_of
from tools import COMMIT, Tool

REWRITES = """
import sys, os, pandas as pd
rows = pd.read_parquet(sys.argv[1])
os.chmod(sys.argv[1], 0o644)
rows[: len(rows) // 2].to_parquet(sys.argv[1])
"""
OVERWRITES = """
import sys, deltalake, pathlib
place = next(pathlib.Path(sys.argv[1]).rglob("_delta_log")).parent
table = deltalake.DeltaTable(str(place))
rows = table.to_pyarrow_table()
deltalake.write_deltalake(table, rows[: len(rows) // 2], mode="overwrite")
table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
"""
# Gives what is set while the question is asked, if anything is.
Change = Callable[[Path, Tool, Path], Mapping[str, str] | None]


@dataclass(frozen=True)
class Planted:
    """A change that is planted between the run and the question.

    Args:
        change: Makes it.
        cause: Whatever of it an answer names, as a pattern.
    """

    change: Change
    cause: str


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, (path, old)
    path.write_text(text.replace(old, new, 1))


def _cell(folder: Path, tool: Tool, bin_: Path) -> None:
    _replace(folder / tool.raw, "13.74", "13.75")


def _table(folder: Path, tool: Tool, bin_: Path) -> None:
    """Overwrite the table between with half of its rows, and clean up after it."""
    code = OVERWRITES if (folder / tool.table).is_dir() else REWRITES
    done = subprocess.run(
        [str(bin_ / "python"), "-c", code, tool.table],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)


def _gone(folder: Path, tool: Tool, bin_: Path) -> None:
    (folder / tool.raw).unlink()


def _trees(folder: Path, tool: Tool, bin_: Path) -> None:
    _replace(folder / tool.params, *tool.trees)


def _seed(folder: Path, tool: Tool, bin_: Path) -> None:
    _replace(folder / tool.params, *tool.seed)


def _committed(folder: Path, tool: Tool, bin_: Path) -> None:
    _replace(folder / tool.code, *tool.line)
    all_of((COMMIT,), folder, bin_)


def _machine(folder: Path, tool: Tool, bin_: Path) -> Mapping[str, str]:
    return {"OPENBLAS_CORETYPE": "Nehalem", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}


def _beside(folder: Path, tool: Tool, bin_: Path) -> None:
    _replace(folder / tool.beside, *tool.beside_line)


def _library(folder: Path, tool: Tool, bin_: Path) -> None:
    (path,) = bin_.parent.glob("lib/python*/site-packages/sklearn/ensemble/_forest.py")
    _replace(path, "randint(0, n_samples, n_s", "randint(1, n_samples, n_s")


def _stored(folder: Path, tool: Tool, bin_: Path) -> None:
    found = [path for path in folder.glob(tool.kept_metrics) if b"accuracy" in path.read_bytes()]
    for path in found or sorted(folder.glob(tool.kept_metrics))[-1:]:
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b"0", b"1"))


CHANGES: dict[str, Planted] = {
    "a cell of a raw file": Planted(_cell, r"\braw\b|2026-01|delivery"),
    "the raw file gone": Planted(_gone, r"\braw\b|2026-01|delivery"),
    "the table between overwritten and vacuumed": Planted(_table, r"\bsamples\b"),
    "a parameter": Planted(_trees, r"trees|n_estimators"),
    "the seed": Planted(_seed, r"\bseed\b"),
    "code, committed": Planted(_committed, r"steps\.py|nodes\.py|\bcode\b"),
    "a module beside it, not committed": Planted(_beside, r"shares\.py|rows\.py|\bcode\b"),
    "a patched library": Planted(_library, r"scikit-learn|sklearn"),
    "another BLAS kernel, two threads": Planted(_machine, r"(?i)blas|thread"),
    "yesterday's metrics, where they are kept": Planted(_stored, r"metrics|accuracy|log_loss"),
}


@contextmanager
def kept_library(bin_: Path) -> Iterator[None]:
    """Put the library back as it was."""
    (path,) = bin_.parent.glob("lib/python*/site-packages/sklearn/ensemble/_forest.py")
    text = path.read_text()
    # The file may be one with uv's cache.
    path.unlink()
    path.write_text(text)
    try:
        yield
    finally:
        path.write_text(text)
