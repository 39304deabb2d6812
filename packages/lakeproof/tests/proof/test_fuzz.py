"""Forged records, each sealed, through all that reads one: they are refused or shown, no more.

`make test-fuzz SEED=… COUNT=…` makes as many as one likes.
"""

from pathlib import Path

import pytest

from lakeproof.commands import show
from lakeproof.commands.output import to_json
from lakeproof.record.documents.document import RecordError, from_bytes, to_bytes
from lakeproof.report.view import page_of_record
from lakeproof.reproduce import verdict_report
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.spelling import spelled_around_colours
from lakeproof.views.blocks import Pictures
from lakeproof.views.html import render

from .crafted import in_this_process
from .fuzz import Forger, Fuzzer, steers

pytestmark = pytest.mark.slow

NAME = "The record"
OLD = Path(__file__).parents[1] / "record/schema-1.json"


def test_a_forged_record_is_refused_in_a_sentence_or_shown_as_it_is(tmp_path):
    """Eighty of them, in this process, as far as no project is needed for it."""
    honest = from_bytes(OLD.read_bytes(), NAME)
    forger = Forger(to_bytes(honest), seed=2026, victim=tmp_path)
    read = 0
    for number in range(80):
        content, told = forger.content(number)
        try:
            record = from_bytes(content, NAME)
        except RecordError as error:
            said = error.message
            assert len(said) <= 2_000, told
            assert "Nothing was run" in said, told
        else:
            read += 1
            compared = [
                compare(*pair, is_rerun=False) for pair in ((honest, record), (record, honest))
            ]
            said = "".join(
                [
                    spelled_around_colours(show.render(record)),
                    to_json(show.document(record)),
                    render(page_of_record(record, Pictures(()), None, "now")),
                    *(spelled_around_colours(verdict_report.render(one)) for one in compared),
                    *(to_json(verdict_report.document(one)) for one in compared),
                ]
            )
            assert from_bytes(to_bytes(record), NAME) == record, told
        assert not {one for one in set(said) if steers(one)}, told
    assert 10 < read < 70


@pytest.mark.parametrize("count", [12, pytest.param(25, marks=pytest.mark.beyond_ci)])
def test_a_forged_record_does_no_harm_by_any_command(make_project, monkeypatch, count):
    """No file outside of scratch, no process but git and uv, no connection, no crash."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    project = make_project("fuzz")
    run_id = project.kedro("run", "--pipelines", "ingest").run_id
    fuzzer = Fuzzer(project, run_id, in_this_process(monkeypatch), seed=13)
    fuzzer.run(range(count))
    assert fuzzer.found == []
    assert set(fuzzer.watch.started) <= {"git", "uv"}
    assert fuzzer.outcomes["reached the child"] > 0
    assert fuzzer.outcomes["refused when read"] > 0
