"""A run of a person whose rows, and the files that brought them, lay in a store."""

import json

import pytest

from conftest import Project, copy_project
from lakeproof.stores import files

from .conftest import FOREST, record_of, repeat, reproduce
from .parts import move_to_store

pytestmark = pytest.mark.slow

WHO = "W001"


@pytest.fixture(scope="module")
def far(store, tmp_path_factory) -> tuple[Project, str, str]:
    """A project whose deliveries and samples are in a bucket, where a run of them is held."""
    project = copy_project(tmp_path_factory.mktemp("far") / "project")
    place = f"{store.uri}/of-a-person"
    move_to_store(project, store, place)
    project.kedro("run", *FOREST, "--pipelines", "ingest")
    run = project.kedro("run", "--pipelines", "feature,train,evaluate", *FOREST).run_id
    kept = project.kedro("keep", run, "--held", "--why", "audit", "--json")
    assert "which the store copies itself" in kept.stderr
    (lease,) = json.loads(kept.stdout)["leases"]
    assert lease["held_in"].startswith(f"{place}/_lakeproof_held/{lease['table_id']}/")
    return project, run, place


@pytest.mark.long
def test_a_run_is_repeated_from_what_its_store_holds(far, store):
    """When a file of the version has gone from the table, by whosever hand."""
    project, run, place = far
    (copy,) = json.loads(project.kedro("keep", run, "--held", "--why", "audit", "--json").stdout)[
        "leases"
    ]
    held = copy["held_in"].removeprefix(f"{place}/")
    names = [one.path for one in files.listed(copy["held_in"], store.options)]
    data = next(one for one in names if one.endswith(".parquet"))
    files.delete(f"{place}/samples", store.options, [data])
    shown = project.kedro("leases", "samples", "--json").stdout
    (version,) = json.loads(shown)["tables"][0]["versions"]
    assert version["strength"] == "held"
    project.kedro("check", run)
    repeat(project, run)
    for _ in files.copy(place, store.options, [(f"{held}/{data}", f"samples/{data}")]):
        pass


@pytest.mark.beyond_ci
def test_a_run_of_a_person_who_lay_in_a_store_is_run_without_them(far, store):
    """No object has the rows, the run is none and names the receipt, and without them it is run."""
    project, run, place = far
    assert store.holding(place, WHO)
    erased = project.kedro("erase", "samples", WHO, "--why", "request 4711", "--json")
    receipt = json.loads(erased.stdout)
    assert store.holding(place, WHO) == []
    (told,) = [one for one in receipt["left"] if "s3://" in one]
    assert told.startswith("s3://lake: where this bucket keeps old states of objects")
    verdict = reproduce(project, run, expected="INCONCLUSIVE")
    assert f"(receipt {receipt['receipt_id'][:8]})" in verdict.missing
    found = reproduce(project, run, "--without-erased", expected="EXCEPT ERASED").document
    (rewritten,), (one,) = receipt["rewritten"], found["erased"]
    assert (one["name"], one["rows"]) == (f"samples@{rewritten['version']}", 1)
    assert one["expected"] == record_of(project, run)["inputs"]["tables"][0]["digest"]
    assert one["actual"] == rewritten["digest_after"]
