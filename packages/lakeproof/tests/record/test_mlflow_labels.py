"""How a run looks in MLflow: a name, tags and a description, made of its record."""

from dataclasses import replace

from lakeproof.record.facts import InputFacts, OutputFacts
from lakeproof.record.mlflow_store.mlflow_labels import (
    description_of,
    key_of,
    name_of,
    tags_of,
)
from lakeproof.views.blocks import facts, section
from lakeproof.views.markdown import literal

from ..reproduce.builders import (
    COMMIT,
    RUN,
    a_metric,
    a_record,
    a_rerun,
    a_table_read,
    a_table_written,
)


def run_with(**changes):
    return replace(a_record(), run=replace(a_record().run, **changes))


def test_a_name_tells_pipelines_data_and_what_was_asked_for():
    """Data are the versions that came from outside of the run."""
    assert name_of(a_record()) == "default on samples@3"
    record = run_with(
        pipelines=("train", "evaluate"),
        kedro_env="wine_quality",
        options={"params": {"train": {"seed": 7, "rate": 0.5}}},
    )
    assert name_of(record) == (
        "wine_quality: train+evaluate on samples@3, train.seed=7, train.rate=0.5"
    )


def test_a_run_that_made_all_its_tables_is_named_after_the_first():
    """And one without tables after its pipelines."""
    own = InputFacts(tables=(a_table_read(is_own=True), a_table_read("features", is_own=True)))
    assert name_of(a_record(inputs=own)) == "default on samples@3"
    assert name_of(a_record(inputs=InputFacts())) == "default"


def test_a_name_is_one_short_line():
    """Whatever was given."""
    name = name_of(run_with(options={"params": {"note": "a\nb" + "x" * 500}}))
    assert "\n" not in name
    assert len(name) == 120


def test_runs_can_be_filtered_by_code_by_version_and_by_what_they_wrote():
    """A table that was read counts by the version read; version 0 is one."""
    outputs = OutputFacts(
        tables=(
            a_table_written(version=0),
            a_table_written("kept", version=4, written=False),
            a_table_written("samples", version=9),
        )
    )
    tags = tags_of(a_record(outputs=outputs))
    assert tags["lakeproof.git_commit"] == COMMIT
    assert tags["lakeproof.is_dirty"] == "false"
    versions = {key: value for key, value in tags.items() if ".version." in key}
    assert versions == {
        "lakeproof.version.features": "1",
        "lakeproof.version.kept": "4",
        "lakeproof.version.samples": "3",
    }
    written = {key: value for key, value in tags.items() if ".written." in key}
    assert written == {"lakeproof.written.features": "0", "lakeproof.written.samples": "9"}
    assert "lakeproof.reproduces" not in tags
    assert tags_of(a_rerun())["lakeproof.reproduces"] == RUN


def test_names_are_written_so_that_mlflow_takes_them():
    """A dataset may be called anything."""
    tags = tags_of(
        a_record(inputs=InputFacts(tables=(a_table_read("a@spark,\u05d9" + "x" * 300),)))
    )
    (key,) = [key for key in tags if key.startswith("lakeproof.version.a")]
    assert key.startswith("lakeproof.version.a_spark__x")
    assert len(key) == 250
    assert key_of("train.seed: 1/2-3") == "train.seed: 1/2-3"


def test_the_command_that_kedro_mlflow_puts_together_is_replaced_by_the_one_that_was_typed():
    """Its own leaves out parameters; that of a re-run names files that are gone."""
    record = run_with(command=("kedro", "run", "--params", "a=1 2"))
    assert tags_of(record)["kedro_command"] == "kedro run --params 'a=1 2'"
    assert "kedro_command" not in tags_of(a_rerun(record))


def test_a_description_says_how_to_reproduce_it_what_was_read_and_what_came_out():
    """The command first: MLflow folds the rest away."""
    text = description_of(a_record())
    assert text.startswith(f"**Reproduce it:** `kedro reproduce {RUN[:8]}`\n\n**Inputs**\n\n| in")
    assert "| `samples` | 3 | 178 | `rs1:" in text
    assert "| `data/labels.csv` |" in text
    assert "| `accuracy` | 0.75 |" in text
    assert "| `features` | 1 | 178 |" in text
    assert f"**Code:** `{COMMIT[:8]}`" in text
    assert "**Command:** `kedro run`" in text
    told = description_of(a_rerun(), [section("REPEATED", facts({"Re-run of": RUN[:8]}))])
    assert told.startswith(f"**REPEATED**\n\n**Re-run of:** `{RUN[:8]}`\n\n")
    assert "`kedro run`" not in told


def test_a_failed_run_is_described_by_where_and_why():
    """There is nothing to reproduce."""
    text = description_of(run_with(status="FAILED", failed_node="fit", error="ValueError: no"))
    assert text.startswith("**Failed:** `at node fit`\n\n**Error:** `ValueError: no`\n\n")
    assert "reproduce" not in text


def test_names_cannot_write_markdown():
    """Nor break out of the table that they stand in."""
    assert literal("a`b|c\n<img>") == "`a'b\\|c <img>`"
    assert literal("\u202ea") == "`\\u202ea`"
    record = a_record(metrics={"a`|\n# Heading": a_metric(1.0)})
    assert "\n# Heading" not in description_of(record)


def test_a_description_ends_at_a_whole_line_where_it_would_be_too_long():
    """A tag holds so much; how to see the rest stands beneath."""
    tables = tuple(a_table_read(f"table_{n}_{'x' * 400}") for n in range(30))
    text = description_of(a_record(inputs=InputFacts(tables=tables)))
    assert len(text) <= 5_000
    *lines, last = text.splitlines()
    assert last == f"… and more: kedro show {RUN[:8]}"
    assert all(line.endswith("|") for line in lines if line.startswith("|"))
