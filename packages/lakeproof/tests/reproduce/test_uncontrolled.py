"""What nothing holds still is shown with a pass, and suspected first where runs diverge."""

from dataclasses import replace

from lakeproof.commands import show
from lakeproof.record.facts import NotControlled, Record
from lakeproof.reproduce import verdict_report
from lakeproof.reproduce.comparison.compare import compare

from .builders import a_record, a_rerun, with_content

LOOKUP = NotControlled("file", "lookup.csv", "sha256:aa")
VALUE = NotControlled("variable", "LAB_VALUE", "sha256:bb")
ADDRESS = NotControlled("connection", "127.0.0.1:5432")


def reaching(record: Record, *found: NotControlled) -> Record:
    """Let the first node have reached for something."""
    first, *others = record.nodes
    return replace(record, nodes=(replace(first, not_controlled=found), *others))


def test_a_pass_says_what_nothing_held_still():
    """It stays a pass: whoever relies on it knows on what."""
    found = compare(
        reaching(a_record(), LOOKUP, ADDRESS), reaching(a_rerun(), LOOKUP, ADDRESS), is_rerun=True
    )
    assert found.verdict == "REPEATED"
    assert [(one.node, one.kind, one.name, one.is_other) for one in found.not_controlled] == [
        ("build", "file", "lookup.csv", False),
        ("build", "connection", "127.0.0.1:5432", False),
    ]
    text = verdict_report.render(found)
    assert "file lookup.csv" in text
    assert verdict_report.document(found)["not_controlled"][0]["expected"] == "sha256:aa"


def test_a_divergence_names_first_what_was_another():
    """Before what was the same, and before all factors."""
    other = replace(VALUE, digest="sha256:cc")
    rerun = with_content(reaching(a_rerun(), LOOKUP, other), "features", "others")
    found = compare(reaching(a_record(), LOOKUP, VALUE), rerun, is_rerun=True)
    assert found.verdict == "DIVERGED"
    assert [one.name for one in found.not_controlled] == ["LAB_VALUE", "lookup.csv"]
    first = found.not_controlled[0]
    assert (first.expected, first.actual) == ("sha256:bb", "sha256:cc")
    assert "suspected first" in verdict_report.render(found)


def test_what_one_run_alone_reached_for_is_another():
    """A file that was not there then, for one."""
    gone = NotControlled("file", "lookup.csv", None, "not there")
    found = compare(reaching(a_record(), LOOKUP), reaching(a_rerun(), gone), is_rerun=True)
    (one,) = found.not_controlled
    assert (one.expected, one.actual, one.is_other) == ("sha256:aa", "not there", True)
    found = compare(reaching(a_record(), LOOKUP), a_rerun(), is_rerun=True)
    assert [one.actual for one in found.not_controlled] == [None]


def test_where_nobody_looked_that_is_said():
    """Nothing seen is then no sign of nothing there."""
    blind = replace(a_record(), is_watched=False)
    found = compare(blind, reaching(a_rerun(), LOOKUP), is_rerun=True)
    assert {one.detail for one in found.not_controlled} == {"the recorded run did not look"}
    found = compare(a_record(), replace(a_rerun(), is_watched=False), is_rerun=True)
    assert [one.detail for one in found.not_controlled] == ["the other run did not look"]
    assert "Not looked for while this run went on." in show.render(blind)
    assert "Not looked for" not in show.render(a_record())


def test_a_record_shows_what_its_nodes_reached_for():
    """With the node and the digest."""
    text = show.render(reaching(a_record(), LOOKUP, VALUE))
    assert "not controlled" in text
    assert "variable LAB_VALUE" in text
