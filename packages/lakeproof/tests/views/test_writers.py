"""One set of sections, three writers: a terminal, Markdown and a page say the same."""

import pytest

from lakeproof.views import html, markdown, text
from lakeproof.views.blocks import (
    Cell,
    Commands,
    Listing,
    Names,
    Page,
    Sentences,
    facts,
    section,
    table,
)

DIGEST = "rs1:" + "ab" * 32
SECTIONS = (
    section("Run", facts({"status": "FINISHED", "error": None}), note="For a page."),
    section(
        "Inputs",
        table(
            {"input": "text", "rows": "number", "content": "code"},
            [["samples", 178, Cell(DIGEST, "code", beneath="id of samples")]],
        ),
    ),
    section("Missing", Sentences(("Table `a|b` is gone.",))),
    section("", Commands((("Reproduce it", "kedro reproduce last"),))),
    section("Nothing", facts({"error": None})),
)


def page_of(sections) -> str:
    return html.render(Page("t", "h", "w", "plain", (), facts({}), sections, "f"))


def test_the_terminal_gets_titles_where_a_block_has_no_heading():
    """Digests are cut, notes and what stands beneath are left out."""
    assert text.write(SECTIONS).split("\n\n") == [
        "Run\nstatus  FINISHED",
        "input    rows  content\nsamples   178  rs1:abababababab…",
        "Missing\n- Table `a|b` is gone.",
        "Reproduce it  kedro reproduce last",
    ]


def test_markdown_takes_nothing_of_a_run_for_markup():
    """Numbers of ours stand bare."""
    assert markdown.write(SECTIONS).split("\n\n") == [
        "**Run**",
        "**status:** `FINISHED`",
        "**Inputs**",
        "| input | rows | content |\n|---|---|---|\n| `samples` | 178 | `rs1:abababababab…` |",
        "**Missing**",
        r"- `Table 'a\|b' is gone.`",
        "**Reproduce it:** `kedro reproduce last`",
    ]


def test_a_number_that_is_none_is_taken_for_text():
    """Whoever wrote it."""
    found = markdown.write([section("", table({"n": "number"}, [["<b>1</b>"]]))])
    assert found.endswith("| `<b>1</b>` |")


def test_the_page_has_all_of_it():
    """In full, with notes and what stands beneath."""
    page = page_of(SECTIONS[:4])
    for said in (DIGEST, "id of samples", "For a page.", "kedro reproduce last", "Table `a|b` is"):
        assert said in page


def test_a_table_on_the_side_is_cut_on_the_terminal_alone():
    """And says how much more there is."""
    rows = [[f"file{n}"] for n in range(12)]
    (part,) = (section("Files", table({"file": "text"}, rows, is_side=True)),)
    lines = text.write([part]).splitlines()
    assert (len(lines), lines[-1]) == (12, "… and 2 more")
    assert "file11" in page_of((part,))
    whole = section("Files", table({"file": "text"}, rows))
    assert text.write([whole]).splitlines()[-1] == "file11"


def test_markdown_cuts_long_tables_and_texts():
    """What MLflow shows is no place for a hundred rows."""
    found = markdown.write([section("", table({"file": "text"}, [["x" * 600]] * 25))])
    assert found.splitlines()[-1] == "… and 5 more"
    assert max(map(len, found.splitlines())) == 506


@pytest.mark.parametrize("longest", [30, 45, 100])
def test_markdown_is_cut_after_a_whole_line(longest):
    """With what stands for the rest."""
    found = markdown.bounded("a" * 20 + "\n" + "b" * 20 + "\n" + "c" * 20, longest, "… more")
    assert len(found) <= longest
    *lines, last = found.splitlines()
    assert last in ("… more", "c" * 20)
    assert set(lines) <= {"", "a" * 20, "b" * 20}


def test_lines_and_blanks_of_a_listing_stay():
    """Unless it is on the side, where only a page has room; so have names."""
    lines = "+a\n+    b"
    assert text.write([section("Diff", Listing(lines))]) == f"Diff\n{lines}"
    side = section("Diff", Listing(lines, is_side=True), Names(("numpy 2",)))
    assert text.write([side]) == ""
    assert f"<pre>{lines}</pre>" in page_of((side,))
    assert "numpy 2" in page_of((side,))


def test_a_value_that_is_the_same_stands_over_both_columns():
    """Of whatever comes behind it the column stays."""
    row = ["a", Cell("1", "code", span=2), "last"]
    found = section("", table({"x": "text", "one": "code", "other": "code", "end": "text"}, [row]))
    assert text.write([found]).splitlines()[1].split() == ["a", "1", "last"]
    assert markdown.write([found]).splitlines()[-1] == "| `a` | `1` |  | `last` |"
    assert 'colspan="2"' in page_of((found,))
