"""On the other engine: the run's own libraries, and what its commit's lock says Spark needs."""

import dataclasses
import subprocess
from pathlib import Path

import pytest

from lakeproof.record.facts import Distribution
from lakeproof.reproduce.environment.environment_errors import EnvironmentMissingError
from lakeproof.reproduce.environment.other_engine import environment_on

from .builders import a_record

LOCK = """\
# made by make lock
importlib-metadata==8.7.1 \\
    --hash=sha256:00
    # via delta-spark
numpy==9.9.9 \\
    --hash=sha256:00
pyspark==4.2.0 --hash=sha256:00
colorama==0.4.6 ; sys_platform == 'win33' \\
    --hash=sha256:00
"""


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@localhost")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    return tmp_path


def record_at(repository: Path, *installed: str):
    """The record of a run of what is there now, with these distributions."""
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "as it ran")
    record = a_record()
    distributions = tuple(Distribution(*each.split("=="), None) for each in installed)
    return dataclasses.replace(
        record,
        code=dataclasses.replace(record.code, commit=git(repository, "rev-parse", "HEAD")),
        environment=dataclasses.replace(record.environment, distributions=distributions),
    )


def test_spark_comes_from_the_lock_of_the_recorded_commit(repository):
    """What the run had keeps its version; what is for another system stays out."""
    (repository / "requirements").mkdir()
    (repository / "requirements" / "spark.txt").write_text(LOCK)
    record = record_at(repository, "numpy==2.4.6", "zlib-ng==1.0")
    (repository / "requirements" / "spark.txt").write_text("pyspark==5.0.0\n")
    found = environment_on("spark", record, repository).distributions
    assert [f"{one.name}=={one.version}" for one in found] == [
        "importlib-metadata==8.7.1",
        "numpy==2.4.6",
        "pyspark==4.2.0",
        "zlib-ng==1.0",
    ]


@pytest.mark.parametrize("engine", [None, "embedded"])
def test_nothing_is_added_for_the_embedded_engine(repository, engine):
    """It is always there."""
    record = record_at(repository, "numpy==2.4.6")
    assert environment_on(engine, record, repository) == record.environment


def test_a_run_that_had_spark_has_what_it_needs(repository):
    """Whatever a lock says."""
    record = record_at(repository, "pyspark==4.1.0")
    assert environment_on("spark", record, repository) == record.environment


def test_a_commit_without_such_a_lock_is_said(repository):
    """Which Spark would go with it is not known."""
    record = record_at(repository, "numpy==2.4.6")
    with pytest.raises(EnvironmentMissingError, match=r"has no requirements/spark\.txt"):
        environment_on("spark", record, repository)
