"""Parts of the pipeline, which start from what earlier runs have left."""

import json
import shutil

import pytest

from conftest import LONG, Project

from .conftest import FOREST, METRICS, MODEL, PREDICTIONS, move_on, nodes_of, record_of, repeat

pytestmark = pytest.mark.slow

INGEST_FEATURE = {"ingest_deliveries", "build_features"}
TRAIN = {"select_training_rows", "fit_model"}
SCORE = {"score_predictions", "draw_confusion_matrix"}
EVALUATE = {"select_test_rows", "predict_test_rows", *SCORE}


@pytest.fixture(scope="module")
def used(small) -> Project:
    """A project in which everything was run once."""
    return small[0]


@pytest.mark.parametrize(
    ("flags", "nodes"),
    [
        pytest.param(("--pipelines", "train"), TRAIN, marks=LONG),
        pytest.param(("--pipelines", "evaluate,train"), EVALUATE | TRAIN, marks=LONG),
        pytest.param(("--from-nodes", "select_test_rows"), EVALUATE, marks=LONG),
        pytest.param(("--to-nodes", "build_features"), INGEST_FEATURE, marks=LONG),
        pytest.param(("--nodes", "score_predictions,draw_confusion_matrix"), SCORE, marks=LONG),
        (("--from-inputs", "predictions"), SCORE),
        pytest.param(("--to-outputs", "features"), INGEST_FEATURE, marks=LONG),
        pytest.param(
            ("--runner", "ThreadRunner"),
            INGEST_FEATURE | TRAIN | EVALUATE,
            marks=pytest.mark.beyond_ci,
        ),
        (("--async", "--pipelines", "feature"), {"build_features"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_same_part_is_repeated_and_no_more(used, flags, nodes):
    """Whichever way it was asked for; the tables have moved on since."""
    finished = used.kedro("run", *flags, *FOREST)
    assert nodes_of(record_of(used, finished.run_id)) == nodes
    move_on(used)
    verdict = repeat(used, finished.run_id)
    assert nodes_of(record_of(used, verdict.document["rerun_id"])) == nodes


def test_what_was_missing_then_is_made_again_though_nothing_is_missing_now(used):
    """`--only-missing-outputs` leaves out what is there; which nodes ran is what is repeated."""
    used.kedro("run", *FOREST)
    (used.path / METRICS).unlink()
    finished = used.kedro("run", "--only-missing-outputs", *FOREST)
    ran = nodes_of(record_of(used, finished.run_id))
    assert "score_predictions" in ran
    assert "ingest_deliveries" not in ran
    verdict = repeat(used, finished.run_id)
    assert nodes_of(record_of(used, verdict.document["rerun_id"])) == ran


def test_a_run_that_found_nothing_missing_is_never_a_pass(used):
    """It made nothing, so there is nothing to reproduce; and nothing is run in its place."""
    used.kedro("run", *FOREST)
    finished = used.kedro("run", "--only-missing-outputs", "--to-nodes", "build_features", *FOREST)
    assert nodes_of(record_of(used, finished.run_id)) == set()
    done = used.kedro("reproduce", finished.run_id, "--json", code=2)
    document = json.loads(done.stdout)
    assert document["verdict"] == "INCONCLUSIVE"
    assert document["missing"] == ["No node ran, so there is nothing to reproduce."]
    assert "Running node" not in done.stderr


@pytest.mark.beyond_ci
def test_a_model_that_was_overwritten_is_found_by_its_digest(used):
    """`evaluate` read the model of an earlier run; a later one has saved another in its place."""
    used.kedro("run", *FOREST)
    evaluated = used.kedro("run", "--pipelines", "evaluate", *FOREST)
    (read,) = (
        file
        for file in record_of(used, evaluated.run_id)["inputs"]["files"]
        if file["dataset"] == "model"
    )
    old = (used.path / MODEL).read_bytes()
    used.kedro("run", "--pipelines", "train,evaluate", "--params", "train.estimator=linear")
    assert (used.path / MODEL).read_bytes() != old
    verdict = repeat(used, evaluated.run_id)
    rerun = record_of(used, verdict.document["rerun_id"])
    assert read["sha256"] in {file["sha256"] for file in rerun["inputs"]["files"]}
    (used.path / MODEL).unlink()
    repeat(used, evaluated.run_id)


@pytest.mark.beyond_ci
def test_a_model_that_is_nowhere_is_named(used):
    """Neither here nor among the artifacts: INCONCLUSIVE, before anything is run."""
    used.kedro("run", *FOREST)
    path = used.path / MODEL
    path.write_bytes(path.read_bytes() + b"\0" * 32)
    evaluated = used.kedro("run", "--pipelines", "evaluate", *FOREST)
    path.unlink()
    shutil.rmtree(used.path / ".lakeproof/raw")
    done = used.kedro("reproduce", evaluated.run_id, "--json", code=2)
    (missing,) = json.loads(done.stdout)["missing"]
    assert MODEL in missing
    assert "is not there" in missing
    assert "Running node" not in done.stderr
    used.kedro("check", evaluated.run_id, code=1)
    assert (used.path / PREDICTIONS).is_dir()
