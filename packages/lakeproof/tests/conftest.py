"""The nouns of the tests: a table, a project, and one recorded run that many tests look at."""

import gc
import os
import shutil
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

import projects
import variables
from lakeproof import determinism
from projects import REPOSITORY, Finished
from warm import RECIPE, as_told, at_start, name_files_of_stack, of_all_workers, warm

__all__ = ["LONG", "REPOSITORY", "SPARK", "Finished", "Project", "copy_project", "warm"]

# Of a test that is one of many of its kind; the others of them are in `make test-slow` or faster.
LONG = (pytest.mark.slow, pytest.mark.long)
SMALL_FOREST = ("n_estimators: 300", "n_estimators: 5")
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# A small Spark on this machine.
SPARK = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.adaptive.enabled": "false",
    # Of a handful of rows, to compile what computes them takes longest. Whole runs compile, and so
    # does what looks at bits (`test_same_bits`).
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.ui.enabled": "false",
}


@pytest.fixture(autouse=True)
def _environment_stays():
    """Take back which variables a test has set: MLflow sets some of its own, for its children.

    Of what holds longer than a test, as Spark's session does, the variables stay: it is there
    before.
    """
    before = dict(os.environ)
    yield
    variables.set_back(before)


@pytest.fixture
def with_tricks(monkeypatch):
    """What only saves time is on, also where all else is tested without: LAKEPROOF_PLAIN=1."""
    monkeypatch.delenv("LAKEPROOF_PLAIN", raising=False)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Let all workers have one process that forks: it is begun while they collect."""
    node.workerinput["warm"] = of_all_workers().at


def pytest_configure(config: pytest.Config) -> None:
    """Keep what is compiled, and stop where the environment lacks entry points of the package.

    PYTHONDONTWRITEBYTECODE has each process compile all tests and all of Lakeproof anew: here, and
    in each of the hundreds of commands. What tests import of their own is not kept: it may be
    edited within a second.
    """
    sys.dont_write_bytecode = False
    # A JVM of a test ends before it would pay off to compile twice and collect side by side.
    os.environ.setdefault("SPARK_SUBMIT_OPTS", JAVA)
    variables.change_copies()
    name_files_of_stack()
    as_told.update(getattr(config, "workerinput", {}))
    if not entry_points(group="kedro.hooks", name="lakeproof"):
        pytest.exit(
            "The installed lakeproof has no entry point kedro.hooks. Install it again, in the "
            "repository: .venv/bin/uv pip install --offline --no-deps --python .venv/bin/python "
            "-e packages/lakeproof -e .",
            returncode=4,
        )


class Project(projects.Project):
    """A project whose commands are forks of one warm process (see `warm`)."""

    def kedro(self, *args: str, cwd: Path | None = None, code: int | None = 0) -> Finished:
        """Run a kedro command as a person would; `code` is the exit code expected."""
        environment = {**RECIPE, **self.environment}
        folder = cwd or self.path
        if not _wants_recipe(folder) or not warm().can_have(environment):
            return super().kedro(*args, cwd=cwd, code=code)
        done = Finished(*warm().run(args, folder, environment))
        if code is not None:
            assert done.exit_code == code, f"exit {done.exit_code}\n{done.stdout}\n{done.stderr}"
        return done

    @property
    def fresh(self) -> projects.Project:
        """The same, whose commands start from nothing, as a person's do: for what proves all."""
        return self.by(Path(sys.executable))

    def by(self, python: Path) -> projects.Project:
        """The same, whose commands have the packages of another interpreter."""
        return projects.Project(self.path, python)


def _wants_recipe(folder: Path) -> bool:
    """Tell whether a command typed there is run in the environment that forks have."""
    try:
        recipe = determinism.find_recipe(folder)
    except determinism.RecipeError:
        return False
    return recipe is not None and recipe.variables == RECIPE


def copy_project(target: Path, without: tuple[str, ...] = ("tests/", "packages/")) -> Project:
    """Copy what git has, or would take, into a repository of its own with one commit.

    Its forest is one that is fitted, kept and digested in no time, and MLflow's tables are there,
    empty: either takes as long as all else of a run, and no claim hangs on it.
    """
    from small import empty_store

    project = Project(projects.copy_project(target, without).path)
    parameters = project.path / "conf/base/parameters_train.yml"
    text = parameters.read_text()
    assert SMALL_FOREST[0] in text
    parameters.write_text(text.replace(*SMALL_FOREST))
    project.git("commit", "--quiet", "--all", "--amend", "--no-edit")
    shutil.copy(empty_store(), project.path / "mlflow.db")
    return project


def pytest_collection_finish() -> None:
    """Be again as `pytest_configure` has found it; what is there by now stays, and is passed by."""
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    at_start.update(os.environ)
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Java where there is none; the last line of the run counts it.

    And what is long is slow, also where a file says no more than that. Files that have whole
    commands come first, so that of two workers none is left with one of them at the end.
    """
    for item in items:
        if item.get_closest_marker("long") is not None:
            item.add_marker(pytest.mark.slow)
    first = {item.path for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: item.path not in first)
    if shutil.which("java") is None:
        for item in items:
            if item.get_closest_marker("spark") is not None:
                item.add_marker(pytest.mark.skip(reason="Java is not installed"))


@pytest.fixture(scope="session")
def spark_session():
    """The one session of Spark, on this machine, with the jars of this project's lock."""
    import pyspark  # noqa: F401

    from lakeproof.spark import session
    from lakeproof.spark.settings import SparkSettings, use_settings

    lock = REPOSITORY / "requirements" / "jars.txt"
    use_settings(lambda: SparkSettings.from_config(SPARK, lock))
    yield session.spark()
    session.stop()
    use_settings(None)


@pytest.fixture(scope="session")
def store():
    """An object store that all tests share; each uses names of its own in it.

    LAKEPROOF_TEST_STORE names another program than moto: `make test-stores` does.
    """
    from object_store import start

    started = start(os.environ.get("LAKEPROOF_TEST_STORE", "moto"))
    yield started
    started.stop()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that nothing has run in."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Finished]:
    """A project after one run of everything; look, do not touch."""
    project = copy_project(tmp_path_factory.mktemp("recorded") / "project")
    return project, project.kedro("run")
