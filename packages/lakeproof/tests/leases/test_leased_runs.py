"""Leases of real runs: taken by themselves, taken late, kept by hand, held when the table goes."""

import json
import shutil

import pytest
from mlflow.tracking import MlflowClient

from conftest import Project, copy_project
from lakeproof.leases.store import LeaseStore

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> tuple[Project, str, str]:
    """A project with two runs: one that wrote all anew, one that reads version 0."""
    project = copy_project(tmp_path_factory.mktemp("leased") / "project")
    first = project.kedro("run").run_id
    return project, first, project.kedro("run", "--load-versions", "samples:0").run_id


def leased(project: Project) -> set[tuple[str, int, str]]:
    return {(one.table, one.version, one.run_id) for one in LeaseStore(project.path).own()}


def test_a_run_leases_what_it_read_and_built_upon_and_nothing_that_it_wrote(runs):
    """The first one found no table; git passes over what is written."""
    project, first, pinned = runs
    assert leased(project) == {("samples", 0, pinned), ("samples", 1, pinned)}
    assert LeaseStore(project.path).undecided([first, pinned]) == []
    assert project.git("status", "--porcelain") == ""


def test_runs_from_before_there_were_leases_get_theirs_before_anything_goes(runs):
    """Or when what the project knows of leases is lost."""
    project, _, _ = runs
    before = leased(project)
    shutil.rmtree(project.path / ".lakeproof/leases")
    project.kedro("vacuum", "--min-age", "0")
    assert leased(project) == before


def test_a_run_whose_model_is_in_service_is_not_released(runs):
    """Once the alias is taken from it, it is."""
    project, _, pinned = runs
    client = MlflowClient(f"sqlite:///{project.path}/mlflow.db")
    client.create_registered_model("wine")
    version = client.create_model_version("wine", f"runs:/{pinned}/model", run_id=pinned)
    client.set_registered_model_alias("wine", "champion", version.version)
    refused = project.kedro("release", pinned, code=2)
    assert "has an alias or a stage" in refused.stderr
    assert len(leased(project)) == 2
    client.delete_registered_model_alias("wine", "champion")
    project.kedro("release", pinned)
    assert leased(project) == set()


def test_a_held_run_is_reproduced_when_its_table_is_deleted(runs):
    """Of the table nothing is left but what the run leases; check names a lease without a copy."""
    project, _, pinned = runs
    place = project.path / "data/02_intermediate/wine/samples"
    project.kedro("keep", pinned, "--why", "without a copy")
    kept = shutil.copytree(place, project.path.parent / "kept")
    shutil.rmtree(place)
    checked = json.loads(project.kedro("check", pinned, "--json", code=1).stdout)
    told = " ".join(checked["runs"][0]["missing"])
    assert "is leased to this run for ever (without a copy)" in told
    shutil.copytree(kept, place)
    said = json.loads(project.kedro("keep", pinned, "--held", "--why", "audit", "--json").stdout)
    assert {one["held_in"] for one in said["leases"]} != {None}
    shutil.rmtree(place)
    project.kedro("check", pinned)
    assert project.kedro("reproduce", pinned).stdout.startswith("REPEATED")
    project.kedro("release", pinned)
    assert list((project.path / ".lakeproof/held").glob("*/*")) == []
