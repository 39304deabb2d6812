"""What a yes of `kedro check` hangs on, and what makes it a no because the run itself knew."""

import json
import re
import subprocess
from dataclasses import replace

import pytest

from lakeproof.commands import check
from lakeproof.commands.check import Checked
from lakeproof.commands.output import to_json
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.record.facts import (
    Content,
    FileFacts,
    InputFacts,
    Logged,
    ModelFacts,
    NotControlled,
    OutputFacts,
    ValueFacts,
)
from lakeproof.record.run.ending.doubts import unknown_outputs
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.limits import Around, limits_of
from lakeproof.reproduce.outcomes import Limit

from .builders import RUN, a_node, a_record, a_rerun, crossing, sha

BARE = {"inputs": InputFacts()}


def around(path="/nowhere", kept=()):
    return Around(path, lambda file: file.dataset in kept)


def limits(path="/nowhere", kept=(), **changes):
    found = limits_of(a_record(**{**BARE, **changes}), around(path, kept))
    assert not any(one.at or one.certainty == "dies" for one in found)
    return tuple(map(str, found))


def test_a_run_of_tables_and_files_of_git_has_no_limit():
    """A plain yes."""
    assert limits() == ()


def test_of_a_source_that_cannot_be_restored_it_is_yes_if_it_gives_the_same():
    """SQL and APIs; what was passed from Python has its digest in the record."""
    values = (
        ValueFacts("prices", "SQLTableDataset", "frame2:1"),
        ValueFacts("given", "MemoryDataset", "model2:1"),
    )
    assert limits(inputs=InputFacts(values=values)) == (
        "Input 'prices' (SQLTableDataset): as long as its source gives the same.",
    )


def test_a_file_that_neither_git_nor_mlflow_would_give_back_is_named(tmp_path):
    """It lies in the project alone."""

    def git(*args):
        done = subprocess.run(
            ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *args],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    git("init", "--quiet")
    (tmp_path / "wine").mkdir()
    for name in ("held.csv", "lone.csv", "logged.csv"):
        (tmp_path / "wine" / name).write_text(name)
    git("add", "wine/held.csv")
    git("commit", "--quiet", "-m", "One")
    code = replace(a_record().code, commit=git("rev-parse", "HEAD"), prefix="wine")
    files = [FileFacts(name, f"{name}.csv", sha(name), 8) for name in ("held", "lone", "logged")]
    files.append(FileFacts("own", "own.csv", sha("own"), 3, is_own=True))
    files.append(FileFacts("mine", "mine.csv", sha("mine"), 4))
    untracked = (Content("wine/mine.csv", sha("mine"), 4, text="mine"),)
    code = replace(code, untracked=untracked)
    (one,) = limits(tmp_path, ["logged"], inputs=InputFacts(files=tuple(files)), code=code)
    assert one.startswith("lone.csv: by digest only, neither git nor MLflow has the content")
    assert one.endswith("--held --why TEXT")
    (tmp_path / "wine/copy").write_text("lone")
    RawStore(tmp_path).keep(tmp_path / "wine/copy", sha("lone"))
    assert limits(tmp_path, ["logged"], inputs=InputFacts(files=tuple(files)), code=code) == ()


def test_what_the_record_has_by_digest_only_is_named():
    """A secret in the configuration; a nested repository it does not have at all."""
    held = Content("local/mlflow.yml", sha("x"), 1, withheld="it holds a secret")
    configuration = replace(a_record().configuration, files=(held,))
    lost = Content("vendored/", "", 0, withheld="a repository of its own")
    code = replace(a_record().code, untracked=(lost,))
    by_digest, gone = limits(configuration=configuration, code=code)
    assert by_digest.startswith("local/mlflow.yml (it holds a secret): in the record by digest")
    assert gone.startswith("vendored/ (a repository of its own): not in the record")


def test_what_nodes_reached_for_and_what_holds_a_place_or_a_time_is_named():
    """What they gave may be another for these alone."""
    file = NotControlled("file", "lookup.csv", "sha256:1")
    placed = crossing("metrics", "value", "model2", holds_place=True)
    last = replace(a_node("score", [], [placed]), not_controlled=(file,), clocks=("metrics: at",))
    found = limits(nodes=(last,))
    assert [re.split("[:,]", one)[0] for one in found] == [
        "Node 'score' reached for file lookup.csv",
        "Output 'metrics' holds the project's path",
        "Output 'metrics' seems to hold the time of the run (at)",
    ]
    assert limits(nodes=(replace(last, not_controlled=()),), not_compared=("metrics",)) == ()


