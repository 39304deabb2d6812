"""One run embedded, one on Spark: the engine is a player like any other."""

import json

import pytest

from conftest import copy_project

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.spark]


@pytest.mark.parametrize(
    "chosen",
    [
        ("--params", "engine=spark,train.seed=7"),
        ("--env", "spark", "--params", "train.seed=7"),
    ],
    ids=["by a parameter", "by an environment"],
)
def test_the_engine_is_one_player_and_does_nothing(tmp_path, chosen):
    """What chose it is no player; what each mix gives is the same bits on either."""
    project = copy_project(tmp_path / "project")
    a = project.kedro("run").run_id
    b = project.kedro("run", *chosen).run_id
    document = json.loads(project.kedro("explain", a, b, "--trust", "--json").stdout)
    assert [one["player"] for one in document["players"]] == ["parameter train.seed", "engine"]
    assert [one["error"] for one in document["mixes"]] == [None] * 4
    assert len({one["run_id"] for one in document["mixes"]}) == 4
    (of,) = (one for one in document["metrics"] if one["metric"] == "log_loss")
    shares = {one["player"]: one["share"] for one in of["shares"]}
    assert shares == {"engine": 0, "parameter train.seed": of["difference"]}
