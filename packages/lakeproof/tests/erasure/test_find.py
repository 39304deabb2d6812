"""Where the rows of a key are: in which versions and files, and which runs had to do with them."""

import datetime
import decimal
import gzip
import os
import unicodedata
from pathlib import Path

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.compaction import compact
from lakeproof.delta.engines import engine_for
from lakeproof.delta.log.opening import open_to_read
from lakeproof.erasure import found_versions, loose_files
from lakeproof.erasure.erase_rows import delete_rows
from lakeproof.erasure.found_versions import FoundVersion, find_versions
from lakeproof.erasure.key_rows import ErasureError, Keys
from lakeproof.erasure.loose_files import LooseFiles, UnreadError

KEYS = Keys(["b"], ["k"])


def save(path: Path, mode: str, rows: dict) -> DeltaTable:
    table = DeltaTable(filepath=str(path / "t"), key="k", save_args={"mode": mode})
    table.save(pl.DataFrame(rows))
    return table


@pytest.fixture
def table(tmp_path) -> DeltaTable:
    """Version 0 without `b`, 1 and 2 with it, the second time corrected, 3 without."""
    save(tmp_path, "append", {"k": ["a", "c"], "x": [1, 2]})
    save(tmp_path, "append", {"k": ["b", "d"], "x": [3, 4]})
    save(tmp_path, "merge", {"k": ["b"], "x": [5]})
    return save(tmp_path, "delete", {"k": ["b"]})


def test_every_version_that_holds_the_rows_is_found_whoever_wrote_it(table):
    """As brute force finds them; a file is read once for all versions that have it."""
    found = find_versions(table.location, KEYS)
    brute = [
        version
        for version in range(4)
        if "b" in table._engine().read(table.open(version)).collect()["k"]
    ]
    assert [one.version for one in found.versions] == brute == [1, 2]
    assert found.versions[0] == FoundVersion(1, 1, is_whole=True)
    assert not found.is_live
    assert len(found.files) == 2
    both = find_versions(table.location, Keys(["b", "a"], ["k"]))
    assert [(one.version, one.rows) for one in both.versions] == [(0, 1), (1, 2), (2, 2), (3, 1)]
    assert both.is_live


def test_a_version_whose_files_are_gone_is_not_called_free_of_the_rows(table, tmp_path):
    """What was in them is not known."""
    for path in find_versions(table.location, KEYS).files[:1]:
        (tmp_path / "t" / path).unlink()
    found = find_versions(table.location, Keys(["a"], ["k"]))
    assert [(one.version, one.is_whole) for one in found.versions] == [
        (0, True),
        (1, False),
        (2, True),
        (3, True),
    ]


def test_a_version_whose_rest_has_no_row_is_not_known_of(table, tmp_path):
    """The row may have been in the file that is gone."""
    for path in {*table.open(1).rows_by_path()} - {*table.open(0).rows_by_path()}:
        (tmp_path / "t" / path).unlink()
    found = find_versions(table.location, KEYS)
    assert (found.unreadable, [one.version for one in found.versions]) == ((1,), [2])


def test_a_version_is_opened_only_where_its_files_are_there_to_be_read(tmp_path, monkeypatch):
    """Ten years of nights are as many commits, and few files of them are kept."""
    for night in range(12):
        table = save(tmp_path, "overwrite", {"k": ["a", f"n{night % 4}"], "x": [night, night]})
    kept = {*table.open(5).rows_by_path(), *table.open().rows_by_path()}
    for path in (tmp_path / "t").glob("*.parquet"):
        if path.name not in kept:
            path.unlink()
    opened = []

    def counted(location, version):
        opened.append(version)
        return open_to_read(location, version)

    monkeypatch.setattr(found_versions, "open_to_read", counted)
    found = find_versions(table.location, Keys(["n1"], ["k"]))
    assert [(one.version, one.rows) for one in found.versions] == [(5, 1)]
    assert {one.table_id for one in found.versions} == {table.open().table_id}
    assert found.unreadable == tuple(number for number in range(11) if number != 5)
    assert opened == [0, 5, 11]


