"""A run in an environment that Lakeproof is not known to work in says so."""

from importlib import metadata

import pytest

from lakeproof.record.setup import version_ranges


@pytest.fixture
def installed(monkeypatch):
    """What an environment has, and what is needed of it."""
    needs = ["kedro<2,>=1.0", "polars<3,>=1.44", 'pyspark==4.2.0; extra == "spark"']
    found = {"lakeproof": "0.2.0", "kedro": "1.7.0", "polars": "2.1.0"}

    def version(name):
        if name not in found:
            raise metadata.PackageNotFoundError(name)
        return found[name]

    monkeypatch.setattr(metadata, "requires", lambda _: needs)
    monkeypatch.setattr(version_ranges, "version_of", version)
    return found


def test_within_the_ranges_nothing_is_said(installed):
    """Nor of what only an extra needs, nor of a version that is to come."""
    assert version_ranges.warning() is None
    installed["kedro"] = "1.8.0rc1"
    assert version_ranges.warning() is None


def test_a_version_out_of_its_range_is_named_with_the_range(installed):
    """Both, and what to type."""
    installed["polars"] = "1.30.0"
    assert version_ranges.warning() == (
        "Lakeproof 0.2.0 is not known to work here: polars 1.30.0 is installed, and "
        "polars<3,>=1.44 is needed. The run goes on. Install what fits: "
        "pip install 'polars<3,>=1.44'"
    )


def test_what_is_not_there_is_named(installed):
    """As after an installation without dependencies."""
    del installed["kedro"]
    assert "kedro is not installed, and kedro<2,>=1.0 is needed" in version_ranges.warning()


def test_two_that_cannot_work_together_are_named(installed):
    """MLflow before 3.9 cannot import SQLAlchemy 2.1, though it says that it can."""
    installed |= {"mlflow": "3.8.1", "sqlalchemy": "2.1.9"}
    assert version_ranges.warning() == (
        "Lakeproof 0.2.0 is not known to work here: sqlalchemy 2.1.9 is installed, and "
        "sqlalchemy<2.1 is needed beside mlflow<3.9. The run goes on. Install what fits: "
        "pip install 'sqlalchemy<2.1'"
    )
    installed["mlflow"] = "3.9.0"
    assert version_ranges.warning() is None
    installed |= {"mlflow": "3.8.1", "sqlalchemy": "2.0.50"}
    assert version_ranges.warning() is None


def test_this_environment_is_within_the_ranges():
    """Or the tests would prove nothing of them."""
    assert list(version_ranges.out_of_range()) == []
