"""Code that was never committed, configuration that git ignores: the run had it, so has its re-run.

Only the features are made: what is proved is where code and configuration come from.
"""

import re
import shutil
from pathlib import Path

import pytest

import lakeproof
import projects
from conftest import Finished, Project, copy_project

from .conftest import (
    append,
    belongings,
    commit_all,
    edit,
    only_a_run_is_new,
    record_of,
    repeat,
)

NODES = "src/winery/pipelines/feature/nodes.py"
STAGED = "src/winery/staged.py"
UNTRACKED = "src/winery/untracked.py"
BASE = "conf/base/parameters_feature.yml"
LOCAL = "conf/local/parameters_feature.yml"

# It says where it and both packages were imported from.
FACTOR = '''\
"""Say by how much the shares are multiplied."""

import sys


def factor() -> float:
    """Give the factor, and the places of all that is imported."""
    import lakeproof
    import winery
    import winery.staged

    for module in (lakeproof, winery, winery.staged):
        print("IMPORTED", module.__file__, file=sys.stderr)
    print("IMPORTED", __file__, file=sys.stderr)
    return 2.0
'''


def make_dirty(project: Project) -> None:
    """Change one tracked file, stage changes of others, add a module and a local parameter."""
    (project.path / UNTRACKED).write_text(FACTOR)
    (project.path / STAGED).write_text('"""A module that is staged and not committed."""\n')
    edit(project.path / BASE, "salt: 3", "salt: 4")
    project.git("add", STAGED, BASE)
    edit(project.path / BASE, "test_fraction: 0.25", "test_fraction: 0.3")
    edit(
        project.path / NODES,
        "nw.col(numerator) / nw.col(denominator)",
        "nw.col(numerator) / nw.col(denominator) * factor()",
    )
    edit(
        project.path / NODES,
        "import logging\n",
        "import logging\n\nfrom winery.untracked import factor\n",
    )
    append(project.path / LOCAL, "feature: {ratios: {ash_share: [ash, alcohol]}}\n")


@pytest.fixture(scope="module")
def dirty(make_project) -> tuple[Project, Finished]:
    """A project with a run of its features, made from a tree that git knows half of."""
    project = make_project("dirty")
    project.kedro("run", "--pipelines", "ingest")
    make_dirty(project)
    return project, project.kedro("run", "--pipelines", "feature")


def imported_from(stderr: str) -> set[Path]:
    return {Path(place) for place in re.findall(r"^IMPORTED (.+)$", stderr, re.MULTILINE)}


def elsewhere(places: set[Path], folder: Path) -> set[Path]:
    return {place for place in places if not place.is_relative_to(folder)}


@pytest.mark.slow
def test_a_dirty_tree_is_had_again_and_everything_is_imported_from_there(dirty):
    """Tracked, staged, untracked and ignored files; Lakeproof alone is the environment's."""
    project, finished = dirty
    record = record_of(project, finished.run_id)
    assert record["code"]["diff"] is not None
    assert [content["path"] for content in record["code"]["untracked"]] == [UNTRACKED]
    here = imported_from(finished.stderr)
    assert len(here) == 4
    assert elsewhere(here, project.path / "src") == {Path(lakeproof.__file__)}
    before = belongings(project)
    verdict = repeat(project, finished.run_id)
    places = imported_from(verdict.stderr)
    assert len(places) == 4
    scratch = project.path / ".lakeproof/scratch"
    assert elsewhere(places, scratch) == {Path(lakeproof.__file__)}
    assert only_a_run_is_new(project, before, verdict.document["rerun_id"])
    assert not any(scratch.iterdir())


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_from_another_branch_that_is_dirty_in_another_way(dirty, tmp_path):
    """Today's code does not even import, today's module and local parameter say something else."""
    project, finished = copied(dirty, tmp_path)
    project.git("reset", "--quiet", "--hard")
    project.git("switch", "--quiet", "--create", "another")
    append(project.path / "README.md", "\nMore.\n")
    commit_all(project)
    (project.path / UNTRACKED).write_text("def factor():\n    return 3.0\n")
    (project.path / NODES).write_text("this is no Python\n")
    edit(project.path / LOCAL, "[ash, alcohol]", "[ash, proline]")
    append(project.path / "conf/local/parameters_train.yml", "train: {seed: 1}\n")
    append(project.path / "conf/local/globals.yml", "example: another\nkey: proline\n")
    (project.path / "notes.txt").write_text("staged\n")
    project.git("add", "notes.txt")
    before = belongings(project)
    verdict = repeat(project, finished.run_id)
    assert only_a_run_is_new(project, before, verdict.document["rerun_id"])


