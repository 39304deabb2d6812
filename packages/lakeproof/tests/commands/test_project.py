"""Where a project keeps its runs: each environment may say its own."""

import warnings

import pytest

from lakeproof.commands.project import RunProject
from lakeproof.record.documents.document import RecordError

BASE = """\
server: {mlflow_tracking_uri: "sqlite:///mlflow.db"}
tracking: {experiment: {name: base}}
"""


@pytest.fixture
def several(empty):
    """A project of which one environment has another store, and one cannot be read."""
    empty.write("conf/base/mlflow.yml", BASE)
    empty.write("conf/cluster/mlflow.yml", BASE.replace("mlflow.db", "cluster.db"))
    empty.write("conf/broken/mlflow.yml", "server: {mlflow_tracking_uri: '${oc.env:NOT_THERE}'}\n")
    empty.write("conf/plain/catalog.yml", "{}\n")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="register_new_resolver", category=UserWarning)
        yield empty


def test_the_stores_of_all_environments_are_looked_into(several):
    """What cannot be read today keeps nobody from the others."""
    with pytest.raises(RecordError) as told:
        RunProject(several.metadata, None).records.resolve("0123abcd")
    assert "mlflow.db, sqlite:" in told.value.message
    assert "cluster.db)" in told.value.message


def test_an_environment_that_was_named_is_looked_into_first(several, monkeypatch):
    """By its option or in the shell; its list is its own."""
    for project in (
        RunProject(several.metadata, "cluster"),
        monkeypatch.setenv("KEDRO_ENV", "cluster") or RunProject(several.metadata, None),
    ):
        assert project.records.of("0123abcd").tracking.uri.endswith("cluster.db")
        with pytest.raises(RecordError, match=r"cluster\.db, sqlite:.*mlflow\.db"):
            project.records.resolve("0123abcd")


def test_a_project_with_one_store_says_nothing_of_it(empty):
    """There is no other place."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="register_new_resolver", category=UserWarning)
        empty.write("conf/base/mlflow.yml", BASE)
        with pytest.raises(RecordError, match=r"no run 0123abcd in this project\. List them"):
            RunProject(empty.metadata, None).records.resolve("0123abcd")
