"""Raw files are replaced as they were read: who corrects one meanwhile loses nothing."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from lakeproof.commands.erasure.found import Found, FoundDelivery
from lakeproof.commands.erasure.rewrite_files import rewrite_files
from lakeproof.deliveries import DeliveryFolder
from lakeproof.erasure.key_rows import Keys

BEFORE, AFTER, CORRECTED = "id\na\nZaugg\n", "id\na\n", "id\na\nZaugg\nnew\n"


@pytest.fixture
def raw(tmp_path) -> Path:
    path = tmp_path / "raw/1.csv"
    path.parent.mkdir()
    path.write_text(BEFORE)
    return path


def found_in(raw: Path) -> Found:
    schema = {"id": {"type": "string"}}
    (one,) = DeliveryFolder(path=str(raw.parent), key="id", schema=schema).load()
    return Found(1, deliveries=[FoundDelivery("raw/1.csv", 1, False, one.sha256, one)])


def rewrite(raw: Path, found: Found, note) -> list[str]:
    project = SimpleNamespace(path=raw.parents[1])
    leased = SimpleNamespace(project=project, raw=SimpleNamespace(all=list))
    return rewrite_files(leased, found, Keys(["Zaugg"], ["id"]), note)


def test_a_correction_that_comes_meanwhile_stays_and_is_named(raw):
    """Before the rows are read once more, and after: just before the file would be replaced."""
    assert rewrite(raw, found_in(raw), lambda _: None) == []
    assert raw.read_text() == AFTER
    raw.write_text(BEFORE)
    late = rewrite(raw, found_in(raw), lambda _: raw.write_text(CORRECTED))
    assert (len(late), raw.read_text()) == (1, CORRECTED)
    raw.write_text(BEFORE)
    found, noted = found_in(raw), []
    raw.write_text(CORRECTED)
    early = rewrite(raw, found, noted.append)
    assert (len(early), raw.read_text(), noted) == (1, CORRECTED, [])
    assert late[0].startswith("raw/1.csv: has changed since it was read")
    assert early[0].startswith("raw/1.csv: cannot be written anew: ")
    assert "the file changed" in early[0]
    assert [path.name for path in raw.parent.iterdir()] == ["1.csv"]


def test_a_file_that_is_removed_meanwhile_stays_removed(raw):
    """And nothing is left of it, nor beside it."""
    assert rewrite(raw, found_in(raw), lambda _: raw.unlink()) == []
    assert list(raw.parent.iterdir()) == []
