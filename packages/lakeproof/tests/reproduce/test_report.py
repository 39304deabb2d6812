"""What people and scripts are told of a comparison."""

import json
import os
import shutil
import sys
from dataclasses import replace

import pytest

from lakeproof.commands.output import to_json
from lakeproof.record.facts import Distribution, Maker
from lakeproof.reproduce.comparison import uncontrolled
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.comparison.verdict import exit_code
from lakeproof.reproduce.outcomes import Artifact, Comparison, Factor, NotControlled
from lakeproof.reproduce.verdict_report import document, render

from .builders import RERUN, RUN, a_metric, a_record, a_rerun, digest, with_content, without


def test_json_has_the_keys_of_the_contract_in_their_order():
    """And nothing that JSON does not have."""
    actual = replace(with_content(a_rerun(), "model", "other"), metrics={"loss": a_metric(0.5)})
    found = json.loads(to_json(document(compare(a_record(), actual, is_rerun=True))))
    assert list(found) == [
        "schema",
        "verdict",
        "run_id",
        "rerun_id",
        "artifacts",
        "first_divergence",
        "factors",
        "missing",
        "divergences",
        "not_controlled",
        "notes",
        "measured",
        "made_by",
        "verified_by",
        "erased",
        "metrics",
    ]
    assert (found["verdict"], found["run_id"], found["rerun_id"]) == ("DIVERGED", RUN, RERUN)
    keys = ["name", "kind", "verdict", "expected", "actual", "detail", "counts"]
    assert all(list(one) == keys for one in found["artifacts"])
    assert found["first_divergence"] == {"node": "fit", "artifacts": ["model"]}
    assert [one["node"] for one in found["divergences"]] == ["fit"]
    assert list(found["divergences"][0]) == ["node", "artifacts", "hints"]
    assert {one["kind"] for one in found["artifacts"]} == {
        "table",
        "model",
        "predictions",
        "metric",
        "file",
        "memory",
    }


def test_a_pass_has_nulls_and_empty_lists():
    """Not missing keys."""
    found = document(compare(a_record(), a_rerun(), is_rerun=True))
    assert found["first_divergence"] is None
    for key in ("factors", "missing", "divergences", "not_controlled", "notes", "measured"):
        assert found[key] == []


def test_parameters_that_json_lacks_are_spelled_out():
    """As the record does it."""
    parameters = replace(
        a_record().parameters, values={"rate": float("inf"), "names": ("a",), "map": {1: 2}}
    )
    found = document(compare(a_record(), a_rerun(parameters=parameters), is_rerun=False))
    factors = {one["factor"]: one["actual"] for one in found["factors"]}
    assert factors["parameter:rate"] == {"$float": "inf"}
    assert factors["parameter:names"] == ["a"]
    json.dumps(found, allow_nan=False)


def test_changed_lines_are_part_of_their_factors():
    """A sentence, where they cannot be shown."""
    code = replace(a_record().code, tree=digest("other", "sha256"))
    comparison = compare(a_record(), a_rerun(code=code), is_rerun=False)
    (factor,) = document(comparison, ["src/a.py:1  + x"])["factors"]
    assert list(factor) == ["factor", "expected", "actual", "reached", "lines"]
    assert factor["lines"] == ["src/a.py:1  + x"]
    (factor,) = document(comparison, "The commit is gone.")["factors"]
    assert factor["lines"] == "The commit is gone."
    (factor,) = document(comparison)["factors"]
    assert list(factor) == ["factor", "expected", "actual", "reached"]
    files = replace(comparison, factors=(Factor("configuration:base/a.yml", "sha256:1", None),))
    lines = ["base/a.yml:1  - x: 1", "base/a.yml.old:1  - y: 1"]
    (factor,) = document(files, None, lines)["factors"]
    assert factor["lines"] == lines[:1]


