"""What nodes give to MLflow stands on the one run, to the last bit, whoever gives it."""

import math
import multiprocessing
import os
import struct
import threading
from concurrent.futures import ThreadPoolExecutor

import mlflow
import pytest
from kedro.pipeline import node, pipeline
from kedro.runner import AbstractRunner, ParallelRunner, SequentialRunner, ThreadRunner

from lakeproof.errors import LakeproofError, RunError
from lakeproof.record.run.ending import ended


def give() -> dict:
    return {"a": 1}


def of(function, outputs="out", inputs=None):
    return pipeline([node(function, inputs, outputs, name=function.__name__)])


CATALOG = """
score: {type: kedro_mlflow.io.metrics.MlflowMetricDataset}
scores: {type: kedro_mlflow.io.metrics.MlflowMetricsHistoryDataset}
picture:
  type: kedro_mlflow.io.artifacts.MlflowArtifactDataset
  dataset: {type: json.JSONDataset, filepath: data/picture.json}
"""


def score_things():
    return 0.25, {"left": {"value": 1.5, "step": 0}}, {"drawn": True}


@pytest.mark.slow
@pytest.mark.parametrize(
    "runner", [SequentialRunner(is_async=True), ThreadRunner()], ids=["async", "threads"]
)
def test_metrics_and_files_of_other_threads_stand_on_the_one_run(small_project, runner):
    """Kedro saves them in threads, where MLflow has no run and would start one for each."""
    small_project.write({"conf/base/catalog.yml": CATALOG})
    small_project.run(of(score_things, ["score", "scores", "picture"]), runner)
    (run,) = small_project.mlflow_runs
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"score": 0.25, "scores.left": 1.5}
    assert [one.path for one in small_project.client.list_artifacts(run.info.run_id)] == [
        "lakeproof",
        "picture.json",
    ]
    assert set(small_project.record().metrics) == {"score", "scores.left"}
    assert mlflow.active_run() is None


def log_in_threads():
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: mlflow.log_metric(f"m{n}", n), range(3)))
    with ThreadPoolExecutor(1) as pool:
        # Nothing to end: the run is the node's. Whoever starts one in a thread has it.
        pool.submit(mlflow.end_run).result()
        pool.submit(mlflow.start_run).result()
        pool.submit(mlflow.log_metric, "own", 1).result()
        pool.submit(mlflow.end_run).result()
        pool.submit(mlflow.log_metric, "m4", 4).result()
    return 1


@pytest.mark.slow
def test_a_pool_of_a_node_logs_to_the_run_and_a_run_of_its_own_is_a_child(small_project):
    """One that it starts by itself is known as started by this one."""
    small_project.run(of(log_in_threads))
    child, own = sorted(small_project.mlflow_runs, key=lambda run: len(run.data.metrics))
    assert own.data.metrics == {"m0": 0.0, "m1": 1.0, "m2": 2.0, "m4": 4.0}
    assert child.data.metrics == {"own": 1.0}
    assert child.data.tags["mlflow.parentRunId"] == own.info.run_id
    assert "MLFLOW_RUN_CONTEXT" not in os.environ


LIVING: list[ThreadPoolExecutor] = []


def log_in_a_pool_that_stays():
    LIVING.append(ThreadPoolExecutor(1))
    LIVING[0].submit(mlflow.log_metric, "during", 1).result()
    return 1


@pytest.mark.slow
def test_a_thread_that_outlives_the_nodes_has_no_run_any_more(small_project):
    """What it logs later is not this run's."""
    small_project.run(of(log_in_a_pool_that_stays))
    assert small_project.record().metrics.keys() == {"during"}
    assert LIVING.pop().submit(mlflow.active_run).result() is None


def log_in_a_fork():
    child = multiprocessing.get_context("fork").Process(target=mlflow.log_metric, args=("f", 0.5))
    child.start()
    child.join()
    return 1


@pytest.mark.slow
def test_a_forked_process_logs_to_the_run(small_project):
    """MLflow forgets the run in a process that is forked."""
    small_project.run(of(log_in_a_fork))
    (run,) = small_project.mlflow_runs
    assert run.data.metrics == {"f": 0.5}
    assert small_project.record().metrics["f"].value == 0.5


ODD = {"inf": math.inf, "minus_inf": -math.inf, "minus_zero": -0.0, "nan": math.nan, "one": 1.0}


def log_odd_numbers():
    mlflow.log_metrics(ODD)
    mlflow.log_metric("last", 7.0, step=2)
    mlflow.log_metric("last", -0.0, step=3)
    mlflow.log_metric("last", 9.0, step=1)
    return -0.0


