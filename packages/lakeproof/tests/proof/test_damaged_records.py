"""A record that is not the one that was written: a sentence, never a guess, and nothing is run."""

import json
import shutil

import pytest

from conftest import LONG, Project
from lakeproof.record.facts import SCHEMA

from .conftest import reproduce
from .parts import forge, put_back, record_file, seal

_SCHEMA = f'"schema": {SCHEMA}'.encode()


@pytest.fixture(scope="module")
def kept(make_project) -> tuple[Project, str]:
    """A project with one small run."""
    project = make_project("damaged")
    return project, project.kedro("run", "--pipelines", "ingest").run_id


@pytest.fixture
def run(kept, tmp_path):
    """The same, as it was, whatever a test does to it."""
    project, run_id = kept
    with put_back(project, tmp_path / "as it was"):
        yield project, run_id


def edited(content: bytes) -> bytes:
    return content.replace(b'"ingest_deliveries"', b'"ingest_delivery"', 1)


def of_a_newer_schema(content: bytes) -> bytes:
    return content.replace(_SCHEMA, b'"schema": 99', 1)


def with_an_unknown_key(content: bytes) -> bytes:
    return content.replace(_SCHEMA, _SCHEMA + b', "verdict": "REPEATED"', 1)


def with_text_for_a_number(content: bytes) -> bytes:
    return content.replace(b'"cores": ', b'"cores": "many", "was": ', 1)


DAMAGES = [
    (edited, False, "was changed after it was written"),
    (lambda content: content[: len(content) // 2], False, "truncated"),
    (lambda content: content[: len(content) // 2], True, "truncated"),
    (lambda content: b"", False, "is empty"),
    (lambda content: b"", True, "is empty"),
    (lambda content: b"\xff\xfe\x00", True, "is not a record"),
    (of_a_newer_schema, True, "was written by a newer Lakeproof"),
    (with_an_unknown_key, True, "verdict: Unexpected keyword argument"),
    (with_text_for_a_number, True, "compute.cores"),
]


# One whose digest tells, and a newer one; what else its reader refuses is in tests/record, too.
MARKS = dict.fromkeys((0, 6), (pytest.mark.slow,))


@pytest.mark.parametrize(
    ("damage", "is_sealed", "told"),
    [
        pytest.param(*one, id=f"{place}", marks=MARKS.get(place, LONG))
        for place, one in enumerate(DAMAGES)
    ],
)
def test_a_damaged_record_is_inconclusive_and_says_how(run, damage, is_sealed, told):
    """By hand, cut off, emptied, of a newer kind; sealed anew or not. One document all the same."""
    project, run_id = run
    path = record_file(project, run_id)
    content = damage(path.read_bytes())
    assert content != path.read_bytes()
    path.write_bytes(content)
    if is_sealed:
        seal(project, run_id, content)
    verdict = reproduce(project, run_id, expected="INCONCLUSIVE")
    assert told in verdict.missing
    assert verdict.document["run_id"] == run_id
    assert verdict.document["rerun_id"] is None
    assert "Nothing was run." in verdict.missing
    assert "Running it again" not in verdict.stderr


@pytest.mark.slow
def test_a_record_that_was_deleted_is_missed_by_every_command(run):
    """Each says so in its own way: a verdict, a no, a trouble, an error."""
    project, run_id = run
    record_file(project, run_id).unlink()
    told = f"The record of run {run_id[:8]} is not where MLflow says"
    assert told in reproduce(project, run_id, expected="INCONCLUSIVE").missing
    checked = json.loads(project.kedro("check", "--all", "--json", code=1).stdout)["runs"]
    assert [(one["run_id"], one["is_reproducible"]) for one in checked] == [(run_id, False)]
    assert told in checked[0]["missing"][0]
    (listed,) = json.loads(project.kedro("runs", "--json").stdout)["runs"]
    assert told in listed["trouble"]
    assert (listed["status"], listed["git_commit"]) == ("FINISHED", None)
    assert told in project.kedro("show", run_id, code=2).stderr
    compared = project.kedro("compare", run_id, "last", code=2)
    assert told in compared.stderr
    assert compared.stdout == ""


@pytest.mark.slow
def test_artifacts_that_were_deleted_altogether(run):
    """MLflow's database alone knows the run."""
    project, run_id = run
    shutil.rmtree(project.path / "mlartifacts")
    assert "is not where MLflow says" in reproduce(project, run_id, expected="INCONCLUSIVE").missing


@pytest.mark.slow
def test_a_digest_that_was_altered_and_sealed_anew_is_no_pass(run):
    """Whoever can do that can write anything; still the re-run's own digests are what counts."""
    project, run_id = run

    def another(record: dict) -> None:
        (table,) = record["outputs"]["tables"]
        ((given,),) = (node["outputs"] for node in record["nodes"])
        # Of one alone, the other would give it away.
        table["digest"] = given["digest"] = "rs1:" + "0" * 32

    forge(project, run_id, another)
    verdict = reproduce(project, run_id, expected="DIVERGED")
    assert verdict.artifact("samples", "table")["verdict"] == "differs"
    assert verdict.document["first_divergence"]["node"] == "ingest_deliveries"
