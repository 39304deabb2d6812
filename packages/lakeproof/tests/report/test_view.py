"""What a reader without the project is told about a run, and about a re-run of it."""

from dataclasses import replace

from lakeproof.record.facts import CodeFacts
from lakeproof.report.view import page_of_record, page_of_rerun
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.outcomes import Comparison
from lakeproof.views.blocks import Facts, Listing, Names, Pictures, Sentences, Table

from ..reproduce.builders import (
    COMMIT,
    RERUN,
    RUN,
    a_content,
    a_metric,
    a_record,
    a_rerun,
    digest,
    with_content,
)

SEAL = "sha256:" + "ab" * 32
NOW = "2026-11-24 12:00:00 UTC"


def proof(record, rerun, found=None):
    """Give the page about a re-run without pictures."""
    found = found or compare(record, rerun, is_rerun=True)
    return page_of_rerun(found, record, rerun, Pictures(()), SEAL, NOW)


def section(page, title):
    """Give the blocks of a part, by their kind."""
    (found,) = [one for one in page.sections if one.title == title]
    return {type(block): block for block in found.blocks}


def texts(table):
    """Give the rows of a table as texts."""
    return [[cell.text for cell in row] for row in table.rows]


def test_each_verdict_is_on_top_with_its_tone_and_its_meaning():
    """Nobody has to know the four words."""
    compute = replace(a_record().compute, cpu="Another CPU")
    for rerun, word, tone, said in [
        (a_rerun(), "REPEATED", "good", "All 6 artifacts that count are the same"),
        (a_rerun(compute=compute), "REPRODUCED", "good", "although the set-up is another one"),
        (
            with_content(a_rerun(), "model", "x"),
            "DIVERGED",
            "bad",
            "1 of 6 artifacts that count are",
        ),
        (with_content(a_rerun(), "samples", "x"), "INCONCLUSIVE", "open", "neither a pass nor"),
    ]:
        page = proof(a_record(), rerun)
        assert (page.word, page.tone) == (word, tone)
        assert said in " ".join(page.meaning)
        assert [(name, cell.text) for name, cell in page.facts.pairs] == [
            ("recorded run", RUN),
            ("recorded at", "2026-11-24 10:00:00 UTC"),
            ("re-run", RERUN),
            ("digest of its record", SEAL),
        ]


def test_a_pass_has_no_part_about_what_went_wrong():
    """And every other part, in the order in which a reader asks."""
    assert [one.title for one in proof(a_record(), a_rerun()).sections] == [
        "Artifacts",
        "Listed, not counted",
        "Run",
        "Metrics",
        "Inputs",
        "Outputs",
        "Nodes",
        "Models",
        "Code",
        "Configuration",
        "Parameters",
        "Environment",
        "Machine",
        "How to check it yourself",
        "How to read this page",
    ]


def test_a_divergence_names_the_node_the_factors_and_both_values():
    """What is the same stands once, over both columns."""
    compute = replace(a_record().compute, cpu="Another CPU")
    rerun = replace(with_content(a_rerun(compute=compute), "model", "x"), metrics={})
    page = proof(a_record(), replace(rerun, metrics={"accuracy": a_metric(0.5)}))
    (parting,) = section(page, "First divergence")[Sentences].items
    assert "'fit'" in parting
    assert "(model)" in parting
    factors = section(page, "Factors: inputs of the run that differ")[Table]
    assert texts(factors) == [["cpu", "A CPU", "Another CPU"]]
    rows = {row[0].text.split("\n")[0]: row for row in section(page, "Artifacts")[Table].rows}
    assert [cell.text for cell in rows["accuracy"][2:5]] == ["differs", "0.75", "0.5"]
    same = rows["features"]
    assert [cell.text for cell in same[2:]] == ["same", digest("features"), ""]
    assert same[3].span == 2
    metrics = section(page, "Metrics")[Table]
    assert texts(metrics) == [["accuracy", "0.75", "0.5"]]


def test_all_nodes_that_diverge_the_hints_and_the_notes_are_on_the_page():
    """A reader without the project has nowhere else to look."""
    model = replace(a_record().models[0], settings={"random_state": None})
    expected = a_record(models=(model,))
    actual = with_content(with_content(a_rerun(expected), "features", "x"), "model", "y")
    found = compare(expected, actual, is_rerun=True, notes=("The store says 0.5.",))
    page = proof(expected, actual, found)
    first, other, hint = section(page, "First divergence")[Sentences].items
    assert "At node 'build'" in first
    assert other == "Independently of it, at: 'fit' (model)."
    assert "random_state=None" in hint
    known = section(page, "Notes")[Sentences]
    assert known.items == ("The store says 0.5.",)