def test_metrics_are_recorded_to_the_bit_as_they_were_logged(small_project):
    """SQLite gives an infinity back as the largest double, and -0.0 as 0.0."""
    catalog = "given: {type: kedro_mlflow.io.metrics.MlflowMetricDataset}\n"
    small_project.write({"conf/base/catalog.yml": catalog})
    small_project.run(of(log_odd_numbers, "given"))
    record, (run,) = small_project.record(), small_project.mlflow_runs
    assert run.data.metrics["inf"] == 1.7976931348623157e308
    expected = {**ODD, "last": -0.0, "given": -0.0}
    found = {name: metric.bits for name, metric in record.metrics.items()}
    assert found == {name: struct.pack(">d", value).hex() for name, value in expected.items()}
    assert not hasattr(mlflow.tracking.client.TrackingServiceClient.log_metric, "lakeproof")


@pytest.mark.slow
def test_kedro_and_mlflow_are_left_as_they_were(small_project):
    """Also after an error, and where no runner ever comes."""
    from mlflow.tracking import fluent
    from mlflow.tracking._tracking_service.client import TrackingServiceClient as Client

    def face():
        return AbstractRunner.run, fluent._active_run_stack, Client.log_metric, Client.log_batch

    before = face()
    with pytest.raises(ZeroDivisionError):
        small_project.run(of(lambda_that_fails))
    assert face() == before
    ended.attend(catalog := object(), threading.Lock)
    assert face() != before
    ended.leave(catalog)
    assert face() == before


def lambda_that_fails():
    return 1 / 0


def test_processes_are_refused_before_mlflow_starts_a_run(small_project):
    """What passes there cannot be recorded."""
    with pytest.raises(RunError, match="--runner ThreadRunner"):
        small_project.run(of(give), ParallelRunner())
    assert small_project.mlflow_runs == []


def test_a_run_that_has_a_record_is_never_written_to(small_project, monkeypatch):
    """By variable, by mlflow.yml, or because it is open: refused, and it stays FINISHED."""
    small_project.run(of(give))
    (first,) = small_project.mlflow_runs
    run_id = first.info.run_id

    monkeypatch.setenv("MLFLOW_RUN_ID", run_id)
    with pytest.raises(RunError, match="unset MLFLOW_RUN_ID"):
        small_project.run(of(lambda_that_fails))
    monkeypatch.delenv("MLFLOW_RUN_ID")

    text = (small_project.path / "conf/base/mlflow.yml").read_text()
    small_project.write({"conf/base/mlflow.yml": f"{text}  run: {{id: {run_id}}}\n"})
    with pytest.raises(RunError, match=r"tracking\.run\.id"):
        small_project.run(of(give))
    small_project.write({"conf/base/mlflow.yml": text})

    mlflow.start_run(run_id)
    with pytest.raises(RunError, match="open in this process"):
        small_project.run(of(give))
    mlflow.end_run()

    (same,) = small_project.mlflow_runs
    assert same.info.status == "FINISHED"
    assert same.data.tags["lakeproof.record"] == first.data.tags["lakeproof.record"]
    assert small_project.record().run.run_id == run_id


def test_a_run_without_a_record_can_be_gone_on_with(small_project):
    """An orchestrator opens it and ends it itself."""
    small_project.start()
    mlflow.set_tracking_uri(f"sqlite:///{small_project.path / 'mlflow.db'}")
    mlflow.set_experiment("small_project")
    with mlflow.start_run() as opened:
        small_project.run(of(give))
        assert mlflow.active_run() is not None
    assert small_project.record().run.run_id == opened.info.run_id


def test_a_run_that_is_not_tracked_says_that_it_has_no_record(small_project, capsys):
    """It said nothing, and looked like the others."""
    text = (small_project.path / "conf/base/mlflow.yml").read_text()
    off = f"{text}  disable_tracking: {{pipelines: [other]}}\n"
    small_project.write({"conf/base/mlflow.yml": off})
    small_project.run(of(give), pipeline_names=["other"])
    assert "no record and cannot be reproduced: mlflow.yml turns tr" in capsys.readouterr().out
    assert small_project.mlflow_runs == []
    small_project.run(of(give))
    assert "Reproduce it: kedro reproduce" in capsys.readouterr().out


def test_a_second_record_is_refused_at_the_end_too(small_project):
    """Another process may have kept one meanwhile."""

    def seal():
        mlflow.set_tag("lakeproof.record", "sha256:0")
        return 1

    with pytest.raises(LakeproofError, match="has a record already"):
        small_project.run(of(seal))
    (run,) = small_project.mlflow_runs
    assert run.info.status == "FAILED"