@pytest.mark.slow
def test_a_local_parameter_that_is_gone_is_had_from_the_record(dirty, tmp_path):
    """Git never had it; the record has. The user's folder stays without it."""
    project, finished = copied(dirty, tmp_path)
    (project.path / LOCAL).unlink()
    verdict = repeat(project, finished.run_id)
    parameters = record_of(project, verdict.document["rerun_id"])["parameters"]
    assert parameters["values"]["feature"]["ratios"]["ash_share"] == ["ash", "alcohol"]
    assert parameters["sources"]["feature.ratios.ash_share"] == LOCAL
    assert not (project.path / LOCAL).exists()


def copied(run: tuple[Project, Finished], folder: Path) -> tuple[Project, Finished]:
    """Copy a project, with all that is not committed, to a place where it may be changed."""
    project, finished = run
    shutil.copytree(project.path, folder / "project", symlinks=True)
    copy = Project(folder / "project")
    copy.kedro("runs")  # which lets MLflow's store follow the move
    return copy, finished


@pytest.mark.slow
def test_a_project_in_a_folder_of_its_repository(tmp_path):
    """The worktree is of the whole repository; what is untracked beside the project is in it."""
    project = copy_project(tmp_path / "repository/teams/winery")
    shutil.rmtree(project.path / ".git")
    top = tmp_path / "repository"
    (top / "shared").mkdir()
    (top / "shared/words.txt").write_text("committed\n")
    beside = Project(top)
    beside.git("init", "--quiet")
    beside.git("config", "user.name", "A Tester")
    beside.git("config", "user.email", "tester@localhost")
    commit_all(beside)
    (top / "shared/words.txt").write_text("changed\n")
    (top / "shared/more.txt").write_text("untracked\n")
    make_dirty(project)
    finished = project.kedro("run", "--pipelines", "ingest,feature")
    code = record_of(project, finished.run_id)["code"]
    assert code["prefix"] == "teams/winery"
    assert {content["path"] for content in code["untracked"]} == {
        "shared/more.txt",
        f"teams/winery/{UNTRACKED}",
    }
    (top / "shared/words.txt").write_text("changed again\n")
    (project.path / UNTRACKED).unlink()
    before = belongings(project, top / "shared")
    verdict = repeat(project, finished.run_id)
    assert only_a_run_is_new(project, before, verdict.document["rerun_id"], top / "shared")


@pytest.mark.slow
def test_a_folder_on_pythonpath_that_git_ignores(make_project, monkeypatch):
    """It is in the snapshot and on the path of the re-run, though the user's is gone."""
    project = make_project("pythonpath")
    append(project.path / ".gitignore", "/tools/\n")
    (project.path / "tools").mkdir()
    (project.path / "tools/lent_factor.py").write_text("FACTOR = 2.0\n")
    edit(
        project.path / NODES,
        "import logging\n",
        "import logging\n\nfrom lent_factor import FACTOR\n",
    )
    edit(
        project.path / NODES,
        "nw.col(numerator) / nw.col(denominator)",
        "nw.col(numerator) / nw.col(denominator) * FACTOR",
    )
    path = f"{project.path / 'src'}:{project.path / 'tools'}"
    with monkeypatch.context() as patch:
        patch.setattr(projects.Project, "environment", {**project.environment, "PYTHONPATH": path})
        finished = project.kedro("run", "--pipelines", "ingest,feature")
    code = record_of(project, finished.run_id)["code"]
    assert code["search"] == ["tools"]
    assert "tools/lent_factor.py" in project.git(
        "ls-tree", "-r", "--name-only", code["snapshot"]["tree"]
    )
    shutil.rmtree(project.path / "tools")
    project.git("checkout", "--quiet", "--", NODES)
    repeat(project, finished.run_id)
