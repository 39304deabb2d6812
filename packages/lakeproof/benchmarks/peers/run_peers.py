"""The same example and the same question in each tool: seconds, bytes, and ten planted changes.

`python run_peers.py [--only DVC] [--changes 3]`: an environment for each in a scratch folder, its
packages from PyPI. Leaves `peers.json`; `peers.md` says what it means.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tools import LAKEPROOF, TOOLS, Tool  # noqa: E402

from measure import (  # noqa: E402
    ROOT,
    copy_of_project,
    our_environment,
    plain_environment,
    seconds,
)
from plain import plain_project  # noqa: E402

KEPT = HERE / "peers.json"
Change = Callable[[Path, Tool, Path], None]


@dataclass
class Answer:
    """What a tool said: `same`, `differs` or `trouble`, with the last lines of it."""

    said: str
    told: str


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, (path, old)
    path.write_text(text.replace(old, new, 1))


def _shell(command: str, folder: Path, bin_: Path) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": f"{bin_}:{os.environ['PATH']}", "HOME": str(folder.parent), "USER": "b"}
    return subprocess.run(
        command, shell=True, cwd=folder, env=clean, capture_output=True, text=True, check=False
    )


def _all(commands: tuple[str, ...], folder: Path, bin_: Path) -> None:
    for command in commands:
        done = _shell(command, folder, bin_)
        if done.returncode:
            sys.exit(f"{command}: {done.stdout[-1000:]} {done.stderr[-2000:]}")


def ask(tool: Tool, folder: Path, bin_: Path) -> Answer:
    """Have yesterday's run again."""
    for command in tool.again:
        done = _shell(command, folder, bin_)
        told = (done.stdout + done.stderr).strip()[-300:]
        if done.returncode and command != tool.again[-1]:
            return Answer("trouble", f"{command}: {told}")
    return Answer({0: "same", 1: "differs"}.get(done.returncode, "trouble"), told)


def _cell(folder: Path, tool: Tool, bin_: Path) -> None:
    _replace(folder / tool.raw, "13.74", "13.75")


def _order(folder: Path, tool: Tool, bin_: Path) -> None:
    first, *rows = (folder / tool.raw).read_text().splitlines()
    (folder / tool.raw).write_text("\n".join([first, *reversed(rows)]) + "\n")


def _gone(folder: Path, tool: Tool, bin_: Path) -> None:
    (folder / tool.raw).unlink()


def _trees(folder: Path, tool: Tool, bin_: Path) -> None:
    _replace(folder / tool.params, *tool.trees)


def _seed(folder: Path, tool: Tool, bin_: Path) -> None:
    _replace(folder / tool.params, *tool.seed)


def _code(folder: Path, tool: Tool, bin_: Path) -> None:
    _replace(folder / tool.code, *tool.line)


def _committed(folder: Path, tool: Tool, bin_: Path) -> None:
    _code(folder, tool, bin_)
    _all((tool.run[0],), folder, bin_)


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


CHANGES: dict[str, Change] = {
    "a cell of a raw file": _cell,
    "the order of its rows": _order,
    "the raw file gone": _gone,
    "a parameter": _trees,
    "the seed": _seed,
    "code, not committed": _code,
    "code, committed": _committed,
    "a module beside the code": _beside,
    "a patched library": _library,
    "yesterday's metrics, where they are kept": _stored,
}


@contextmanager
def _kept_library(bin_: Path) -> Iterator[None]:
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


def environment_of(tool: Tool, folder: Path) -> Path:
    """Make an environment of its own; its `bin`."""
    uv = str(ROOT / ".venv/bin/uv")
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    python = str(folder / "bin/python")
    subprocess.run([uv, "pip", "install", "-q", "--python", python, *tool.packages], check=True)
    return folder / "bin"


def project_of(tool: Tool, folder: Path, bin_: Path) -> Path:
    """Write the example by hand."""
    shutil.copytree(HERE / "example", folder)
    shutil.copytree(
        ROOT / "data/01_raw/wine", folder / "raw", ignore=shutil.ignore_patterns("*.md")
    )
    (folder / ".gitignore").write_text("out/\n.snakemake/\n.metaflow/\n__pycache__/\nraw/\n")
    _all(("git init -q", *tool.begin), folder, bin_)
    return folder


def _prepared(tool: Tool, folder: Path) -> tuple[Path, Path]:
    """Make environment and project."""
    if not tool.is_of_repository:
        bin_ = environment_of(tool, folder / "venv")
        return bin_, project_of(tool, folder / "project", bin_)
    ours = copy_of_project(folder / "ours")
    if tool is LAKEPROOF:
        return our_environment(folder / "venv", ours), ours
    bin_, plain = plain_environment(folder / "venv"), plain_project(folder / "project", ours)
    shutil.copy(HERE / "example/compare_metrics.py", plain)
    (plain / ".gitignore").write_text(
        "data/\nraw/\nmlflow.db\nmlruns/\nmlartifacts/\n__pycache__/\n"
    )
    _all(("git init -q", *tool.begin), plain, bin_)
    return bin_, plain


def _bytes(folder: Path, places: tuple[str, ...]) -> int:
    files = [path for place in places for path in (folder / place).rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files)


def measure(tool: Tool, folder: Path, count: int) -> dict[str, object]:
    """Run it, ask again, and ask again after each change, each in a copy of its own."""
    bin_, project = _prepared(tool, folder)
    run = seconds(lambda: _all(tool.run, project, bin_))
    stored = _bytes(project, tool.stores)
    copy = shutil.copytree(project, folder / "clean", symlinks=True)
    clean: list[Answer] = []
    again = seconds(lambda: clean.append(ask(tool, copy, bin_)))
    answers = {"nothing": asdict(clean[0])}
    for place, (name, change) in enumerate(list(CHANGES.items())[:count]):
        copy = shutil.copytree(project, folder / str(place), symlinks=True)
        with _kept_library(bin_):
            change(copy, tool, bin_)
            answers[name] = asdict(ask(tool, copy, bin_))
        print(tool.name, name, answers[name], flush=True)
    return {
        "version": _shell(tool.version, project, bin_).stdout.strip()[:80],
        "typed_for_a_run": tool.run,
        "typed_for_the_question": tool.again,
        "run_processor_s": round(run.processor, 1),
        "again_processor_s": round(again.processor, 1),
        "bytes_of_a_run": stored,
        "answers": answers,
    }


def main() -> None:
    """Measure those that are asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=[tool.name for tool in TOOLS])
    parser.add_argument("--changes", type=int, default=len(CHANGES))
    args = parser.parse_args()
    found = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for tool in TOOLS:
        if tool.name in args.only:
            with tempfile.TemporaryDirectory() as folder:
                found[tool.name] = measure(tool, Path(folder), args.changes)
            KEPT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
            print(json.dumps({tool.name: found[tool.name]}), flush=True)


if __name__ == "__main__":
    main()
