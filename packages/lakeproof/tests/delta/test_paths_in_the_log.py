"""Paths that the log spells as Spark does: what is removed goes, on tables that others made too."""

import json
import unicodedata
from pathlib import Path
from urllib.parse import quote

import deltalake
import polars as pl
import pyarrow as pa
import pytest

from elsewhere import relaid
from lakeproof.delta import DeltaTable
from lakeproof.delta.read.versions import compute_digest, content_of, stored_digest
from lakeproof.delta.write.prepared_commit import is_kept
from lakeproof.digest import digest_table

NFD = unicodedata.normalize("NFD", "é")
CITIES = ["Zürich", "Bern", "é", NFD, "a b", "a+b", "50%", "x=y", "*?[0]", "😀", "~t", "a'b", None]
# What Hive escapes in the name of a folder, and what a URI leaves as it is.
ESCAPED = "\"#%'*/:=?\\{[]^"
LEGAL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-!.~'()*,;:$&+=@/"


def as_spark(path: str, values: dict[str, str | None]) -> str:
    """Write a path as Spark does: letters of any script as they are."""
    city = values["city"]
    folder = "__HIVE_DEFAULT_PARTITION__"
    if city is not None:
        folder = "".join(f"%{ord(c):02X}" if c in ESCAPED else c for c in city)
    uri = f"city={folder}/{Path(path).name}"
    return "".join(c if c in LEGAL or ord(c) > 127 else f"%{ord(c):02X}" for c in uri)


def raw(path: str, values: dict[str, str | None]) -> str:
    """Write no part of a path otherwise, as careless writers do."""
    return f"{values['city']}{Path(path).name}".replace("/", "").replace("%", "")


def rows(x: float, cities: list[str | None] = CITIES) -> pl.DataFrame:
    ids = [f"k{CITIES.index(city)}" for city in cities]
    return pl.DataFrame({"id": ids, "city": cities, "x": [x] * len(ids)})


def made(folder: Path, place=as_spark) -> None:
    """Make a table elsewhere."""
    deltalake.write_deltalake(str(folder), rows(0.0).to_arrow(), partition_by=["city"])
    relaid(folder, place)


