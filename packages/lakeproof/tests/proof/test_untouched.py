"""What is the user's stays as it is, to the byte, whatever comes of a re-run."""

import json

import pytest

from conftest import LONG, Finished, Project

from .conftest import (
    FOREST,
    append,
    artifacts_of,
    belongings,
    commit_all,
    edit,
    move_on,
    only_a_run_is_new,
    record_of,
    repeat,
    reproduce,
    runs_of,
)

REGISTERED = """
model:
  type: kedro_mlflow.io.models.MlflowModelTrackingDataset
  flavor: mlflow.sklearn
  save_args:
    registered_model_name: wine
    serialization_format: cloudpickle
    # Or MLflow starts a process that loads the model, to see what it imports.
    pip_requirements: [scikit-learn]
"""


@pytest.fixture(scope="module")
def registered(make_project) -> tuple[Project, Finished]:
    """A project whose catalog registers the model that it fits, with something in every corner."""
    project = make_project("registered")
    conf = project.path / "conf/registry"
    conf.mkdir()
    (conf / "catalog.yml").write_text(REGISTERED)
    commit_all(project)
    append(project.path / "conf/local/parameters_mine.yml", "mine: 1\n")
    append(project.path / "README.md", "\nto be stashed\n")
    project.git("stash")
    finished = project.kedro("run", "--env", "registry", *FOREST)
    # As a person goes on: other rows, another branch, staged, changed and new files.
    move_on(project)
    project.git("switch", "--quiet", "--create", "another")
    append(project.path / "docs.md", "committed\n")
    commit_all(project)
    append(project.path / "README.md", "\nstaged\n")
    project.git("add", "README.md")
    append(project.path / "README.md", "\nchanged\n")
    append(project.path / "new.md", "new\n")
    worktree = project.path.parent / "a worktree of the user's"
    project.git("worktree", "add", "--quiet", "--detach", str(worktree))
    project.kedro("run", "--to-nodes", "build_features")
    return project, finished


@pytest.mark.slow
def test_nothing_of_the_users_is_touched(registered):
    """Tree, index, branches, stash, reflog, worktrees, tables, files, registry, MLflow runs."""
    project, finished = registered
    before = belongings(project)
    assert before.repository["stash"]
    assert before.repository["worktrees"].count("\n") == 1
    assert before.runs["model wine"] == [
        f"1 {finished.run_id} " + before.runs["model wine"][0].split()[2]
    ]
    verdict = repeat(project, finished.run_id)
    assert only_a_run_is_new(project, before, verdict.document["rerun_id"])
    # The verdict is on the re-run and nowhere else.
    told = runs_of(project)[verdict.document["rerun_id"]]["data"]
    assert told["tags"]["lakeproof.verdict"] == "REPEATED"
    assert told["tags"]["lakeproof.reproduces"] == finished.run_id
    assert told["params"].items() >= before.runs[finished.run_id]["data"]["params"].items()


@pytest.mark.beyond_ci
@pytest.mark.slow
@pytest.mark.parametrize(
    ("anchor", "indent"),
    [
        pytest.param("\n\ndef target_of(", "", id="before its first node", marks=LONG),
        pytest.param("    model.fit(measurements, target", "    ", id="in a node"),
    ],
)
def test_a_rerun_that_fails_touches_nothing_either(registered, anchor, indent):
    """An error of the project's own code that was not raised the first time: no pass, no trace."""
    project, _ = registered
    nodes = project.path / "src/winery/pipelines/train/nodes.py"
    text = nodes.read_text()
    marker = project.path.parent / "marker"
    raising = f"if __import__('os').path.exists({str(marker)!r}):"
    edit(nodes, anchor, f"{indent}{raising}\n{indent}    raise RuntimeError('boo')\n{anchor}")
    try:
        finished = project.kedro("run", "--pipelines", "train", *FOREST)
    finally:
        nodes.write_text(text)
    marker.touch()
    before = belongings(project)
    done = project.kedro("reproduce", finished.run_id, "--json", code=2)
    marker.unlink()
    document = json.loads(done.stdout)
    assert document["verdict"] == "INCONCLUSIVE"
    assert "boo" in document["missing"][0]
    if document["rerun_id"] is None:
        assert not any(belongings(project).since(before).values())
    else:
        assert only_a_run_is_new(project, before, document["rerun_id"])
        assert runs_of(project)[document["rerun_id"]]["info"]["status"] == "FAILED"
    assert (document["rerun_id"] is None) == (indent == "")
    assert not any((project.path / ".lakeproof/scratch").iterdir())


def _packed(project):
    """Count what came with packs: the head of the chain of records is an object of its own."""
    told = project.git("count-objects", "-v").splitlines()
    return [line for line in told if "pack" in line]


@pytest.mark.slow
def test_the_commit_of_a_run_outlives_an_amend_and_a_clean_up(make_project):
    """`refs/lakeproof/<run id>` holds it, then the bundle; git would have thrown it away."""
    project = make_project("amended")
    finished = project.kedro("run", "--pipelines", "ingest,feature")
    commit = record_of(project, finished.run_id)["code"]["commit"]
    assert project.git("rev-parse", f"refs/lakeproof/{finished.run_id}") == commit
    project.git("commit", "--quiet", "--amend", "--message", "Another one")
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "--quiet", "--prune=now")
    assert project.git("rev-parse", "HEAD") != commit
    before = belongings(project)
    verdict = repeat(project, finished.run_id)
    assert only_a_run_is_new(project, before, verdict.document["rerun_id"])
    project.git("update-ref", "-d", f"refs/lakeproof/{finished.run_id}")
    project.git("gc", "--quiet", "--prune=now")
    packed = _packed(project)
    repeat(project, finished.run_id)  # from the bundle on the run
    assert _packed(project) == packed
    (artifacts_of(project, finished.run_id) / "lakeproof/code.bundle").unlink()
    lost = reproduce(project, finished.run_id, expected="INCONCLUSIVE")
    assert f"Commit {commit} of the run is not in this repository" in lost.missing
    assert "Nor is the bundle of the run where MLflow says" in lost.missing