def test_a_key_is_read_as_each_version_has_it(tmp_path):
    """A number once, a text later, and where it had another name it is not known."""
    deltalake.write_deltalake(str(tmp_path / "t"), pl.DataFrame({"id": [1, 2]}).to_arrow())
    for rows in ({"k": [1, 2]}, {"k": ["1", "x"]}, {"k": [3]}):
        deltalake.write_deltalake(
            *(str(tmp_path / "t"), pl.DataFrame(rows).to_arrow()),
            mode="overwrite",
            schema_mode="overwrite",
        )
    table = DeltaTable(filepath=str(tmp_path / "t"), key="k")
    one, text = (find_versions(table.location, Keys([key], ["k"])) for key in ("1", "x"))
    assert ([found.version for found in one.versions], one.unreadable) == ([1, 2], (0,))
    assert ([found.version for found in text.versions], text.unreadable) == ([2], (0, 1, 3))


def test_files_that_no_version_names_are_read(table, tmp_path):
    """A killed writer's, and what stayed when a table was made anew; a young one is told apart."""
    root = tmp_path / "t"
    old, young, other = (root / f"{name}.parquet" for name in ("old", "young", "other"))
    for path in (old, young):
        pl.DataFrame({"k": ["b"]}).write_parquet(path)
    os.utime(old, (0, 0))
    other.write_bytes(b"PAR1")
    pl.DataFrame({"k": ["a"]}).write_parquet(root / "without.parquet")
    found = find_versions(table.location, KEYS)
    assert set(found.files) > {"old.parquet", "young.parquet"}
    assert (found.recent, found.unread_files) == (("young.parquet",), ("other.parquet",))


@pytest.mark.parametrize("is_stored", [False, True])
def test_the_files_of_a_table_within_the_folder_of_another_are_its_own(
    table, tmp_path, monkeypatch, is_stored
):
    """They hold rows of others, too, and its newest version needs them: told, and left there."""
    other = DeltaTable(filepath=str(tmp_path / "t" / "inner"), key="k")
    other.save(pl.DataFrame({"k": ["b", "z"], "x": [1, 2]}))
    (path,) = (f"inner/{one}" for one in other.open().rows_by_path())
    os.utime(tmp_path / "t" / path, (0, 0))
    if is_stored:
        monkeypatch.setattr(found_versions._Search, "look_at_strays", _look_in_store)
    found = find_versions(table.location, KEYS)
    assert path in found.files
    assert path in found.recent


def _look_in_store(search) -> None:
    search.look_in_store()


def test_no_bound_of_a_personal_column_comes_into_the_log(tmp_path):
    """Of a table made elsewhere, whose log has bounds: neither an erasure nor a compaction."""
    root = tmp_path / "t"
    for who in ("Aebi", "Meier"):
        people = pl.DataFrame({"k": [who, f"{who}-Zaugg"], "x": [1, 2]})
        deltalake.write_deltalake(str(root), people.to_arrow(), mode="append")
    location, engine = DeltaTable(filepath=str(root)).location, engine_for("embedded")
    personal, told = frozenset({"k"}), []
    delete_rows(location, pl.DataFrame({"k": ["Aebi"]}), engine, personal, told.append)
    compact(location, engine, personal=personal)
    commits = [(root / "_delta_log" / f"{number:020d}.json").read_text() for number in range(4)]
    assert ["Aebi-Zaugg" in commit for commit in commits] == [True, False, False, False]
    assert ["Meier" in commit for commit in commits] == [False, True, False, False]
    assert [one.after for one in told] == [2]