def test_a_format_that_has_other_bytes_each_time_is_named_where_nothing_else_tells():
    """The same bytes would be the same."""
    opaque = crossing("metrics", "opaque", note="an address")
    outputs = OutputFacts(files=(FileFacts("metrics", "data/m.pkl", sha("m"), 1),))
    (one,) = limits(nodes=(a_node("score", [], [opaque]),), outputs=outputs)
    assert "Output 'metrics' has no digest (an address), and its format writes other bytes" in one
    outputs = OutputFacts(files=(FileFacts("metrics", "data/m.json", sha("m"), 1),))
    assert limits(nodes=(a_node("score", [], [opaque]),), outputs=outputs) == ()


def given(kind, **changes):
    """Give a run that ends in an output of a kind."""
    last = a_node("last", [crossing("rows", "frame")], [crossing("end", kind, note="odd")])
    return a_record(nodes=(*a_record().nodes, last), **changes)


FILE = FileFacts("end", "data/end.json", sha("end"), 3)
WITH_FILE = replace(a_record().outputs, files=(*a_record().outputs.files, FILE))
WITH_VALUE = replace(a_record().outputs, values=(ValueFacts("end", "SQL", None, "odd"),))
NO_DIGEST = ModelFacts("model", None, None, 0, "a lambda")


@pytest.mark.parametrize(
    ("record", "is_known"),
    [
        (a_record(), True),
        (given("opaque"), False),
        (given("lazy"), False),
        (given("picture"), True),
        (given("frame"), True),
        (given("opaque", outputs=WITH_FILE), True),
        (given("lazy", outputs=WITH_VALUE), False),
        (given("opaque", not_compared=("end",)), True),
        (a_record(models=(NO_DIGEST,)), False),
        (a_record(models=(NO_DIGEST,), not_compared=("model",)), True),
    ],
)
def test_what_no_rerun_can_be_held_against_is_known_to_the_run(record, is_known):
    """The same is found by comparing it with itself."""
    assert (list(unknown_outputs(record)) == []) == is_known
    found = compare(record, a_rerun(record), is_rerun=True)
    assert found.verdict == ("REPEATED" if is_known else "INCONCLUSIVE")


def test_a_plan_that_ends_up_somewhere_is_compared_there():
    """One that the next node got."""
    lazy = crossing("end", "lazy", note="lazy")
    nodes = (*a_record().nodes, a_node("make", [], [lazy]), a_node("use", [lazy], []))
    record = a_record(nodes=nodes)
    assert list(unknown_outputs(record)) == []
    assert compare(record, a_rerun(record), is_rerun=True).verdict == "REPEATED"


def test_a_yes_is_shown_with_what_it_hangs_on():
    """Of several runs how much it is; the exit code is that of a yes."""
    sentence = "Input 'prices' (SQL): as long as its source gives the same."
    one = Checked(RUN, True, (), (Limit(sentence, "open"),))
    assert check.exit_code([one]) == 0
    assert json.loads(to_json(check.document([one])))["runs"] == [
        {
            "run_id": RUN,
            "is_reproducible": True,
            "missing": [],
            "limits": [
                {"what": sentence, "certainty": "open", "at": None, "engine": None, "remedy": None}
            ],
            "dies_at": None,
            "dies_of": None,
            "is_kept": False,
        }
    ]
    head, line = check.render([one]).splitlines()
    assert head.split() == ["run", "reproducible", "until", "missing,", "or", "if"]
    assert line.split(maxsplit=3) == [RUN[:8], "yes", "open", sentence]
    assert f"1 limit(s): kedro check {RUN[:8]}" in check.render([one, one])


def test_a_logged_file_whose_format_has_other_bytes_each_time_is_not_called_different():
    """A sheet holds the time at which it was written; a text does not."""

    def logged(name, content):
        return (Logged("logged file", name, f"sha256:{sha(content)}", "9 bytes"),)

    for name, verdict in (("sheet.xlsx", "INCONCLUSIVE"), ("note.txt", "DIVERGED")):
        record = a_record(logged=logged(name, "x"))
        for content, expected in (("x", "REPEATED"), ("y", verdict)):
            other = a_rerun(replace(record, logged=logged(name, content)))
            assert compare(record, other, is_rerun=True).verdict == expected
    assert limits(logged=logged("note.txt", "x")) == ()
    assert "others each time" in limits(logged=logged("sheet.xlsx", "x"))[0]
