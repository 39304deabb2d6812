"""A factor that a project adds: recorded, compared, named; and what cannot be one."""

import pytest
from kedro.pipeline import node, pipeline

from lakeproof.commands import show
from lakeproof.errors import RunError
from lakeproof.record.documents.document import from_bytes, to_bytes
from lakeproof.record.factors import factor, registry
from lakeproof.reproduce.comparison.compare import compare
from small import in_small_project

SETTINGS = """
import os
from lakeproof.hooks import LakeproofHooks
from lakeproof.record.factors import factor

HOOKS = (LakeproofHooks(),)
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local"}


@factor("lab")
def which_lab():
    return os.environ["LAB"]
"""
# Kedro and kedro-mlflow, of what they import.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def _no_others(monkeypatch):
    monkeypatch.setattr(registry, "_collectors", {})


@pytest.fixture
def project(tmp_path):
    with in_small_project(tmp_path / "small") as small:
        small.write({"src/small_project/settings.py": SETTINGS})
        yield small


ONE = pipeline([node(lambda: 1, None, "one", name="give_one")])


@pytest.mark.slow
def test_it_is_recorded_compared_and_shown(project, monkeypatch):
    """Equal results with another one of it are REPRODUCED; a record from before has none."""
    records = []
    for lab in ("Basel", "Jena"):
        monkeypatch.setenv("LAB", lab)
        project.run(ONE)
        records.append(project.record())
    basel, jena = records
    assert from_bytes(to_bytes(basel), "It").compute.factors == {"lab": "Basel"}
    verdict = compare(basel, jena, is_rerun=True)
    assert verdict.verdict == "REPRODUCED"
    assert [
        (one.factor, one.expected, one.actual, one.is_setup)
        for one in verdict.factors
        if one.factor == "lab"
    ] == [("lab", "Basel", "Jena", True)]
    assert "lab" not in [one.factor for one in compare(basel, basel, is_rerun=True).factors]
    assert any(line.split() == ["lab", "Basel"] for line in show.render(basel).splitlines())


def test_one_that_cannot_be_told_ends_the_run_before_it_begins(project, monkeypatch):
    """A record that leaves it out would pass for one that has it."""
    monkeypatch.delenv("LAB", raising=False)
    with pytest.raises(RunError, match=r"The factor 'lab' cannot be told: KeyError: 'LAB'"):
        project.run(ONE)
    assert project.mlflow_runs == []


@pytest.mark.parametrize("name", ["", " ", "data:samples", "two\nlines"])
def test_a_name_that_is_another_kind_of_factors_is_refused(name):
    """A reader of the verdict tells kinds by the colon."""
    with pytest.raises(RunError, match="cannot be called"):
        factor(name)


def test_a_name_that_lakeproof_has_is_refused():
    """Two factors of one name would be one in the verdict."""
    with pytest.raises(RunError, match="has a factor 'cpu' already"):
        factor("cpu")
