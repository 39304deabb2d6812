"""Runs whose rows were erased: what they can still claim, and that it is never a pass."""

import json

import pytest

from conftest import Project, copy_project
from docs.pages import commands_of, page
from docs.test_commands import typed

from .conftest import FOREST, SAMPLES, artifacts_of, record_of, reproduce, version_of

pytestmark = pytest.mark.slow

WHO = "W001"
# The first two are typed in tests/commands/test_erase_command.py.
_, _, WITHOUT, RETRAINED = commands_of(page("personal-data.md"))


@pytest.fixture(scope="module")
def erased(tmp_path_factory) -> tuple[Project, str, dict]:
    """A project with a run that learnt from a table with a person, who is erased since."""
    project = copy_project(tmp_path_factory.mktemp("erased") / "project")
    project.kedro("run", *FOREST, "--pipelines", "ingest")
    run = project.kedro("run", "--pipelines", "feature,train,evaluate", *FOREST).run_id
    done = project.kedro("erase", "samples", WHO, "--why", "request 4711", "--json")
    return project, run, json.loads(done.stdout)


def test_a_run_of_an_erased_person_is_none_and_names_the_receipt(erased):
    """It could be run, and that proves nothing; the next command is named."""
    project, run, receipt = erased
    short = receipt["receipt_id"][:8]
    verdict = reproduce(project, run, expected="INCONCLUSIVE")
    assert f"(receipt {short})" in verdict.missing
    assert f"kedro reproduce {run[:8]} --without-erased" in verdict.missing
    (checked,) = json.loads(project.kedro("check", run, "--json", code=1).stdout)["runs"]
    assert f"(receipt {short})" in "\n".join(checked["missing"])


def test_without_the_rows_all_else_is_the_same_and_the_verdict_is_no_pass(erased, tmp_path):
    """Exit code 3; how far each metric is apart."""
    project, run, receipt = erased
    (rewritten,) = receipt["rewritten"]
    report = tmp_path / "page.html"
    done = typed(project, f"{WITHOUT.about(run)} --json --report {report}")
    assert done.exit_code == 3, done.stderr
    found = json.loads(done.stdout)
    assert found["verdict"] == "EXCEPT ERASED"
    (one,) = found["erased"]
    assert (one["name"], one["rows"]) == (f"samples@{rewritten['version']}", 1)
    assert (one["expected"], one["actual"]) == (
        rewritten["digest_before"],
        rewritten["digest_after"],
    )
    assert one["expected"] == record_of(project, run)["inputs"]["tables"][0]["digest"]
    assert {one["name"] for one in found["metrics"]} >= {"accuracy", "log_loss"}
    assert any(one["difference"] != 0 for one in found["metrics"])
    assert {one["factor"] for one in found["factors"]} == {"data:samples"}
    assert "this is no pass" in report.read_text()
    # Two commits of the erasure: the rows went, and the file without them counts as taken.
    assert version_of(project, SAMPLES) == receipt["proven"][0]["after"] + 1


@pytest.mark.beyond_ci
def test_a_run_that_took_the_person_from_a_raw_file_goes_without_too(erased):
    """Though git has the file as it was; and the file is no correction that is taken once more."""
    project, _, receipt = erased
    (file,) = receipt["files"]
    run = json.loads(project.kedro("runs", "--json").stdout)["runs"][-1]["run_id"]
    verdict = reproduce(project, run, expected="INCONCLUSIVE")
    assert f"1 row(s) of {file['path']} were erased on" in verdict.missing
    verdict = reproduce(project, run, "--without-erased", expected="EXCEPT ERASED")
    (one,) = verdict.document["erased"]
    assert (one["kind"], one["actual"]) == ("file", f"sha256:{file['sha256_after']}")
    assert any(one == f"{file['path']}: is in git's history as it was" for one in receipt["left"])


@pytest.mark.beyond_ci
def test_the_model_that_never_saw_the_person_is_made_and_proven(erased):
    """A recorded run on what is left, which is REPEATED, and whose model is kept and leased."""
    project, run, receipt = erased
    done = typed(project, f"{RETRAINED.about(receipt['receipt_id'])} --json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    new = found["run_id"]
    assert (found["verdict"], found["erased"]) == ("REPEATED", [])
    assert f"Run {new[:8]} is run {run[:8]} without what receipt" in done.stderr
    record = record_of(project, new)
    assert record["run"]["reproduces"] is None
    (table,) = [one for one in record["inputs"]["tables"] if not one["is_own"]]
    assert table["digest"] == receipt["rewritten"][0]["digest_after"]
    (model,) = [one for one in record["outputs"]["files"] if one["dataset"] == "model"]
    place = artifacts_of(project, new) / model["artifact"].removeprefix(f"runs:/{new}/")
    assert place.is_file()
    assert (place.parent / "MLmodel").is_file()
    project.kedro("vacuum")
    project.kedro("check", new)
    refused = project.kedro("reproduce", new, "--retrained", receipt["receipt_id"], code=2)
    assert "none that receipt" in refused.stderr
