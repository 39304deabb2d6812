"""`kedro erase --dry-run`: the answer to who asks where they are, which does not name them."""

import json

import polars as pl
import pytest


@pytest.fixture
def people(lakehouse):
    """`w1` is in versions 1 and 2 of `samples`, and in no row of `features`."""
    return lakehouse


def test_versions_files_and_copies_are_found_and_the_key_is_not_repeated(people):
    """Also where a key stands as text in what Lakeproof keeps."""
    people.table("samples").save(pl.DataFrame({"id": ["w0", "w2"]}))
    kept = people.path / ".lakeproof/raw/0"
    kept.parent.mkdir(parents=True)
    kept.write_text("id\nw1\nwho-asks\n")
    found = people.json("erase", "samples", "w1", "--dry-run")
    (samples,) = found["tables"]
    assert [one["version"] for one in samples["versions"]] == [1, 2]
    assert (found["keys"], samples["table"], samples["is_live"]) == (1, "samples", False)
    assert not found["are_traces_searched"]
    assert "w1" not in json.dumps(found)
    asked = people.json("erase", "samples", "who-asks", "--dry-run")
    assert (asked["tables"], asked["traces"]) == ([], [".lakeproof/raw/0"])
    told = people.run("erase", "samples", "w1", "w2", "--dry-run").stdout
    assert told.startswith("Rows of 2 key(s): in 1 table(s)")
    assert "samples: versions 1, 2, 3 (still in the newest)" in told
    assert "w1" not in told


def test_nothing_is_erased_by_a_version_that_finds(people):
    """It says so, and what to type."""
    refused = people.run("erase", "samples", "w1", code=2)
    assert "finds rows, and erases none. Add --dry-run" in refused.stderr
