"""The nouns of the tests: a table, a project, and one recorded run that many tests look at."""

import shutil
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from projects import REPOSITORY, Finished, Project, copy_project

__all__ = ["REPOSITORY", "SPARK", "Finished", "Project", "copy_project"]

# A small Spark on this machine.
SPARK = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.ui.enabled": "false",
    # What is compiled twice and collected side by side pays off after minutes.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def pytest_configure() -> None:
    """Stop where this environment was made before the package had the entry points it has now."""
    if not entry_points(group="kedro.hooks", name="lakeproof"):
        pytest.exit(
            "The installed lakeproof has no entry point kedro.hooks. Install it again, in the "
            "repository: .venv/bin/uv pip install --offline --no-deps --python .venv/bin/python "
            "-e packages/lakeproof -e .",
            returncode=4,
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Java where there is none; the last line of the run counts it."""
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


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that nothing has run in."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Finished]:
    """A project after one run of everything; look, do not touch."""
    project = copy_project(tmp_path_factory.mktemp("recorded") / "project")
    return project, project.kedro("run")