def test_people_read_the_verdict_first_then_why_then_everything():
    """Digests are cut to what people compare."""
    compute = replace(a_record().compute, cpu="Another CPU")
    actual = with_content(without(a_rerun(compute=compute), "metrics"), "model", "other")
    text = render(compare(a_record(), actual, is_rerun=True))
    parts = text.split("\n\n")
    assert parts[0] == (f"DIVERGED ({RUN[:8]} and {RERUN[:8]}): 2 of 6 artifacts are not the same.")
    assert parts[1].startswith("Missing\n- Node 'score' no longer gives the file 'metrics'")
    assert parts[2] == (
        "First divergence\n- At node 'fit': its inputs are the same as far as they can be "
        "compared, its outputs are not (model)."
    )
    assert parts[3].splitlines()[1].split() == ["cpu", "A", "CPU", "Another", "CPU"]
    lines = parts[4].splitlines()
    assert lines[0].split() == ["artifact", "kind", "verdict", "expected", "actual", "detail"]
    whole = digest("features")
    assert f"{whole[:16]}…" in lines[1]
    assert whole not in text
    assert any(line.startswith("model ") and " differs " in line for line in lines)
    assert parts[5].splitlines()[0].startswith("listed, not counted")
    assert [line.split()[0] for line in parts[5].splitlines()[1:]] == ["picture"]


def test_what_is_the_same_stands_once():
    """The second column is left free for what differs."""
    text = render(compare(a_record(), a_rerun(), is_rerun=True))
    (line,) = [line for line in text.splitlines() if line.startswith("features ")]
    assert line.split() == ["features", "table", "same", f"{digest('features')[:16]}…"]


def test_each_verdict_says_what_it_means():
    """In one sentence, with the set-up where it is another."""
    compute = replace(a_record().compute, cpu="Another CPU")
    model = with_content(a_rerun(), "model", "other")
    for actual, is_rerun, said in [
        (
            a_rerun(),
            True,
            "REPEATED (3f9c2a7b and 77aa2a7b): all 6 artifacts are the same, bit for",
        ),
        (a_rerun(compute=compute), True, "on another set-up (cpu)."),
        (
            a_rerun(),
            False,
            "SAME (3f9c2a7b and 77aa2a7b): all 6 artifacts are the same, bit for bit.",
        ),
        (model, False, "DIFFERENT (3f9c2a7b and 77aa2a7b): 1 of 6 artifacts are not the same."),
        (without(a_rerun(), "rows"), True, "INCONCLUSIVE (3f9c2a7b and 77aa2a7b): something is"),
    ]:
        assert said in render(compare(a_record(), actual, is_rerun)).splitlines()[0]


def test_a_rerun_that_could_not_be_run_says_why():
    """No second run, no artifacts; inconclusive."""
    said = ("Table 'samples' is gone. Bring it back.",)
    found = Comparison("INCONCLUSIVE", RUN, None, (), None, (), said)
    assert render(found) == (
        "INCONCLUSIVE (3f9c2a7b): something is missing or is not the recorded one, so nothing is "
        "proven.\n\nMissing\n- Table 'samples' is gone. Bring it back."
    )
    assert document(found)["rerun_id"] is None
    assert exit_code(found.verdict) == 2


def test_many_packages_are_counted():
    """Those that are others stand with the factors, those that only one run had apart, and cut."""
    record = a_record()
    packages = [Distribution(f"extra{i}", "1.0") for i in range(42)]
    packages.append(Distribution("numpy", "2.5.0"))
    environment = replace(record.environment, distributions=tuple(packages))
    comparison = compare(record, a_rerun(environment=environment), is_rerun=True)
    text = render(comparison)
    factors, apart = text.split("\n\n")[1:3]
    assert [line.split()[0] for line in factors.splitlines()[1:]] == ["package:numpy"]
    assert apart.splitlines()[1].split() == ["extra0", "-", "1.0"]
    assert len(apart.splitlines()) == 12
    assert apart.splitlines()[-1] == "… and 32 more"
    assert len(document(comparison)["factors"]) == 43
    back = render(compare(a_rerun(environment=environment), record, is_rerun=False))
    assert "… and 32 more" in back


