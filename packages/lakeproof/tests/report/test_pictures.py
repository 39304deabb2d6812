"""Pictures come from the artifacts of the run, and only if they are its own."""

import base64
import hashlib
from dataclasses import replace

import pytest

from lakeproof.record.facts import FileFacts
from lakeproof.report.pictures import pictures_of

from ..reproduce.builders import a_record, a_rerun


@pytest.fixture
def kept(tmp_path):
    """A folder of artifacts, and what brings one by its name."""

    def keep(dataset: str, content: bytes, suffix: str = ".png") -> FileFacts:
        path = tmp_path / f"{dataset}{suffix}"
        path.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        return FileFacts(dataset, f"data/{path.name}", sha256, len(content), str(path))

    return keep


def fetch(file):
    from pathlib import Path

    return Path(file.artifact) if file.artifact else None


def record_with(*files, make=a_record):
    record = make()
    return replace(record, outputs=replace(record.outputs, files=files))


def test_a_picture_is_in_the_page_byte_by_byte(kept):
    """With its kind, by which a browser knows it; what is no picture is left out."""
    plot, text = kept("plot", b"\x89PNG\r\n"), kept("scores", b"{}", ".json")
    drawn = kept("sketch", b"<svg/>", ".svg")
    found = pictures_of(fetch, record_with(plot, text, drawn), None).items
    assert [one.title for one in found] == ["plot", "sketch"]
    kind, _, content = found[0].source.partition(";base64,")
    assert (kind, base64.b64decode(content)) == ("data:image/png", b"\x89PNG\r\n")
    assert found[1].source.startswith("data:image/svg+xml;base64,")


def test_a_picture_that_is_not_the_recorded_one_is_not_shown(kept, tmp_path):
    """Nor one that nobody kept."""
    plot, gone = kept("plot", b"recorded"), kept("gone", b"x")
    (tmp_path / "plot.png").write_bytes(b"drawn anew")
    (tmp_path / "gone.png").unlink()
    nowhere = replace(kept("nowhere", b"y"), artifact=None)
    assert pictures_of(fetch, record_with(plot, gone, nowhere), None).items == ()


def test_the_picture_of_a_rerun_is_shown_where_it_is_another(kept):
    """The same one twice would tell nothing."""
    plot, other = kept("plot", b"recorded"), kept("other", b"drawn anew")
    again = replace(other, dataset="plot")
    same = pictures_of(fetch, record_with(plot), record_with(plot, make=a_rerun)).items
    assert [one.title for one in same] == ["plot"]
    both = pictures_of(fetch, record_with(plot), record_with(again, make=a_rerun)).items
    assert [one.title for one in both] == ["plot", "plot, re-run"]


def test_a_picture_too_large_for_a_page_is_left_out(kept):
    """A report is sent by mail."""
    large = kept("large", bytes(4_000_001))
    assert pictures_of(fetch, record_with(large), None).items == ()
