"""`kedro show`: one record, for a reader and as it is."""

import json
from dataclasses import replace

from lakeproof.commands import show
from lakeproof.commands.output import to_json
from lakeproof.record.documents.document import to_document
from lakeproof.record.facts import Content, Distribution

from ..reproduce.builders import COMMIT, RUN, a_metric, a_record, a_rerun, digest, sha


def section(text, title):
    """Give the lines of a section, its heading first."""
    return next(part.splitlines() for part in text.split("\n\n") if part.startswith(title))


def fact(text, title, name):
    """Give what a section says of a fact."""
    line = next(line for line in section(text, title) if line.startswith(name))
    return line.removeprefix(name).strip()


def test_json_is_the_record_itself():
    """With one schema number, the record's own, in front."""
    record = replace(a_record(), metrics={"loss": a_metric(float("nan"))})
    text = to_json(show.document(record))
    assert json.loads(text) == to_document(record)
    assert next(iter(json.loads(text))) == "schema"
    assert text.count('\n  "schema"') == 1


def test_the_sections_stand_in_the_order_in_which_a_reader_asks():
    """Those that have nothing to say are left out."""
    text = show.render(a_record())
    first = [part.split()[0] for part in text.split("\n\n")]
    assert first == [
        "Run",
        "metric",
        "input",
        "output",
        "node",
        "model",
        "Code",
        "Configuration",
        "parameter",
        "Environment",
        "lock",
        "Machine",
        "library",
        "not",
    ]


def test_a_reader_finds_what_decided_the_result():
    """Digests and commits are cut to what people compare."""
    text = show.render(a_record())
    assert fact(text, "Run", "id") == RUN
    assert fact(text, "Run", "started") == "2026-11-24 10:00:00 UTC"
    assert fact(text, "Run", "command") == "kedro run"
    assert fact(text, "Code", "commit") == COMMIT[:8]
    assert section(text, "parameter")[1].split() == ["train.trees", "100", "parameters.yml"]
    assert section(text, "input")[1].split() == [
        "samples",
        "3",
        "178",
        f"{digest('samples')[:16]}…",
        "data/samples",
    ]
    assert section(text, "input")[2].endswith("data/features, written by this run")
    assert section(text, "metric")[1].split() == ["accuracy", "0.75", "3fe8000000000000"]
    assert section(text, "node")[2].split() == [
        "select",
        "0.50",
        "features,",
        "params:train",
        "rows",
    ]
    assert fact(text, "Machine", "thread settings") == "OMP_NUM_THREADS=1 PYTHONHASHSEED=0"


def test_what_keeps_a_run_from_being_reproduced_is_said_last():
    """One line each, where a terminal still shows them."""
    record = a_record(problems=("The project is no git repository.", "An edit during the run."))
    assert show.render(record).split("\n\n")[-1].splitlines() == [
        "Why it cannot be reproduced",
        "- The project is no git repository.",
        "- An edit during the run.",
    ]


def test_a_failed_run_says_where_and_why():
    """And a re-run what it repeats."""
    run = replace(a_rerun().run, status="FAILED", failed_node="fit", error="no such\ncolumn")
    text = show.render(a_record(run=run))
    assert fact(text, "Run", "status") == "FAILED"
    assert fact(text, "Run", "failed at node") == "fit"
    assert fact(text, "Run", "error") == "no such column"
    assert fact(text, "Run", "re-run of") == RUN


def test_what_is_long_is_counted_and_what_was_withheld_is_named():
    """It is whole in JSON."""
    record = a_record()
    untracked = tuple(Content(f"src/n{i}.py", sha("x"), 7, text="x") for i in range(12))
    diff = Content("diff", sha("x"), 9, withheld="it holds a secret")
    packages = (*record.environment.distributions, Distribution("own", "1", "git+https://x/y"))
    text = show.render(
        replace(
            record,
            code=replace(record.code, untracked=untracked, diff=diff),
            environment=replace(record.environment, distributions=packages),
            not_compared=("picture",),
        )
    )
    assert section(text, "untracked file")[-1] == "… and 2 more"
    assert len(section(text, "untracked file")) == 12
    assert fact(text, "Code", "changes") == "9 bytes"
    assert "- The changes are not shown: it holds a secret." in text.splitlines()
    assert fact(text, "Environment", "packages") == "3"
    assert section(text, "package not from")[1].split() == ["own", "1", "git+https://x/y"]
    assert section(text, "not counted")[1].startswith("picture ")


def test_what_stands_elsewhere_otherwise_is_said_last():
    """In one line that cannot steer a terminal."""
    text = show.render(a_record(), ["The store says\n\x1b[31m0.5."])
    assert text.split("\n\n")[-1] == "Notes\n" + r"- The store says \x1b[31m0.5."
