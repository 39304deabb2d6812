"""A run of the one engine holds on the other, from its id alone."""

import pytest

from conftest import Project
from docs.pages import commands_of, page
from proof.conftest import FOREST, record_of, reproduce, write_qualities

pytestmark = [pytest.mark.slow, pytest.mark.spark]

# What follows on the page are servers: tests/spark/test_dev.py.
INSTALL, RUN, QUALITIES, ON_SPARK, ON_EMBEDDED, *_ = commands_of(page("spark.md"))


def words(line: str) -> list[str]:
    """Give what is typed after `kedro`, of a run without its name."""
    return [word for word in line.split()[1:] if word != "RUN"]


@pytest.mark.beyond_ci
def test_a_run_of_the_laptop_holds_on_spark(project: Project):
    """Every table, model, prediction and metric, to the bit; that it is another engine is said."""
    run = project.kedro("run", *FOREST)
    _, *asked = words(ON_SPARK.line)
    verdict = reproduce(project.fresh, run.run_id, *asked, expected="REPRODUCED")
    assert set(verdict.counting().values()) == {"same"}
    assert {"engine", "java"} <= verdict.factors
    assert not {name for name in verdict.factors if name.startswith(("data:", "package:", "code"))}


@pytest.mark.beyond_ci
def test_a_run_of_spark_holds_on_the_laptop_and_says_what_spark_was(project: Project):
    """Java, jars with their digests, settings in force; a table's versions are those of any run."""
    run = project.fresh.kedro(*words(RUN.line), *FOREST)
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
    _, *asked = words(ON_EMBEDDED.line)
    verdict = reproduce(project, run.run_id, *asked, expected="REPRODUCED")
    assert set(verdict.counting().values()) == {"same"}
    assert "engine" in verdict.factors


@pytest.mark.long
def test_the_engine_of_another_environment_is_a_parameter(project: Project):
    """As the page has it, for the wines by their quality."""
    assert INSTALL.line == "make spark"
    write_qualities(project)
    run = project.fresh.kedro(*words(QUALITIES.line))
    assert record_of(project, run.run_id)["compute"]["engine"] == "spark"
