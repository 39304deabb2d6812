"""A project of a few lines, run in this process: what a run does with MLflow, in half a second."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kedro import __version__ as KEDRO  # noqa: N812 - a constant
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner

import variables
from lakeproof.record.facts import Record
from lakeproof.record.mlflow_store.store import TAG, RecordStore
from lakeproof.record.mlflow_store.tracking import Tracking
from warm import spare_mlflow

FILES = {
    "pyproject.toml": (
        '[tool.kedro]\npackage_name = "small_project"\nproject_name = "small"\n'
        f'kedro_init_version = "{KEDRO}"\n\n[tool.lakeproof]\n'
    ),
    ".gitignore": "mlflow.db\nmlartifacts/\ndata/\n__pycache__/\n.lakeproof/\n",
    "conf/base/mlflow.yml": (
        "server: {mlflow_tracking_uri: 'sqlite:///${project_path:mlflow.db}'}\n"
        "tracking:\n  experiment:\n    create_experiment_kwargs:\n"
        "      artifact_location: ${project_path:mlartifacts}\n"
    ),
    "conf/base/catalog.yml": "{}\n",
    "conf/base/parameters.yml": "{}\n",
    "conf/local/.gitkeep": "",
    "src/small_project/__init__.py": "",
    "src/small_project/settings.py": (
        'CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local"}\n'
    ),
    "src/small_project/pipeline_registry.py": (
        "import small\n\n\ndef register_pipelines():\n"
        '    return {"__default__": small.pipelines["now"], "other": small.pipelines["now"]}\n'
    ),
}

# What the project's registry gives; a test puts its own here.
pipelines: dict[str, Pipeline] = {}


@dataclass(frozen=True)
class SmallProject:
    """A project whose nodes are functions of the test."""

    path: Path

    def run(self, pipeline: Pipeline, runner: Any = None, **arguments: Any) -> None:
        """Run it as `kedro run` does."""
        pipelines["now"] = pipeline
        with warnings.catch_warnings():
            # What kedro-mlflow makes others warn of when it is imported is for its authors.
            warnings.simplefilter("ignore")
            self.start()
            with KedroSession.create(self.path) as session:
                session.run(runner=runner or SequentialRunner(), **arguments)

    def start(self) -> None:
        """Let Kedro know the project."""
        for name in [name for name in sys.modules if name.split(".")[0] == "small_project"]:
            del sys.modules[name]
        bootstrap_project(self.path)

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the project and commit them."""
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Go on")

    def git(self, *arguments: str) -> None:
        """Run git in the project."""
        subprocess.run(["git", *arguments], cwd=self.path, check=True)

    @property
    def client(self) -> Any:
        """MLflow's, of the project's store."""
        from mlflow.tracking import MlflowClient

        return MlflowClient(f"sqlite:///{self.path / 'mlflow.db'}")

    @property
    def mlflow_runs(self) -> list[Any]:
        """All runs of all experiments, newest first."""
        experiments = [one.experiment_id for one in self.client.search_experiments()]
        return list(self.client.search_runs(experiments))

    @property
    def records(self) -> RecordStore:
        """The store of its records."""
        uri = f"sqlite:///{self.path / 'mlflow.db'}"
        return RecordStore(Tracking(uri, "small_project", str(self.path / "mlartifacts"), {}))

    def record(self, number: int = 0) -> Record:
        """Read a record; that of the newest run is number 0."""
        sealed = [run for run in self.mlflow_runs if TAG in run.data.tags]
        return self.records.record(sealed[number].info.run_id)


@cache
def empty_store() -> Path:
    """Make MLflow's tables once; it takes longer than a run."""
    from mlflow.tracking import MlflowClient

    spare_mlflow()
    path = Path(tempfile.mkdtemp(), "mlflow.db")
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


def store_in(folder: Path) -> str:
    """Put an empty store into a folder, and give its URI."""
    shutil.copy(empty_store(), folder / "mlflow.db")
    return f"sqlite:///{folder / 'mlflow.db'}"


@contextlib.contextmanager
def in_small_project(path: Path) -> Iterator[SmallProject]:
    """Make the project in a folder of its own, and leave this process as it was found."""
    import mlflow
    from kedro.framework import project as kedro_project
    from mlflow.tracking._model_registry import utils as registry
    from mlflow.tracking._tracking_service import utils as tracking

    environment, search, folder = dict(os.environ), list(sys.path), Path.cwd()
    places = tracking._tracking_uri, registry._registry_uri
    project = SmallProject(path)
    path.mkdir(parents=True)
    project.git("init", "--quiet")
    project.git("config", "user.name", "A Tester")
    project.git("config", "user.email", "tester@localhost")
    project.write(FILES)
    store_in(path)
    os.chdir(path)
    os.environ["KEDRO_DISABLE_TELEMETRY"] = "1"
    try:
        yield project
    finally:
        while mlflow.active_run():
            mlflow.end_run()
        os.chdir(folder)
        variables.set_back(environment)
        sys.path[:] = search
        tracking._tracking_uri, registry._registry_uri = places
        mlflow.tracking.fluent._active_experiment_id = None
        kedro_project.PACKAGE_NAME = None