def test_digests_and_commits_stand_in_full():
    """An auditor compares them letter by letter."""
    page = proof(a_record(), a_rerun())
    code = dict(section(page, "Code")[Facts].pairs)
    assert code["commit"].text == COMMIT
    assert code["digest"].text == f"{a_record().code.tree} of 1 files"
    read, written = section(page, "Inputs")[Table], section(page, "Outputs")[Table]
    assert texts(read)[0] == ["samples", "3", "178", digest("samples"), "data/samples"]
    assert read.rows[0][3].beneath == "id of samples"
    assert texts(read)[1][-1] == "data/features, written by this run"
    assert texts(read)[2][0] == "labels"
    assert texts(written)[0][-1] == "data/features (overwrite)"


def test_what_is_not_counted_says_why():
    """A picture is listed; what has no digest is named with its reason."""
    page = proof(a_record(), with_content(a_rerun(), "model", None))
    (listed,) = texts(section(page, "Listed, not counted")[Table])
    assert listed[0] == "picture"
    rows = texts(section(page, "Artifacts")[Table])
    (model,) = [row for row in rows if row[:2] == ["model", "model"]]
    assert model[2] == "not comparable"
    assert model[-1]
    record = replace(a_record(), not_compared=("metrics",))
    rows = texts(section(page_of_record(record, Pictures(()), SEAL, NOW), _LEFT_OUT)[Table])
    assert ["metrics", "its catalog entry says compare: false"] in rows
    assert ["picture", "pictures are listed and do not count"] in rows


_LEFT_OUT = "Not counted in a comparison"


def test_where_nothing_could_be_run_the_page_says_what_is_missing():
    """Also where the record itself cannot be read."""
    found = Comparison("INCONCLUSIVE", RUN, None, (), None, (), ("The record is damaged.",))
    page = page_of_rerun(found, None, None, Pictures(()), None, NOW)
    assert page.word == "INCONCLUSIVE"
    assert section(page, "Missing")[Sentences].items == ("The record is damaged.",)
    assert [one.title for one in page.sections][1:] == [
        "How to check it yourself",
        "How to read this page",
    ]
    assert dict(page.facts.pairs)["re-run"].text == "none"


def test_uncommitted_changes_are_shown_and_cut_where_they_are_long():
    """A diff that holds a secret is not there, which is said."""
    lines = "\n".join(f"+line {n}" for n in range(1_000))
    code = replace(a_record().code, diff=a_content("diff", lines))
    assert code.is_dirty
    found = section(page_of_record(a_record(code=code), Pictures(()), SEAL, NOW), "Code")
    text = found[Listing].text.splitlines()
    assert text[0] == "+line 0"
    assert text[-1] == "… and 700 more lines, which are in the record"
    assert "not committed" in dict(found[Facts].pairs)["state"].text
    code = replace(code, diff=replace(code.diff, text=None, withheld="it holds a secret"))
    found = section(page_of_record(a_record(code=code), Pictures(()), SEAL, NOW), "Code")
    assert found[Sentences].items == ("The changes are not shown: it holds a secret.",)
    assert Listing not in found


def test_a_record_is_no_proof():
    """Its page says that nothing was re-run, and a failed run is told as one."""
    page = page_of_record(a_record(), Pictures(()), SEAL, NOW)
    assert (page.word, page.tone) == ("FINISHED", "plain")
    assert "not re-run" in " ".join(page.meaning)
    run = replace(a_record().run, status="FAILED", failed_node="fit", error="ValueError: no")
    record = replace(a_record(run=run), problems=("Nobody can say.",))
    page = page_of_record(record, Pictures(()), SEAL, NOW)
    assert (page.word, page.tone) == ("FAILED", "bad")
    facts = dict(section(page, "Run")[Facts].pairs)
    assert facts["error"].text == "ValueError: no"
    assert section(page, "Why it cannot be reproduced")[Sentences].items == ("Nobody can say.",)


def test_whoever_does_not_take_its_word_is_told_what_to_type():
    """With the digest that the record must have, and without a commit that there is not."""
    (check,) = [
        block
        for one in page_of_record(a_record(), Pictures(()), SEAL, NOW).sections
        if one.title == "How to check it yourself"
        for block in one.blocks
    ]
    typed = [command for _, command in check.items]
    assert f"kedro reproduce {RUN[:8]}" in typed
    assert f"git show --stat {COMMIT}" in typed
    assert ("kedro history samples") in typed
    assert (f"must print {'ab' * 32}", "sha256sum record.json") in check.items
    code: CodeFacts = replace(a_record().code, commit=None)
    page = page_of_record(a_record(code=code), Pictures(()), None, NOW)
    typed = [
        c for s in page.sections if s.title.startswith("How to ch") for _, c in s.blocks[0].items
    ]
    assert not [command for command in typed if command.startswith(("git", "sha256sum"))]


def test_every_library_is_named():
    """With its version, in the order of the record."""
    page = page_of_record(a_record(), Pictures(()), SEAL, NOW)
    assert section(page, "Environment")[Names].items == ("numpy 2.4.6", "winery 1")
