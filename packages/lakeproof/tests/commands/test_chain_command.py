"""`kedro check --all` shows what is missing between the records of a clone."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline, node

from lakeproof.attest import keys
from lakeproof.cli import commands
from lakeproof.commands.erasure import receipt_chain
from lakeproof.commands.for_others import attestations
from lakeproof.commands.project import RunProject
from lakeproof.erasure.receipts import Receipt, ReceiptStore
from lakeproof.record.mlflow_store.store import REPRODUCES
from lakeproof.reproduce.outcomes import Comparison
from small import SmallProject, in_small_project

from ..attest.mutations import script


def answer() -> int:
    return 42


pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning"),
]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A project after three runs."""
    with in_small_project(tmp_path_factory.mktemp("chain") / "project") as project:
        for _ in range(3):
            project.run(Pipeline([node(answer, None, "answer")]))
        yield project


def run(project: SmallProject, *command: str) -> str:
    """What a command says."""
    metadata = bootstrap_project(project.path)
    done = CliRunner().invoke(commands, command, obj=metadata)
    assert done.exit_code in (0, 1), done.output
    return done.stdout


def chain_of(project: SmallProject) -> dict:
    """What the command says of the chain."""
    return json.loads(run(project, "check", "--all", "--json"))["chain"]


def project_of(small: SmallProject) -> RunProject:
    """The project, as a command begins with it."""
    return RunProject(bootstrap_project(small.path), None)


def erased(project: RunProject, runs: tuple[str, ...]) -> Receipt:
    """The receipt of an erasure that some runs had to do with."""
    store = ReceiptStore(project.path)
    begun = store.begin("samples", ["somebody"], "request", "2026-11-29T12:00:00Z")
    done = replace(begun, state="done", done_at="2026-11-30T12:00:00Z", runs=runs)
    return receipt_chain.finish_receipt(project, store, done)


def test_every_record_names_the_one_before_it(small):
    """And a run that was deleted in MLflow is named by the one after it."""
    found = [small.record(number).previous for number in (2, 1, 0)]
    assert found[0] is None
    assert len(set(found)) == 3
    whole = chain_of(small)
    assert (whole["records"], whole["breaks"], whole["forks"], whole["beside"]) == (3, [], [], 0)

    second = small.mlflow_runs[1].info.run_id
    small.client.delete_run(second)
    (broken,) = chain_of(small)["breaks"]
    assert "was deleted or changed" in broken
    small.client.restore_run(second)

    newest = small.mlflow_runs[0].info.run_id
    small.client.delete_run(newest)
    (cut,) = chain_of(small)["breaks"]
    assert "cut off" in cut
    small.client.restore_run(newest)
    assert chain_of(small)["breaks"] == []


@pytest.mark.beyond_ci
def test_the_receipt_of_an_erasure_is_a_link_and_its_signature_holds(small, tmp_path, monkeypatch):
    """The next record names it; it stands on a run for whoever shares the store, as is said.

    And whoever has the key, an attestation and the chain alone notices what became of it.
    """
    folder = tmp_path / "of the user"
    key = keys.load(keys.make(folder))
    monkeypatch.setattr(receipt_chain, "user_folder", lambda: folder)
    before = chain_of(small)["records"]
    run_id = small.mlflow_runs[0].info.run_id
    linked = erased(project_of(small), (run_id,))
    assert linked.previous is not None
    small.run(Pipeline([node(answer, None, "answer")]))
    whole = chain_of(small)
    assert (whole["records"], whole["breaks"], whole["forks"]) == (before + 2, [], [])
    tags = small.client.get_run(run_id).data.tags
    assert tags["lakeproof.erased"] == linked.receipt_id
    shown = run(small, "show", run_id)
    assert f"erased on 2026-11-30 (receipt {linked.short})" in " ".join(shown.split())

    public = keys.as_text(key.public_key())
    pyproject = small.path / "pyproject.toml"
    was = pyproject.read_text()
    pyproject.write_text(f'{was}\n[tool.lakeproof.keys]\nme = "{public}"\n')
    assert chain_of(small)["breaks"] == []
    _require_verified_without_lakeproof(small, run_id, linked.receipt_id, key)
    place = small.path / f".lakeproof/erasures/{linked.receipt_id}.json"
    content = place.read_text()
    place.write_text(content.replace('"request"', '"another"'))
    (fault,) = chain_of(small)["breaks"]
    assert "the receipt was changed since" in fault
    pyproject.write_text(was)

    # Whoever has the store alone has the receipt on the run; where that is gone, too, it is missed.
    place.rename(tmp_path / "receipt")
    assert chain_of(small)["breaks"] == []
    small.client.delete_tag(run_id, "lakeproof.erased")
    (broken,) = chain_of(small)["breaks"]
    assert "was deleted or changed" in broken


def _require_verified_without_lakeproof(small, run_id: str, receipt_id: str, key) -> None:
    rerun_id = small.mlflow_runs[0].info.run_id
    small.client.set_tag(rerun_id, REPRODUCES, run_id)
    project = project_of(small)
    verdict = Comparison("REPEATED", run_id, rerun_id, (), None, (), ())
    attestations.attest(project, project.records.record(run_id), verdict, key)
    envelope, chain = (
        run(small, "export", run_id, "--format", form) for form in ("attestation", "chain")
    )
    small.client.delete_tag(rerun_id, REPRODUCES)
    records = [(one["run_id"], one["record"]) for one in json.loads(chain)["records"]]
    ids = [one for one, _ in records]
    assert ids.index(run_id) < ids.index(receipt_id) < ids.index(rerun_id)

    def verified(told: list[tuple[str, str]]) -> dict:
        given = [(one, text.encode()) for one, text in told]
        return script().verify(keys.as_pem(key.public_key()), envelope.encode(), given)

    assert verified(records)["run_id"] == run_id
    changed = [(one, text.replace('"request"', '"another"')) for one, text in records]
    for told in (changed, [one for one in records if one[0] != receipt_id]):
        with pytest.raises(SystemExit, match="does not follow the one before it"):
            verified(told)
