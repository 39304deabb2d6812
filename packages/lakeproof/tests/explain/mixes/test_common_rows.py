"""The metrics of two runs on the rows that both were scored on."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakeproof.explain.mixes.facts import Failure
from lakeproof.explain.mixes.running import common_rows
from lakeproof.explain.mixes.running.common_rows import measure_common, scoring_nodes
from lakeproof.explain.mixes.running.predictions import KEY, predictions_of

from ...reproduce.builders import a_metric, a_node, a_table_written, crossing
from .runs import a_run, another


def a_scored_run(*more):
    run = a_run()
    scores = a_node("score", [crossing("scores"), *more], [crossing("metrics", "value")])
    draw = a_node("draw", [crossing("metrics", "value")], [crossing("picture", "picture")])
    return replace(run, nodes=(*run.nodes, scores, draw))


def a_table(path, ids, key=("id",), score=0.5):
    rows = pa.table({"id": list(ids), "score": [score] * len(ids)})
    pq.write_table(rows.replace_schema_metadata({KEY: json.dumps(key).encode()}), path)
    return path


def test_the_table_of_predictions_is_the_one_that_is_made_with_a_model():
    """Where there are two, nobody can tell which."""
    run = a_scored_run()
    assert predictions_of(run).dataset == "scores"
    predict = replace(run.nodes[4], outputs=(crossing("scores"), crossing("others")))
    tables = (*run.outputs.tables, a_table_written("others"))
    two = replace(
        run,
        nodes=(*run.nodes[:4], predict, *run.nodes[5:]),
        outputs=replace(run.outputs, tables=tables),
    )
    assert predictions_of(two) is None


def test_nodes_that_need_more_than_the_predictions_are_not_asked():
    """What else the run made has all rows, not those that both were scored on."""
    run = a_scored_run()
    assert scoring_nodes(run, predictions_of(run)) == ("score", "draw")
    more = a_scored_run(crossing("test_rows", "frame"))
    assert scoring_nodes(more, predictions_of(more)) == ()


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ((["a"], ("id",)), (["b"], ("id",)), "no row was scored by both"),
        ((["a"], ("id",)), (["a"], ("score",)), "other keys"),
        ((["a", "b"], ("id",)), (["a", "a", "b"], ("id",)), "does not tell"),
    ],
)
def test_why_there_are_none_is_said(tmp_path, ours, theirs, said):
    """And no number is given."""
    files = [a_table(tmp_path / name, *one) for name, one in (("a", ours), ("b", theirs))]
    found = measure_common(None, (a_scored_run(), another(a_scored_run())), files, tmp_path)
    assert (found.rows, found.before, found.after) == (0, {}, {})
    assert said in found.why_not


def test_without_a_table_of_predictions_there_are_none(tmp_path):
    """Of either."""
    files = [a_table(tmp_path / "a", ["x"]), None]
    found = measure_common(None, (a_scored_run(), another(a_scored_run())), files, tmp_path)
    assert "no table of predictions" in found.why_not


def test_where_all_rows_are_common_the_recorded_metrics_stand(tmp_path):
    """Nothing is run: the order of rows is none of theirs."""
    files = [a_table(tmp_path / "a", ["x", "y"]), a_table(tmp_path / "b", ["y", "x"])]
    a, b = a_scored_run(), another(a_scored_run(), metrics={"accuracy": a_metric(0.5)})
    found = measure_common(None, (a, b), files, tmp_path)
    assert (found.rows, found.before, found.after) == (2, {"accuracy": 0.75}, {"accuracy": 0.5})


@pytest.mark.parametrize(
    ("digest", "predicted", "is_taken"),
    [(None, 0.5, False), ("value2:x", 0.5, True), ("value2:x", 0.25, False)],
)
def test_a_mix_that_predicted_the_same_was_measured_already(
    tmp_path, monkeypatch, digest, predicted, is_taken
):
    """Of these very rows, in any order, and measured by the same settings; nothing else is."""
    settings = crossing("params:report", "value", digest=digest)
    a = another(a_scored_run(settings), metrics={"accuracy": a_metric(0.5)})
    mix = replace(a, metrics={"accuracy": a_metric(0.75)})
    files = [a_table(tmp_path / name, ids) for name, ids in (("a", "xyz"), ("b", "xy"))]
    file = a_table(tmp_path / "mix", ["y", "x"], score=predicted)
    monkeypatch.setattr(common_rows, "_run", lambda *_: Failure("before", None, "it was run"))
    found = measure_common(None, (a, a), files, tmp_path, [[(mix, file)], []])
    assert (found.before == {"accuracy": 0.75}) is is_taken
    assert (found.why_not is None) is is_taken
