"""A run of the one engine holds on the other, from its id alone."""

import pytest

from conftest import Project
from proof.conftest import FOREST, record_of, reproduce

pytestmark = [pytest.mark.slow, pytest.mark.spark]


def test_a_run_of_the_laptop_holds_on_spark(project: Project):
    """Every table, model, prediction and metric, to the bit; that it is another engine is said."""
    run = project.kedro("run", *FOREST)
    verdict = reproduce(project.fresh, run.run_id, "--engine", "spark", expected="REPRODUCED")
    assert set(verdict.counting().values()) == {"same"}
    assert {"engine", "java"} <= verdict.factors
    assert not {name for name in verdict.factors if name.startswith(("data:", "package:", "code"))}


def test_a_run_of_spark_holds_on_the_laptop_and_says_what_spark_was(project: Project):
    """Java, jars with their digests, settings in force; a table's versions are those of any run."""
    run = project.fresh.kedro("run", "--env", "spark", *FOREST)
    assert "WARN" not in run.stdout + run.stderr
    record = record_of(project, run.run_id)
    assert record["compute"]["engine"] == "spark"
    assert record["compute"]["engine_configuration"]["executors"] == "1"
    assert record["environment"]["java"]
    assert len(record["environment"]["jars"]) == 2
    assert {table["dataset"]: table["version"] for table in record["outputs"]["tables"]} == {
        "samples": 1,
        "features": 0,
        "predictions": 0,
    }
    verdict = reproduce(project, run.run_id, "--engine", "embedded", expected="REPRODUCED")
    assert set(verdict.counting().values()) == {"same"}
    assert "engine" in verdict.factors
