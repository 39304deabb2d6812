"""Two projects, and a lake outside of both: one writes its nightly visits there, both read them.

A third party writes `sensors` there by delta-rs alone, which promises to keep nothing.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from lakeproof.delta import DeltaTable

# The project whose settings this process has: one at a time.
_entered: dict[Path, Any] = {}

PERSONAL = ["person", "note", "score"]
KEPT_DAYS = {"clinic": 90, "institute": 40}

_PYPROJECT = """\
[tool.kedro]
package_name = "{name}"
project_name = "{name}"
kedro_init_version = "{version}"
source_dir = "src"

[tool.lakeproof]
keep = "{days} days"
"""
_CATALOG = """\
visits:
  type: lakeproof.delta.DeltaTable
  filepath: {lake}/visits
  key: person
  personal: [person, note, score]
  save_args: {{mode: merge, schema_mode: merge}}
sensors:
  type: lakeproof.delta.DeltaTable
  filepath: {lake}/sensors
  key: sensor
"""
_FEATURES = """\
features:
  type: lakeproof.delta.DeltaTable
  filepath: data/features
  key: person
  save_args: {mode: overwrite}
"""
_MLFLOW = """\
server: {mlflow_tracking_uri: 'sqlite:///${project_path:mlflow.db}'}
tracking:
  experiment:
    create_experiment_kwargs:
      artifact_location: ${project_path:mlartifacts}
"""
_REGISTRY = '''\
"""What is run at night."""

from kedro.pipeline import node, pipeline


def describe(visits):
    """Make a row of each visit."""
    return visits.select("person", "day")


def count(visits):
    """Count them."""
    return float(len(visits.select("person").collect()))


def compare(visits, sensors):
    """Read both."""
    return float(len(visits.select("day").collect()) + len(sensors.select("x").collect()))


def register_pipelines():
    """Name the pipelines."""
    return {
        "describe": pipeline([node(describe, "visits", "features")]),
        "count": pipeline([node(count, "visits", "counted")]),
        "compare": pipeline([node(compare, ["visits", "sensors"], "compared")]),
        "__default__": pipeline([node(count, "visits", "counted")]),
    }
'''


@dataclass(frozen=True)
class Project:
    """A project, and what is typed there.

    Args:
        path: Its folder.
    """

    path: Path

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path.name

    @contextlib.contextmanager
    def entered(self) -> Iterator[Any]:
        """Be in it, and give what Kedro's command line knows of it."""
        from kedro.framework.startup import bootstrap_project

        folder, search = Path.cwd(), list(sys.path)
        os.chdir(self.path)
        try:
            if self.path not in _entered:
                _entered.clear()
                _entered[self.path] = bootstrap_project(self.path)
            yield _entered[self.path]
        finally:
            os.chdir(folder)
            sys.path[:] = search

    def command(self, *typed: str) -> dict[str, Any]:
        """Run a command with `--json`.

        Raises:
            RuntimeError: If it fails.
        """
        code, said, error = self.tried(*typed)
        if code and not (typed[0] == "check" and code == 1):
            raise RuntimeError(f"{self.name}: {' '.join(typed)}: exit {code}: {error}")
        return dict(json.loads(said))

    def tried(self, *typed: str) -> tuple[int, str, str]:
        """Run a command with `--json`: exit code, what it printed, and on standard error."""
        from click.testing import CliRunner

        from lakeproof.cli import commands

        with self.entered() as metadata, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = CliRunner().invoke(commands, [*typed, "--json"], obj=metadata)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout, done.stderr

    def run(self, pipeline: str) -> str:
        """Run a pipeline as `kedro run` does, and give the run's id."""
        from kedro.framework.session import KedroSession
        from kedro.runner import SequentialRunner

        with (
            self.entered(),
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()) as said,
        ):
            warnings.simplefilter("ignore")
            with KedroSession.create(self.path) as session:
                session.run(pipeline_names=[pipeline], runner=SequentialRunner())
        words = said.getvalue().split()
        return words[words.index("Recorded") + 2]


@dataclass(frozen=True)
class World:
    """All of it.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def lake(self) -> Path:
        """Where the tables are that both share."""
        return self.path / "lake"

    @cached_property
    def clinic(self) -> Project:
        """The project that writes the visits."""
        return Project(self.path / "clinic")

    @cached_property
    def institute(self) -> Project:
        """The project that only reads them."""
        return Project(self.path / "institute")

    @property
    def projects(self) -> tuple[Project, Project]:
        """Both."""
        return self.clinic, self.institute

    @property
    def tables(self) -> dict[str, Path]:
        """The folders of the tables, by name."""
        return {
            "visits": self.lake / "visits",
            "sensors": self.lake / "sensors",
            "features": self.clinic.path / "data/features",
        }

    def table(self, name: str) -> DeltaTable:
        """Give a table to write to, as the clinic's catalog has it."""
        keys = {"visits": "person", "sensors": "sensor", "features": "person"}
        return DeltaTable(
            filepath=str(self.tables[name]),
            key=keys[name],
            personal=PERSONAL,
            save_args={"mode": "merge", "schema_mode": "merge"},
        )

    def make(self) -> None:
        """Make the projects; the tables come with the first night."""
        from kedro import __version__ as version

        for project in self.projects:
            name = project.name
            catalog = _CATALOG.format(lake=self.lake)
            for file, text in {
                "pyproject.toml": _PYPROJECT.format(
                    name=name, version=version, days=KEPT_DAYS[name]
                ),
                ".gitignore": "mlflow.db\nmlartifacts/\ndata/\n__pycache__/\n.lakeproof/\n",
                "conf/base/catalog.yml": catalog + (_FEATURES if project is self.clinic else ""),
                "conf/base/mlflow.yml": _MLFLOW,
                "conf/base/parameters.yml": "{}\n",
                "conf/local/.gitkeep": "",
                "conf/logging.yml": "version: 1\nroot: {level: ERROR}\n",
                f"src/{name}/__init__.py": "",
                f"src/{name}/settings.py": "",
                f"src/{name}/pipeline_registry.py": _REGISTRY,
            }.items():
                (project.path / file).parent.mkdir(parents=True, exist_ok=True)
                (project.path / file).write_text(text)
            for typed in (
                ("init", "--quiet"),
                ("config", "user.name", "Nobody"),
                ("config", "user.email", "nobody@localhost"),
                ("add", "--all"),
                ("commit", "--quiet", "--message", "Begin"),
            ):
                subprocess.run(["git", *typed], cwd=project.path, check=True)

    def rows(self, name: str) -> pl.DataFrame:
        """Read a table."""
        return self.table(name).load().collect()
