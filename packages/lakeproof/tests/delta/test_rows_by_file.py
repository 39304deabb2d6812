"""What Polars' own scan does not read truly: files with rows less, other names, other types.

Each table is made by delta-rs, and its log written anew as Databricks, Fabric or Spark would have
written it; the same rows in a plain table are the measure.
"""

import datetime as dt
import json
import shutil
import zlib
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deletion_vectors import Action, rewrite, vector
from lakeproof.delta.log.data_files import require_files
from lakeproof.digest import digest_table
from lakeproof.errors import PinError, TableError

ROWS = pl.DataFrame(
    {"id": range(200), "x": [i * 0.5 for i in range(200)], "city": ["a b", "ü"] * 100}
)


@pytest.fixture
def deleted(tmp_path: Path) -> Path:
    """A table of four files, two by each city, of which each has lost every seventh row."""
    table = tmp_path / "samples"
    for half in (ROWS[:100], ROWS[100:]):
        deltalake.write_deltalake(str(table), half.to_arrow(), mode="append", partition_by=["city"])
    number = iter(range(4))

    def change(action: Action) -> Action:
        if add := action.get("add"):
            count = json.loads(add["stats"])["numRecords"]
            folder, is_inline = ("", True) if next(number) % 2 else ("ab", False)
            gone = list(range(0, count, 7))
            add["deletionVector"] = vector(table, gone, is_inline=is_inline, folder=folder)
        return action

    rewrite(table, change, "deletionVectors")
    return table