def test_keys_are_read_as_the_table_has_them():
    """Numbers, days, and keys of several columns; one that is none is not repeated."""
    schema = pl.Schema({"n": pl.Int32, "day": pl.Date, "t": pl.String})
    assert Keys(["7", "7"], ["n"]).rows(schema, "t")["n"].to_list() == [7]
    found = Keys(["day=2026-02-01,n=1"], ["n", "day"]).rows(schema, "t")
    assert found.rows() == [(1, datetime.date(2026, 2, 1))]
    for texts, key in ((["Huber"], ["n"]), (["Huber"], ["day"]), (["n=Huber"], ["n", "t"])):
        with pytest.raises(ErasureError) as caught:
            Keys(texts, key).rows(schema, "t")
        assert "Huber" not in caught.value.message


TWO = pl.Schema({"name": pl.String, "site": pl.String})


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("name=Ann,site=3", ("Ann", "3")),
        ("site=3,name=a=b", ("a=b", "3")),
        ('{"name": "Zaugg, Ann", "site": "2,site=3"}', ("Zaugg, Ann", "2,site=3")),
        ('{"site": 3.50, "name": true}', ("true", "3.50")),
        ("name=Ann,site=2,site=3", None),
        ('{"name": "Ann", "site": "2", "site": "3"}', None),
        ("name=Zaugg, Ann,site=3", None),
        ('{"name": "Ann", "site": null}', None),
        ('{"name": "Ann", "site": ["3"]}', None),
        ('["name", "site"]', None),
        ("name=Ann", None),
        ("name,site=3", None),
        ("{", None),
    ],
)
def test_a_key_of_several_columns_is_one_persons_or_refused(text, row):
    """A value may have a comma, or what looks like a further column: as JSON it can be named."""
    keys = Keys([text], ["name", "site"])
    if row is not None:
        assert keys.rows(TWO, "t").rows() == [row]
        return
    with pytest.raises(ErasureError, match=r'a comma, as \{"name": "…"') as caught:
        keys.rows(TWO, "t")
    assert "Ann" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "dtype", "value"),
    [
        ("1.5", pl.Decimal(10, 2), decimal.Decimal("1.50")),
        ("1.005", pl.Decimal(10, 2), None),
        ("nan", pl.Decimal(10, 2), None),
        ("2026-02-01", pl.Date, datetime.date(2026, 2, 1)),
        ("01/02/2026", pl.Date, None),
        ("2026-02-01 10:00", pl.Datetime("us"), datetime.datetime(2026, 2, 1, 10)),
        ("01/02/2026 10:00", pl.Datetime("us"), None),
        ("2026-02-01T10:00:00+02:00", pl.Datetime("us"), None),
        ("2026-02-01T10:00:00.1234567", pl.Datetime("us"), None),
        (
            "2026-02-01T10:00:00+02:00",
            pl.Datetime("us", "UTC"),
            datetime.datetime(2026, 2, 1, 8, tzinfo=datetime.UTC),
        ),
        (
            "2026-02-01T10:00",
            pl.Datetime("us", "UTC"),
            datetime.datetime(2026, 2, 1, 10, tzinfo=datetime.UTC),
        ),
        ("true", pl.Boolean, True),
        ("1", pl.Boolean, None),
        ("0007", pl.Int64, 7),
        ("7.0", pl.Int64, None),
    ],
)
def test_a_key_is_one_value_of_its_type_or_none(text, dtype, value):
    """What would be rounded, cut, or is one day here and another there, is somebody else's."""
    schema = pl.Schema({"k": dtype})
    if value is None:
        with pytest.raises(ErasureError, match="A key is no"):
            Keys([text], ["k"]).rows(schema, "t")
    else:
        assert set(Keys([text], ["k"]).rows(schema, "t")["k"].to_list()) == {value}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_however_its_accents_are_written(tmp_path, form):
    """They look the same on every screen; in one table there may be both. It is one key."""
    both = [unicodedata.normalize(one, "Hämmerli") for one in ("NFC", "NFD")]
    rows = save(tmp_path, "append", {"k": [*both, "Hammerli", "hämmerli"], "x": [1, 2, 3, 4]})
    keys = Keys([unicodedata.normalize(form, "Hämmerli")], ["k"])
    (found,) = find_versions(rows.location, keys).versions
    assert (found.rows, keys.count("t")) == (2, 1)


