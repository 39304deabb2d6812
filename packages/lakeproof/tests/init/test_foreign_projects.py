"""A project that knows nothing of us: set up, committed, run, and reproduced bit for bit."""

import json

import pytest

from conftest import LONG
from init.foreign import SHAPES, commit, make


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "options"),
    [
        pytest.param("namespaces", (), marks=LONG),
        ("namespaces", ("--env", "staging")),
        pytest.param("kedro_mlflow", (), marks=pytest.mark.beyond_ci),
    ],
    ids=["namespaces", "an environment", "kedro-mlflow"],
)
def test_it_is_had_again_after_init(tmp_path, shape, options):
    """Without a change to its catalog, its nodes or its settings."""
    project = make(shape, tmp_path / shape)
    project.kedro("lakeproof", "init")
    changed = project.git("status", "--porcelain", "--untracked-files=all").split()[1::2]
    own = {"kedro_mlflow": {"pyproject.toml", ".gitignore"}}
    assert set(changed) == own.get(shape, {"pyproject.toml", ".gitignore", "conf/base/mlflow.yml"})
    commit(project)
    run_id = project.kedro("run", *options).run_id
    assert project.git("status", "--porcelain") == ""
    answer = tmp_path / "verdict.json"
    project.kedro("reproduce", run_id, "--output", str(answer))
    verdict = json.loads(answer.read_text())
    assert verdict["verdict"] == "REPEATED", verdict
    assert {one["verdict"] for one in verdict["artifacts"]} == {"same"}


def test_no_shape_knows_us():
    """Or it would be none of somebody else's."""
    assert [name for name, files in SHAPES.items() if "lakeproof" in str(files).lower()] == []