@pytest.fixture
def left(deleted: Path) -> pl.DataFrame:
    """The rows that it has left."""
    file_row = pl.int_range(pl.len()).over(pl.col("id") // 100, "city")
    return ROWS.filter(file_row % 7 != 0)


@pytest.mark.usefixtures("deleted")
def test_rows_that_a_vector_names_are_gone(make_embedded_table, left):
    """The digest is that of the same rows in a plain table, wherever the vector stands."""
    table = make_embedded_table()
    assert table.resolve().compute_digest() == digest_table(left).digest
    assert table.resolve().rows() == left.height
    assert [facts.rows for facts in table.history()] == [left.height, left.height // 2]


@pytest.mark.usefixtures("deleted")
@pytest.mark.parametrize(
    "query",
    [
        lambda rows: rows.filter(pl.col("id") == 14),
        lambda rows: rows.filter(pl.col("id") == 16),
        lambda rows: rows.filter((pl.col("city") == "ü") & (pl.col("x") > 70)),
        lambda rows: rows.filter(pl.col("city") == "none of these"),
        lambda rows: rows.select("x").filter(pl.col("x") < 20),
        lambda rows: rows.group_by("city").agg(pl.len(), pl.col("id").sum()),
        lambda rows: rows.select(pl.len()),
        lambda rows: rows.select("city").unique(),
        lambda rows: rows.sort("id").head(5),
    ],
)
def test_no_query_brings_them_back(make_embedded_table, left, query):
    """Filters and projections reach the files, where rows are counted otherwise."""
    found = query(make_embedded_table().load()).collect()
    assert found.sort(found.columns).equals(query(left.lazy()).collect().sort(found.columns))


def test_a_filter_reaches_the_files(make_embedded_table, deleted):
    """No more is read than is asked for."""
    plan = make_embedded_table().load().filter(pl.col("id") > 150).select("x").explain()
    assert "SELECTION" in plan
    assert "PROJECT 3/2" not in plan


def test_a_vector_that_is_gone_or_damaged_is_no_version(make_embedded_table, deleted):
    """Before a run if it is gone or cut short, and by its checksum when it is read."""
    table, file = make_embedded_table(), next(deleted.glob("ab/*.bin"))
    content = file.read_bytes()
    file.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    with pytest.raises(TableError, match=r"deletion vector in ab/.*checksum"):
        table.resolve().compute_digest()
    file.write_bytes(content[:-9])
    with pytest.raises(PinError, match="shorter than the log says"):
        require_files(table.open())
    file.unlink()
    with pytest.raises(PinError, match="deletion_vector"):
        table.resolve()


def test_a_copy_of_a_version_has_its_vectors(make_embedded_table, deleted, left, tmp_path):
    """A re-run starts from the same rows."""
    make_embedded_table().copy_to(tmp_path / "copy", 1, [0], print)
    shutil.rmtree(deleted)
    copy = make_embedded_table("copy").resolve()
    assert copy.compute_digest() == digest_table(left).digest


def test_a_vector_in_a_checkpoint_is_found(make_embedded_table, deleted, left):
    """The commits before it may be cleaned away."""
    deltalake.DeltaTable(str(deleted)).create_checkpoint()
    (deleted / "_delta_log" / f"{0:020d}.json").unlink()
    assert make_embedded_table().resolve().compute_digest() == digest_table(left).digest


NESTED = pa.table(
    {
        "id": pa.array([1, 2, None], pa.int64()),
        "s": pa.array([{"a b": 1, "c": [{"d": 1}, None]}, None, {"a b": None, "c": []}]),
        "m": pa.array(
            [[("k", {"e": 1})], [], None],
            pa.map_(pa.string(), pa.struct([("e", pa.int32())])),
        ),
    }
)


def _physical(name: str) -> str:
    return f"col-{zlib.crc32(name.encode()):x}"


def _mapped_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_struct(kind):
        return pa.struct([_mapped_field(field) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(_mapped_type(kind.value_type))
    if pa.types.is_map(kind):
        return pa.map_(kind.key_type, _mapped_type(kind.item_type))
    return kind


def _mapped_field(field: pa.Field) -> pa.Field:
    number = str(zlib.crc32(field.name.encode()) % 1000)
    kind = _mapped_type(field.type)
    return pa.field(_physical(field.name), kind, metadata={"PARQUET:field_id": number})


def _described(kind: Any) -> Any:
    """Say in a schema of Delta how its fields are called in files."""
    if isinstance(kind, dict) and kind["type"] == "struct":
        for field in kind["fields"]:
            field["metadata"] = {
                "delta.columnMapping.physicalName": _physical(field["name"]),
                "delta.columnMapping.id": zlib.crc32(field["name"].encode()) % 1000,
            }
            _described(field["type"])
    elif isinstance(kind, dict):
        for name in ("elementType", "valueType"):
            _described(kind.get(name))
    return kind


@pytest.mark.parametrize("mode", ["name", "id"])
def test_columns_have_the_names_that_the_table_gives_them(make_embedded_table, tmp_path, mode):
    """However deep; by id where files call them yet otherwise."""
    table = tmp_path / "samples"
    deltalake.write_deltalake(str(table), NESTED)
    plain = make_embedded_table().resolve().compute_digest()
    (file,) = table.glob("*.parquet")
    mapped = pa.schema([_mapped_field(field) for field in NESTED.schema])
    pq.write_table(_relabelled(NESTED, mapped), file)

    def change(action: Action) -> Action:
        if data := action.get("metaData"):
            data["schemaString"] = json.dumps(_described(json.loads(data["schemaString"])))
            data["configuration"] = {"delta.columnMapping.mode": mode}
        elif add := action.get("add"):
            add.update(size=file.stat().st_size, stats="")
        return action

    rewrite(table, change, "columnMapping")
    opened = make_embedded_table().resolve()
    assert opened.compute_digest() == plain
    assert make_embedded_table().load().filter(pl.col("id") == 2).collect().height == 1
    if mode == "id":
        others = [field.with_name(f"{field.name}-renamed") for field in mapped]
        pq.write_table(_relabelled(NESTED, pa.schema(others)), file)
        _resize(table, file)
        assert make_embedded_table().resolve().compute_digest() == plain


def _relabelled(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Call the columns otherwise: in memory the same."""
    arrays = [column.combine_chunks() for column in rows.columns]
    return pa.table(
        [_as(array, field.type) for array, field in zip(arrays, schema, strict=True)],
        schema=schema,
    )


def _as(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_struct(kind):
        parts = [_as(array.field(n), field.type) for n, field in enumerate(kind)]
        return pa.StructArray.from_arrays(parts, fields=list(kind), mask=array.is_null())
    if pa.types.is_list(kind):
        values = _as(array.values, kind.value_type)
        return pa.ListArray.from_arrays(array.offsets, values, type=kind, mask=array.is_null())
    if pa.types.is_map(kind):
        items = _as(array.items, kind.item_type)
        return pa.MapArray.from_arrays(
            array.offsets, array.keys, items, type=kind, mask=array.is_null()
        )
    return array


def _resize(table: Path, file: Path) -> None:
    log = table / "_delta_log" / f"{0:020d}.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        if add := action.get("add"):
            add["size"] = file.stat().st_size
    log.write_text("\n".join(map(json.dumps, actions)))


WIDENINGS = [
    ("byte", "integer", pl.Int8, pl.Int32, [1, None, -7]),
    ("integer", "long", pl.Int32, pl.Int64, [1, None, -7]),
    ("integer", "double", pl.Int32, pl.Float64, [1, None, -7]),
    ("integer", "decimal(12,2)", pl.Int32, pl.Decimal(12, 2), [1, None, -7]),
    ("float", "double", pl.Float32, pl.Float64, [0.1, None, -7.5]),
    ("date", "timestamp_ntz", pl.Date, pl.Datetime("us"), [dt.date(2026, 1, 1), None, dt.date.min]),
]


@pytest.mark.parametrize(("old", "new", "before", "after", "values"), WIDENINGS)
def test_older_files_have_the_type_that_the_table_has(
    make_embedded_table, tmp_path, old, new, before, after, values
):
    """As if all of it had been written with the wider type."""
    rows = pl.DataFrame({"v": pl.Series(values, dtype=before)})
    more = pl.DataFrame({"v": pl.Series(values, dtype=before).cast(after)})
    plain = digest_table(pl.concat([more, more])).digest
    table = tmp_path / "samples"
    deltalake.write_deltalake(str(table), more.to_arrow())
    deltalake.write_deltalake(str(table), more.to_arrow(), mode="append")
    log = (table / "_delta_log" / f"{0:020d}.json").read_text().splitlines()
    first = next(json.loads(line)["add"]["path"] for line in log if '"add"' in line)
    rows.write_parquet(table / first)

    def change(action: Action) -> Action:
        if data := action.get("metaData"):
            schema = json.loads(data["schemaString"])
            schema["fields"][0]["metadata"]["delta.typeChanges"] = [
                {"fromType": old, "toType": new}
            ]
            data["schemaString"] = json.dumps(schema)
        elif (add := action.get("add")) and add["path"] == first:
            add.update(size=(table / first).stat().st_size, stats="")
        return action

    rewrite(table, change, "typeWidening", "timestampNtz")
    assert make_embedded_table().resolve().compute_digest() == plain
