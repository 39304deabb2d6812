"""A minimal Kedro project with two tables, and its commands."""

import json
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from kedro import __version__ as KEDRO  # noqa: N812 - a constant
from kedro.framework.startup import ProjectMetadata, bootstrap_project

from lakeproof.cli import commands
from lakeproof.delta import DeltaTable
from lakeproof.leases.facts import Lease, moment

PACKAGE = "lakehouse"

PYPROJECT = f"""\
[tool.kedro]
package_name = "{PACKAGE}"
project_name = "Lakehouse"
kedro_init_version = "{KEDRO}"
source_dir = "src"
"""

LOGGING = """\
version: 1
handlers:
  stderr: {class: logging.StreamHandler, stream: "ext://sys.stderr"}
root: {level: WARNING, handlers: [stderr]}
"""

CATALOG = """\
# The tables, in the order in which they come to be.
samples:
  type: lakeproof.delta.DeltaTable
  filepath: data/${globals:example}/samples   # one folder per example
  key: id
  # How it is written.
  save_args: {mode: overwrite, skip_unchanged: false}

features:
  type: lakeproof.delta.DeltaTable
  filepath: "data/${globals:example}/features"

report:
  type: MemoryDataset
"""


@dataclass(frozen=True)
class Lakehouse:
    """A Kedro project folder, and the commands as a person would type them there."""

    path: Path
    metadata: ProjectMetadata

    def write(self, file: str, text: str) -> Path:
        """Write a file of the project, line ends as they are."""
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def read(self, file: str) -> str:
        """Read a file of the project, line ends as they are."""
        return (self.path / file).read_bytes().decode()

    def run(self, *args: str, code: int = 0) -> Result:
        """Run a command; `code` is the exit code expected."""
        with warnings.catch_warnings():
            # Kedro 1.7 registers its resolvers under the name that OmegaConf is about to drop.
            warnings.filterwarnings("ignore", message="register_new_resolver", category=UserWarning)
            done = CliRunner().invoke(commands, args, obj=self.metadata)
        assert done.exit_code == code, f"exit {done.exit_code}\n{done.output}\n{done.exception!r}"
        return done

    def json(self, *args: str) -> dict[str, Any]:
        """Run a command with `--json`, and read what it prints."""
        return json.loads(self.run(*args, "--json").stdout)

    def table(self, name: str, example: str = "wine") -> DeltaTable:
        """Give a table to write to, without Kedro."""
        path = self.path / "data" / example / name
        return DeltaTable(filepath=str(path), save_args={"skip_unchanged": False})

    def lease(self, version: int, run_id: str, **given: object) -> Lease:
        """Write down a lease on `samples`; nobody has taken it."""
        told = {"until": None, "why": "a test", "env": "local", "uri": "data/wine/samples", **given}
        return Lease(
            table_id=self.table("samples").open().table_id,
            version=version,
            run_id=run_id,
            table="samples",
            taken_at=moment(datetime.now(UTC)),
            **told,
        )


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lakehouse]:
    """A project whose tables nobody has written yet."""
    for name in ("KEDRO_ENV", "LAKEPROOF_DEBUG"):
        monkeypatch.setenv(name, "")
    path = tmp_path / "project"
    for file, text in {
        "pyproject.toml": PYPROJECT,
        "conf/logging.yml": LOGGING,
        "conf/base/catalog.yml": CATALOG,
        "conf/base/globals.yml": "example: wine\n",
        "conf/local/.gitkeep": "",
        "conf/other/globals.yml": "example: other\n",
        f"src/{PACKAGE}/__init__.py": "",
        f"src/{PACKAGE}/settings.py": "",
        f"src/{PACKAGE}/pipeline_registry.py": "raise ImportError('pipelines are not needed')\n",
    }.items():
        (path / file).parent.mkdir(parents=True, exist_ok=True)
        (path / file).write_text(text)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setenv("PYTHONPATH", "")
    yield Lakehouse(path, bootstrap_project(path))
    for module in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[module]


@pytest.fixture
def lakehouse(empty: Lakehouse) -> Lakehouse:
    """A project with `samples` at versions 0 to 2 and `features` at version 0."""
    for count in (1, 2, 3):
        empty.table("samples").save(pl.DataFrame({"id": [f"w{i}" for i in range(count)]}))
    empty.table("features").save(pl.DataFrame({"id": ["w0"], "x": [1.5]}))
    return empty
