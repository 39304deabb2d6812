"""The page as a file: it needs nothing, runs nothing, and says what it was given and no more."""

from dataclasses import replace
from typing import Any

import pytest

from lakeproof.record.facts import Distribution, FileFacts, Record
from lakeproof.report.view import page_of_record, page_of_rerun
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.outcomes import Artifact, Divergence, Factor
from lakeproof.views.blocks import Picture, Pictures
from lakeproof.views.html import render

from ..reproduce.builders import a_metric, a_node, a_record, a_rerun, a_table_read, crossing
from .pages import TAGS, Taken

HOSTILE = (
    "<script>alert('1')</script><img src=x onerror=\"alert(2)\">{{ 7*7 }}{% raw %}"
    "\"'`&amp;</td></table></pre></style>--><a href='javascript:alert(3)'>\r\n\x1b[31m"
)
TURNED = "\u202edetrevni\u2066 \u200b"
PICTURE = "data:image/png;base64,iVBORw0KGgo="


def hostile_record() -> Record:
    """Give a record in which every name and value that can be chosen is a trap."""
    record = a_record()
    bad = HOSTILE + TURNED
    node = a_node(bad, [crossing(bad)], [replace(crossing("x", "opaque"), note=bad)])
    return replace(
        record,
        run=replace(record.run, command=("kedro", bad), pipelines=(bad,), kedro_env=bad, error=bad),
        code=replace(
            record.code,
            remote=bad,
            diff=replace(record.configuration.files[0], text=bad),
            untracked=(replace(record.configuration.files[0], path=bad, withheld=bad),),
            changed_during_run=(bad,),
        ),
        parameters=replace(record.parameters, values={bad: bad}, sources={bad: bad}),
        inputs=replace(
            record.inputs,
            tables=(a_table_read(bad, uri=bad, pin=bad, table_id=bad),),
            files=(FileFacts(bad, bad, "0" * 64, 1),),
        ),
        nodes=(node,),
        metrics={bad: a_metric(0.5)},
        environment=replace(
            record.environment, distributions=(Distribution(bad, bad, bad),), build=bad
        ),
        compute=replace(record.compute, cpu=bad, os=bad, threads={bad: bad}),
        not_compared=(bad,),
        problems=(bad,),
    )


def hostile_page() -> str:
    """Give the page about a re-run in which everything is a trap."""
    record = hostile_record()
    bad = HOSTILE + TURNED
    found = replace(
        compare(record, a_rerun(record), is_rerun=True),
        artifacts=(Artifact(bad, "file", "differs", bad, {bad: bad}, bad),),
        first_divergence=Divergence(bad, (bad,)),
        factors=(Factor(bad, bad, None),),
        missing=(bad,),
    )
    pictures = Pictures((Picture(bad, PICTURE),))
    return render(page_of_rerun(found, record, record, pictures, bad, bad))


@pytest.fixture(scope="module")
def hostile() -> str:
    return hostile_page()


def test_nothing_of_a_run_becomes_an_element_or_an_attribute(hostile):
    """Names, values, errors, diffs, notes and titles are text, whatever they look like."""
    taken = Taken(hostile)
    assert set(taken.tags) <= TAGS
    assert taken.tags.count("img") == 1
    assert not [name for _, name, _ in taken.attributes if name.startswith("on")]
    assert {name for _, name, _ in taken.attributes} <= {
        *("lang", "charset", "http-equiv", "content", "name", "class", "href", "id", "colspan"),
        *("src", "alt"),
    }
    assert {value[:6] for _, name, value in taken.attributes if name == "href"} == {"#part-"}
    assert "<script>alert('1')</script>" in taken.text
    assert "{{ 7*7 }}{% raw %}" in taken.text


def test_what_would_hide_or_turn_a_line_round_is_spelled_out(hostile):
    """Control characters, direction marks, blanks of no width."""
    assert not set(hostile) & {"\u202e", "\u2066", "\u200b", "\x1b", "\r"}
    assert "\\u202edetrevni\\u2066" in Taken(hostile).text


def test_letters_that_run_from_right_to_left_stay_and_keep_to_themselves():
    """They turn nothing that stands beside them."""
    name = "\u05d9\u05d9\u05df"
    page = page_of_record(a_record(metrics={name: a_metric(1.0)}), Pictures(()), None, "now")
    assert f"<bdi>{name}</bdi>" in render(page)


def test_the_page_needs_no_network():
    """No address but within itself, no script, no font; and a browser is told to load nothing."""
    page = page_of_record(a_record(), Pictures((Picture("plot", PICTURE),)), None, "now")
    html = render(page)
    taken = Taken(html)
    assert not set(taken.tags) & {"script", "link", "iframe", "object", "base", "form"}
    places = [value for _, name, value in taken.attributes if name in ("src", "href")]
    assert [value for value in places if not value.startswith(("#part-", "data:"))] == []
    assert PICTURE in places
    for loading in ("@import", "url(", "//"):
        assert loading not in html.partition("<style>")[2].partition("</style>")[0]
    policy = [value for _, name, value in taken.attributes if name == "content"]
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in policy


def test_every_part_has_its_place_in_the_list_at_the_top():
    """In the same order."""
    page = page_of_record(a_record(), Pictures(()), None, "now")
    taken = Taken(render(page))
    titles = [section.title for section in page.sections]
    assert taken.links == titles
    places = [value for tag, name, value in taken.attributes if (tag, name) == ("a", "href")]
    ids: list[Any] = [value for tag, name, value in taken.attributes if name == "id"]
    assert places == [f"#{one}" for one in ids]
    assert len(ids) == len(titles)


def test_lines_and_blanks_of_a_listing_stay():
    """A diff is read by its columns."""
    diff = replace(a_record().configuration.files[0], text="+a\n+    b\tc\n")
    code = replace(a_record().code, diff=diff)
    html = render(page_of_record(a_record(code=code), Pictures(()), None, "now"))
    assert "<pre>+a\n+    b\tc</pre>" in html