def found_in(folder: Path, keys: Keys, schema: pl.Schema) -> dict[str, str | None]:
    """Tell how each file below a folder holds one of the keys, or why that is not known."""
    loose, told = LooseFiles(keys, schema, "t"), {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                told[path.name] = loose.look(path)
            except UnreadError as error:
                told[path.name] = str(error)
    return told


def test_the_text_of_a_key_is_found_however_it_is_written(tmp_path):
    """Encoded, escaped, with other zeros; of several columns all of them, in any order."""
    for name, content in {
        "old.csv": "7;Hämmerli".encode("cp1252"),
        "apart.csv": unicodedata.normalize("NFD", "Hämmerli").encode(),
        "record.json": b'"H\\u00e4mmerli"',
        "other.csv": "Hämmerling".encode(),
    }.items():
        (tmp_path / name).write_bytes(content)
    schema = pl.Schema({"k": pl.String, "n": pl.Int64})
    told = found_in(tmp_path, Keys(["Hämmerli"], ["k"]), schema)
    assert [name for name, how in told.items() if how] == ["apart.csv", "old.csv", "record.json"]
    for name, text in {"a.csv": "4711,Zaugg", "b.csv": "Zaugg", "c.csv": "4711,Meier"}.items():
        (tmp_path / name).write_text(text)
    told = found_in(tmp_path, Keys(["k=Zaugg,n=04711"], ["k", "n"]), schema)
    assert [name for name, how in told.items() if how] == ["a.csv"]


def test_a_key_is_found_as_text_by_itself_alone(tmp_path):
    """Not within a longer word, and nothing for two letters."""
    for name, text in {
        "example.json": '{"data": [["W001", 1]]}',
        "other.json": "W0012 and xW001",
        "raw.csv": "W001,3\n",
    }.items():
        (tmp_path / name).write_text(text)
    schema = pl.Schema({"k": pl.String})
    told = found_in(tmp_path, Keys(["W001"], ["k"]), schema)
    assert told == {"example.json": "text", "other.json": None, "raw.csv": "text"}
    assert set(found_in(tmp_path, Keys(["W0"], ["k"]), schema).values()) == {None}
    assert not LooseFiles(Keys(["W001", "W0"], ["k"]), schema, "t").is_text_searched


def test_a_file_is_read_by_what_it_is_and_never_passed_over(tmp_path, monkeypatch):
    """Kept files are called by their digest; what is packed or damaged is not free of the key."""
    monkeypatch.setattr(loose_files, "_LARGEST", 100)
    rows, other = pl.DataFrame({"k": ["W001"]}), pl.DataFrame({"n": [1]})
    rows.write_parquet(tmp_path / "0")
    rows.write_ipc(tmp_path / "1", compression="lz4")
    pl.DataFrame({"k": ["W002"]}).write_parquet(tmp_path / "2")
    pl.DataFrame({"k": [1]}).write_parquet(tmp_path / "3")
    other.write_parquet(tmp_path / "4")
    (tmp_path / "5").write_bytes(gzip.compress(b"W001"))
    (tmp_path / "6").write_bytes(b"PAR1")
    (tmp_path / "7").write_bytes(b"." * 101)
    assert list(
        found_in(tmp_path, Keys(["W001"], ["k"]), pl.Schema({"k": pl.String})).values()
    ) == [
        *("rows", "rows", None, None, "it has no column 'k'", "it is packed (gzip)"),
        *("it cannot be read (ComputeError)", "it is larger than 0 MiB"),
    ]
