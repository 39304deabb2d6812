"""A version written anew without rows: under its number, provably less those rows and no other."""

from pathlib import Path

import polars as pl
import pytest

import deletion_vectors
from lakeproof.delta import DeltaTable
from lakeproof.delta.engines import engine_for
from lakeproof.delta.log.opening import open_table, open_to_read
from lakeproof.delta.read.scan import scan
from lakeproof.delta.read.versions import compute_digest, stored_digest
from lakeproof.delta.write.scratch_copy import start_table
from lakeproof.erasure.anew import rewrite_versions
from lakeproof.erasure.anew.rewrite_versions import assemble, without_rows
from lakeproof.erasure.key_rows import ErasureError, Keys
from lakeproof.versioned.location import Location

WHO = "Zaugg-Hämmerli"


def saved(path: Path, rows: dict, mode: str = "append", **given) -> DeltaTable:
    args = {"mode": mode, **given}
    table = DeltaTable(filepath=str(path / "t"), key=("who", "day"), save_args=args)
    types = {"site": pl.String} if "site" in rows else {}
    table.save(pl.DataFrame(rows, schema_overrides=types))
    return table


@pytest.fixture
def table(tmp_path) -> DeltaTable:
    """Four versions in folders by site, with keys of two columns of which one may be missing."""
    given = {"partition_by": ["site"]}
    saved(tmp_path, {"who": ["a", None], "day": [1, 1], "site": ["x y", "x y"]}, **given)
    saved(tmp_path, {"who": [WHO, WHO, "b"], "day": [1, 2, 2], "site": ["x y", "z", "z"]})
    saved(tmp_path, {"who": ["c"], "day": [3], "site": [None]})
    return saved(tmp_path, {"who": ["d"], "day": [4], "site": ["z"]})


def less(table: DeltaTable, version: int, keys: Keys, folder: Path):
    engine = engine_for("embedded")
    return without_rows(table.location, version, keys, engine, frozenset({"who"}), folder)


def test_versions_open_under_their_numbers_without_the_rows(table, tmp_path):
    """Also one by one, copied for a re-run; no byte of the rows is left, the others are links."""
    keys = Keys([f"who={WHO},day=1", f"day=2,who={WHO}"], ["who", "day"])
    parts = [less(table, version, keys, tmp_path / str(version)) for version in (0, 1, 3)]
    assert [one.rewritten and one.rewritten.rows for one in parts] == [None, 2, 2]
    assemble(parts, tmp_path / "out")
    location = Location("t", str(tmp_path / "out"))
    for version, left in ((0, [None, "a"]), (1, [None, "a", "b"]), (3, [None, "a", "b", "c", "d"])):
        for opened in (open_table(location, version), open_to_read(location, version)):
            rows = scan(opened).collect()
            assert rows["who"].sort().to_list() == left
            assert (opened.table_id, opened.version) == (table.open().table_id, version)
        assert stored_digest(open_table(location, version)) is None
    assert open_table(location).version == 3
    told = parts[2].rewritten
    assert told.digest_before == table.open(3).compute_digest()
    assert told.digest_after == compute_digest(open_table(location, 3))
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not any(WHO.encode() in path.read_bytes() for path in files)
    assert sum(path.stat().st_nlink > 1 for path in files) >= 3
    start_table(location, 3, tmp_path / "again", print, [1])
    again = DeltaTable(filepath=str(tmp_path / "again"), key=("who", "day"))
    again.save(pl.DataFrame({"who": ["e"], "day": [5], "site": ["z"]}))
    assert again.open().version == 4
    assert again.open(1).compute_digest() == parts[1].rewritten.digest_after


def test_all_rows_are_written_anew_where_a_file_could_keep_them(tmp_path, monkeypatch):
    """As with deletion vectors: a row that is only marked is still in its file."""
    table = saved(tmp_path, {"who": [WHO, "a", "b"], "day": [1, 1, 1]})
    (path,) = table.open().rows_by_path()

    def marked(action):
        if add := action.get("add"):
            vector = deletion_vectors.vector(tmp_path / "t", [1], is_inline=True)
            return {"add": {**add, "deletionVector": vector}}
        return action

    deletion_vectors.rewrite(tmp_path / "t", marked, "deletionVectors")
    monkeypatch.setattr("lakeproof.delta.embedded.embedded_engine.require_writable", print)
    part = less(table, 0, Keys([f"who={WHO},day=1"], ["who", "day"]), tmp_path / "0")
    assemble([part], tmp_path / "out")
    left = scan(open_table(Location("t", str(tmp_path / "out")))).collect()
    assert left["who"].to_list() == ["b"]
    assert not (tmp_path / "out" / path).exists()


def test_a_version_that_comes_out_with_other_rows_is_refused(table, tmp_path, monkeypatch):
    """One row more goes than was asked for."""
    write = rewrite_versions._write

    def more(current, gone, engine, personal):
        also = pl.DataFrame({"who": ["a"], "day": [1]}, schema=gone.schema)
        return write(current, pl.concat([gone, also]), engine, personal)

    monkeypatch.setattr(rewrite_versions, "_write", more)
    with pytest.raises(ErasureError, match="came out with other rows than it had less 1"):
        less(table, 1, Keys([f"who={WHO},day=1"], ["who", "day"]), tmp_path / "1")