def test_a_terminal_gets_colour_and_lines_that_fit(monkeypatch):
    """A pipe gets neither."""
    comparison = compare(a_record(), with_content(a_rerun(), "model", "other"), is_rerun=True)
    assert "\x1b[" not in render(comparison)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_, **__: os.terminal_size((70, 20)))
    text = render(comparison)
    assert text.startswith("\x1b[31m\x1b[1mDIVERGED\x1b[0m")
    assert max(map(len, text.split("\n\n")[-1].splitlines()[1:])) <= 70


def test_what_is_not_text_of_ours_cannot_steer_the_terminal():
    """A note may come from anywhere."""
    comparison = compare(a_record(), a_rerun(), is_rerun=True)
    evil = Artifact("a\x1b[31m", "file", "same", None, None, "b\x1b[0m")
    text = render(replace(comparison, artifacts=(evil,), missing=("c\x1b[31m\nd",)))
    assert "\x1b" not in text


@pytest.fixture
def lookups(monkeypatch):
    """Let a node look into a file that no catalog names, and let it be another in the re-run."""
    clock = NotControlled("fit", "variable", "LAB_VALUE", "read by the node", "3", "3")
    file = NotControlled("score", "file", "lookup\x1b.csv", None, digest("a", "sha256"), None)

    def found(expected, actual):
        return (clock, file)

    monkeypatch.setattr(uncontrolled, "SOURCES", (found, found))


@pytest.mark.usefixtures("lookups")
def test_a_pass_says_what_nothing_held_still():
    """What is known to be another first; it decides nothing."""
    comparison = compare(a_record(), a_rerun(), is_rerun=True)
    assert comparison.verdict == "REPEATED"
    found = document(comparison)["not_controlled"]
    assert [one["name"] for one in found] == ["lookup\x1b.csv", "LAB_VALUE"]
    assert found[1] == {
        "node": "fit",
        "kind": "variable",
        "name": "LAB_VALUE",
        "detail": "read by the node",
        "expected": "3",
        "actual": "3",
    }
    text = render(comparison)
    assert "\x1b" not in text
    lines = text.split("\n\n")[1].splitlines()
    assert lines[0].split() == ["not", "controlled", "node", "expected", "actual", "detail"]
    assert lines[2].split()[:2] == ["variable", "LAB_VALUE"]


@pytest.mark.usefixtures("lookups")
def test_a_divergence_suspects_first_what_nothing_held_still():
    """Before the factors, which were held."""
    compute = replace(a_record().compute, cpu="Another CPU")
    actual = with_content(a_rerun(compute=compute), "model", "other")
    text = render(compare(a_record(), actual, is_rerun=True))
    assert text.index("First divergence") < text.index("suspected first: not controlled")
    assert text.index("suspected first") < text.index("Another CPU")


def test_what_a_reader_should_know_stands_last():
    """And decides nothing."""
    comparison = compare(a_record(), a_rerun(), is_rerun=True, notes=("The store says 0.5.",))
    assert comparison.verdict == "REPEATED"
    assert document(comparison)["notes"] == ["The store says 0.5."]
    assert render(comparison).endswith("\n\nNotes\n- The store says 0.5.")


def test_a_verdict_says_who_has_verified_it_and_names_nobody():
    """Told from who made the run, as far as that was written down."""
    maker = Maker("a" * 32, "sha256:" + "1" * 64, "sha256:" + "2" * 64)
    other = replace(maker, checkout="b" * 32, user="sha256:" + "3" * 64)

    def found(made_by, verified_by):
        ours = a_record(run=replace(a_record().run, made_by=made_by))
        theirs = replace(a_rerun(), run=replace(a_rerun().run, made_by=verified_by))
        return compare(ours, theirs, is_rerun=True)

    told = render(found(maker, other))
    assert "Another checkout bbbbbbbb, another user 33333333, the same machine 22222222." in told
    assert "This checkout bbbbbbbb, this user" in render(found(None, other))
    assert document(found(maker, other))["verified_by"]["checkout"] == "b" * 32
    assert "Verified by" not in render(compare(a_record(), a_rerun(), is_rerun=False))
