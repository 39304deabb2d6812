"""`kedro check --all` shows what is missing between the records of a clone."""

import json
import warnings

import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline, node

from lakeproof.cli import commands
from small import SmallProject, in_small_project


def answer() -> int:
    return 42


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A project after three runs."""
    with in_small_project(tmp_path_factory.mktemp("chain") / "project") as project:
        for _ in range(3):
            project.run(Pipeline([node(answer, None, "answer")]))
        yield project


def chain_of(project: SmallProject) -> dict:
    """What the command says."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="register_new_resolver", category=UserWarning)
        metadata = bootstrap_project(project.path)
        done = CliRunner().invoke(commands, ["check", "--all", "--json"], obj=metadata)
    return json.loads(done.stdout)["chain"]


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
