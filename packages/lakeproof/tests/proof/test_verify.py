"""`kedro verify`: a change of code is tried on the inputs of a recorded run."""

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import Project, copy_project
from docs.pages import commands_of, page
from docs.test_commands import complaint, typed

from .conftest import append, edit

pytestmark = pytest.mark.slow

VERIFY, CHECK = commands_of(page("ci.md"))

NODES = "src/winery/pipelines/evaluate/nodes.py"
# A little of one number, and of no other.
NUDGE = """

_score = score_predictions


def score_predictions(*arguments, **options):
    found, history = _score(*arguments, **options)
    nudged = found["log_loss"] * (1 + 2**-40)
    return {**found, "log_loss": nudged}, {**history, "log_loss": {"value": nudged, "step": 0}}
"""


MORE = """

_create = create_pipeline


def _copy(predictions, more):
    assert more == {"top": 3}
    return predictions


def create_pipeline() -> Pipeline:
    more = Node(_copy, inputs=["predictions", "params:more"], outputs="copied", name="copy")
    return _create() + Pipeline([more])
"""
TABLE = """
copied:
  type: lakeproof.delta.DeltaTable
  filepath: data/07_model_output/copied
  engine: embedded
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The example with one run, whose commit declares a tolerance."""
    project = copy_project(tmp_path_factory.mktemp("verify") / "project")
    pyproject = project.path / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + "\n[tool.lakeproof.tolerance]\nlog_loss = 1e-9\n")
    project.git("commit", "-qam", "Declare how far log_loss may be")
    project.kedro("run", "--params", "train.seed=7")
    return project


def verify(project: Project, *args: str, code: int) -> dict[str, Any]:
    done = project.kedro("verify", "last", "--json", *args, code=code)
    return json.loads(done.stdout)


@pytest.mark.beyond_ci
def test_a_change_of_words_alters_no_result_and_a_parameter_of_the_branch_does_not_count(
    project: Project, tmp_path: Path
):
    """The verdict names the code; nothing is stored, and the user's tree is as it was."""
    edit(project.path / NODES, '"""Predict rows', '"""Once more: predict rows')
    edit(project.path / "conf/base/parameters_train.yml", "n_estimators: 5", "n_estimators: 6")
    # A step, a table and a parameter that the run did not have.
    append(project.path / "src/winery/pipelines/evaluate/pipeline.py", MORE)
    append(project.path / "conf/base/catalog.yml", TABLE)
    (project.path / "conf/base/parameters_more.yml").write_text("more: {top: 3}\n")
    refused = project.kedro("verify", "last", code=2)
    assert "changes that are in no commit: conf/base/catalog.yml" in refused.stderr
    project.git("add", "--all")
    project.git("commit", "-qm", "Say it otherwise")
    before = project.kedro("runs", "--json").stdout

    report = tmp_path / "page.html"
    run_id = json.loads(before)["runs"][0]["run_id"]
    done = typed(project, f"{VERIFY.about(run_id)} --json --report {report}")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)

    assert found["verdict"] == VERIFY.verdict == "REPRODUCED"
    assert {one["factor"] for one in found["factors"]} >= {"code"}
    others = [one["factor"] for one in found["factors"] if one["factor"].startswith("parameter:")]
    assert others == ["parameter:more.top"]
    (more,) = [one for one in found["artifacts"] if one["name"] == "copied"]
    assert (more["kind"], more["counts"], more["expected"]) == ("table", False, None)
    assert not (project.path / "data/07_model_output/copied").exists()
    assert "n_estimators' (6); the run's, 5, was used" in "\n".join(found["notes"])
    assert all(one["difference"] == 0 for one in found["metrics"])
    assert found["rerun_id"] is None
    assert "A change, verified on a run" in report.read_text()
    assert project.kedro("runs", "--json").stdout == before
    assert complaint(CHECK, typed(project, CHECK.line)) is None


def test_a_metric_within_the_declared_tolerance_is_called_so_and_no_pass(project: Project):
    """What the branch itself declares has no say."""
    nodes = project.path / NODES
    before = nodes.read_text()
    nodes.write_text(before + NUDGE)
    try:
        found = verify(project, "--dirty", code=0)
        assert (found["verdict"], found["is_dirty"]) == ("WITHIN TOLERANCE", True)
        (loss,) = [one for one in found["metrics"] if one["name"] == "log_loss"]
        assert 0 < abs(loss["difference"]) < loss["tolerance"] == 1e-9
        nodes.write_text(before + NUDGE.replace("2**-40", "2**-20"))
        edit(project.path / "pyproject.toml", "log_loss = 1e-9", "log_loss = 0.5")
        found = verify(project, "--dirty", code=1)
        assert found["verdict"] == "DIVERGED"
        assert "those of the recorded run count" in "\n".join(found["notes"])
    finally:
        project.git("checkout", "-q", ".")