def log_of(folder: Path) -> list[dict]:
    files = sorted((folder / "_delta_log").glob("*.json"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def require_removes(folder: Path) -> None:
    """Have each remove name a file that is live then, byte for byte."""
    live: set[str] = set()
    for action in log_of(folder):
        if remove := action.get("remove"):
            assert remove["path"] in live
            live.remove(remove["path"])
        elif add := action.get("add"):
            live.add(add["path"])


@pytest.mark.parametrize("place", [as_spark, raw])
@pytest.mark.parametrize("mode", ["overwrite", "merge", "delete"])
def test_what_is_removed_goes_whatever_its_path(tmp_path, place, mode):
    """And the table holds what its commit says."""
    made(tmp_path / "t", place)
    some = rows(1.0, ["Zürich", "é", "a b"])
    DeltaTable(filepath=str(tmp_path / "t"), key="id", save_args={"mode": mode}).save(some)
    untouched = rows(0.0).join(some, on="id", how="anti")
    expected = {"overwrite": some, "delete": untouched, "merge": pl.concat([untouched, some])}
    opened = DeltaTable(filepath=str(tmp_path / "t")).resolve()
    assert compute_digest(opened) == digest_table(expected[mode]).digest
    assert opened.rows() == expected[mode].height
    assert content_of(opened).digest == compute_digest(opened)
    require_removes(tmp_path / "t")


def test_delta_rs_itself_keeps_them(tmp_path):
    """When this fails, `prepared_commit` need not mend paths."""
    made(tmp_path / "t")
    deltalake.DeltaTable(str(tmp_path / "t")).delete()
    assert pl.read_delta(str(tmp_path / "t")).height > 0


def test_one_write_is_one_commit_and_none_where_nothing_changes(tmp_path):
    """Older versions stay what they were."""
    made(tmp_path / "t")
    entry = {"filepath": str(tmp_path / "t"), "key": "id"}
    DeltaTable(**entry).save(rows(0.0))
    assert DeltaTable(**entry).resolve().version == 0
    DeltaTable(**entry, save_args={"mode": "merge"}).save(rows(1.0, ["Bern"]))
    DeltaTable(**entry, save_args={"mode": "merge"}).save(rows(2.0, ["Zürich"]))
    opened = DeltaTable(**entry).resolve()
    assert opened.version == 2
    assert stored_digest(opened) in (None, compute_digest(opened))
    opened = DeltaTable(**entry, load_args={"version": 0}).resolve()
    assert compute_digest(opened) == digest_table(rows(0.0)).digest
    assert {path.name for path in tmp_path.iterdir()} == {"t", ".t.lock"}


def test_a_table_of_ours_needs_no_other_names(tmp_path):
    """delta-rs removes what it wrote."""
    entry = {"filepath": str(tmp_path / "t"), "key": "id"}
    save_args = {"mode": "merge", "partition_by": ["city"]}
    DeltaTable(**entry, save_args=save_args).save(rows(0.0))
    DeltaTable(**entry, save_args=save_args).save(rows(1.0))
    opened = DeltaTable(**entry).resolve()
    assert opened.version == 1
    assert stored_digest(opened) == compute_digest(opened) == digest_table(rows(1.0)).digest
    require_removes(tmp_path / "t")


def test_a_column_whose_text_is_not_certain_is_as_good_as_any(tmp_path):
    """Paths of files are spelled by nobody but the log."""
    table = pa.table({"id": ["ü", "u"], "x": [0.5, 1.5]})
    deltalake.write_deltalake(str(tmp_path / "t"), table, partition_by=["x"])
    relaid(tmp_path / "t", lambda path, values: f"ü-{Path(path).name}")
    entry = {"filepath": str(tmp_path / "t"), "key": "id", "save_args": {"mode": "delete"}}
    DeltaTable(**entry).save(pl.DataFrame({"id": ["ü"]}))
    assert DeltaTable(**entry).load().collect().rows() == [("u", 1.5)]
    require_removes(tmp_path / "t")


@pytest.mark.parametrize("path", ["a b", "%2a", "%41", "%2B", "é", "*", "[", "a%"])
def test_a_path_that_is_written_otherwise_is_known(path):
    """As delta-rs was seen to write each."""
    assert not is_kept(path)


@pytest.mark.parametrize("path", ["k=%C3%BC/+~:&@!$'(),;.parquet", quote("k=*?#[ <>{}|^%\\`")])
def test_a_path_that_stays_is_known(path):
    """Most do."""
    assert is_kept(path.replace("%3D", "="))


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.parametrize("first", ["spark", pytest.param("embedded", marks=pytest.mark.long)])
def test_engines_take_turns_on_cities(spark_session, tmp_path, first):
    """No row twice, none that should be gone; whole tables are replaced, too."""
    from lakeproof.delta.spark.parsed_rows import frame_of

    def save(engine: str, frame: pl.DataFrame, mode: str = "merge") -> None:
        entry = {"filepath": str(tmp_path / "t"), "key": "id", "engine": engine}
        table = DeltaTable(**entry, save_args={"mode": mode, "partition_by": ["city"]})
        table.save(frame if engine == "embedded" else frame_of(frame.to_arrow()))
        opened = table.resolve()
        holds[0] = {
            "overwrite": lambda: frame,
            "merge": lambda: pl.concat([holds[0].join(frame, on="id", how="anti"), frame]),
            "delete": lambda: holds[0].join(frame, on="id", how="anti"),
        }[mode]()
        assert opened.rows() == holds[0].height, (engine, mode)
        found = {compute_digest(opened), digest_table(table.load()).digest} - {None}
        assert found == {digest_table(holds[0]).digest}, (engine, mode)
        require_removes(tmp_path / "t")

    holds = [rows(0.0)]
    second = "spark" if first == "embedded" else "embedded"
    save(first, rows(0.0), "overwrite")
    save(second, rows(1.0, ["Zürich", "é", "a b"]))
    save(first, rows(2.0, ["Zürich", "é"]))
    save(second, rows(0.0, [NFD, "😀"]).select("id"), "delete")
    save(first, rows(3.0, ["50%", "Bern", "Zürich"]))
    save(second, rows(4.0, ["Zürich", "*?[0]"]), "overwrite")
