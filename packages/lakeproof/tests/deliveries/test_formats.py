"""One set of rows in many formats, each taken by the same rules."""

import datetime as dt
import gzip
import hashlib
import json

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from lakeproof.deliveries import Delivery, DeliveryError, DeliveryFolder, Dialect, Schema
from lakeproof.deliveries.formats import parse

SCHEMA = {
    "id": {"type": "string"},
    "count": {"type": "integer"},
    "x": {"type": "double", "nullable": True},
    "is_red": {"type": "boolean"},
    "day": {"type": "date"},
    "time": {"type": "timestamp", "zone": "UTC"},
}
ROWS = pl.DataFrame(
    {
        "id": ["A1", "ä2"],
        "count": pl.Series([7, -3], dtype=pl.Int32),
        "x": [1 / 3, None],
        "is_red": [True, False],
        "day": [dt.date(2026, 1, 31), dt.date(2026, 2, 1)],
        "time": [dt.datetime(2026, 1, day, 12, 30, tzinfo=dt.UTC) for day in (30, 31)],
    },
    schema_overrides={"time": pl.Datetime("us", "UTC")},
)

MICROSECOND = dt.datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=dt.UTC)


def write_csv(path, rows):
    rows.with_columns(pl.col("time").dt.to_string("%Y-%m-%dT%H:%M:%SZ")).write_csv(path)


def write_gzip(path, rows):
    plain = path.with_suffix("")
    write_csv(plain, rows)
    data = plain.read_bytes()
    # Two members, one behind the other, as `cat a.gz b.gz` makes them.
    path.write_bytes(gzip.compress(data[:20]) + gzip.compress(data[20:]))


def write_zstd(path, rows):
    plain = path.with_suffix("")
    write_csv(plain, rows)
    with pa.CompressedOutputStream(str(path), "zstd") as out:
        out.write(plain.read_bytes())


def write_json_lines(path, rows):
    time = pl.col("time").dt.to_string("%Y-%m-%dT%H:%M:%SZ")
    texts = rows.with_columns(time, pl.col("day").cast(pl.String))
    lines = [{k: v for k, v in row.items() if v is not None} for row in texts.to_dicts()]
    path.write_text("\n\n".join(json.dumps(line) for line in lines))


def write_excel(path, rows):
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"remove_timezone": True})
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.write_row(0, 0, rows.columns)
    for number, row in enumerate(rows.rows(), start=1):
        for place, value in enumerate(row):
            if isinstance(value, dt.date):
                sheet.write_datetime(number, place, value, day)
            elif value is not None:
                sheet.write(number, place, value)
    book.close()


WRITERS = {
    "a.csv": write_csv,
    "a.csv.gz": write_gzip,
    "a.CSV.ZST": write_zstd,
    "a.parquet": lambda path, rows: rows.write_parquet(path),
    "a.jsonl": write_json_lines,
    "a.xlsx": write_excel,
}


def of(path, schema=SCHEMA, key="id", csv=None):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    read = Schema.from_config(schema, key), parse, Dialect.from_config(csv)
    return Delivery(path.name, digest, path, *read)


@pytest.fixture(params=WRITERS)
def written(request, tmp_path):
    """The same rows as a file of each format."""
    path = tmp_path / request.param
    WRITERS[request.param](path, ROWS)
    return path


def said_of(path, **options):
    with pytest.raises(DeliveryError) as caught:
        of(path, **options).rows().collect()
    assert path.name in caught.value.message
    assert "Nothing of it was taken." in caught.value.message
    return caught.value.message


def test_the_same_rows(written):
    """To the bit, in the types of the schema."""
    assert_frame_equal(of(written).rows().collect(), ROWS, check_exact=True)


def test_a_row_number_is_made_of_the_name_without_its_endings(written):
    """That of a compression is none of the name."""
    schema = {"no": {"type": "string", "from": "row"}, **SCHEMA}
    found = of(written, schema, "no").rows().collect()["no"].to_list()
    assert found == ["a-000001", "a-000002"]


def test_what_is_refused_is_refused_in_each_format(written):
    """A value out of bounds, a missing one, a stranger, a key twice, other bytes than listed."""
    place = "line" if written.suffix not in (".parquet", ".xlsx") else "row"
    write = WRITERS[written.name]
    write(written, ROWS.with_columns(count=pl.Series([7, 2**31])))
    said = said_of(written)
    assert "column 'count'" in said
    assert "'2147483648' is not a whole number within the bounds of its type (integer)" in said
    assert place in said
    write(written, ROWS.with_columns(count=pl.Series([7, None], dtype=pl.Int32)))
    assert "a value is missing, which the schema does not allow" in said_of(written)
    write(written, ROWS.with_columns(id=pl.Series(["A1", "A1"])))
    said = said_of(written)
    assert "the key id 'A1' is there twice, on" in said
    assert f"{place}s " in said
    write(written, ROWS)
    without = {name: one for name, one in SCHEMA.items() if name != "x"}
    assert "it has the column 'x', which the schema does not" in said_of(written, schema=without)
    more = {**SCHEMA, "y": {"type": "long"}}
    assert "it has no column 'y', which the schema declares" in said_of(written, schema=more)
    listed = of(written)
    write(written, ROWS.head(1))
    with pytest.raises(DeliveryError, match="changed while the run went on"):
        listed.rows().collect()
    written.write_bytes(written.read_bytes()[:-20] if written.suffix != ".csv" else b"")
    said_of(written)
    written.write_bytes(b"")
    said_of(written)


def test_an_optional_column_may_be_absent(written):
    """In each format, as in CSV."""
    schema = {**SCHEMA, "y": {"type": "long", "optional": True}}
    assert of(written, schema).rows().collect().columns == list(SCHEMA)


def test_markers_of_missing_values_in_text_of_any_format(tmp_path):
    """A cell or a string that says NA."""
    schema = {"id": {"type": "string"}, "x": {"type": "double", "nullable": True}}
    mixed = tmp_path / "a.jsonl"
    mixed.write_text('{"id": "A", "x": "NA"}\n{"id": "B", "x": 1.50}\n')
    assert "'NA' is not a finite number" in said_of(mixed, schema=schema)
    csv = {"null_values": ["NA"]}
    assert of(mixed, schema, csv=csv).rows().collect()["x"].to_list() == [None, 1.5]


@pytest.mark.parametrize(
    ("kind", "values", "taken"),
    [
        ("long", pl.Series([1.0, None, -0.0]), [1, None, 0]),
        ("long", pl.Series([1.5, None]), None),
        ("long", pl.Series([2.0**60]), None),
        ("byte", pl.Series([127], dtype=pl.UInt64), [127]),
        ("byte", pl.Series([255], dtype=pl.UInt8), None),
        ("long", pl.Series([2**63], dtype=pl.UInt64), None),
        ("double", pl.Series([2**53], dtype=pl.Int64), [2.0**53]),
        ("double", pl.Series([2**53 + 1], dtype=pl.Int64), None),
        ("double", pl.Series([0.1], dtype=pl.Float32), [0.10000000149011612]),
        ("float", pl.Series([0.5, 0.1]), None),
        ("float", pl.Series([0.5]), [0.5]),
        ("double", pl.Series([float("nan")]), None),
        ("double", pl.Series([float("inf")]), None),
        ("double", pl.Series(["1.50"]).cast(pl.Decimal(10, 2)), [1.5]),
        ("double", pl.Series([True]), None),
        ("long", pl.Series([True]), None),
        ("string", pl.Series([7]), ["7"]),
        ("string", pl.Series([7.0]), None),
        ("string", pl.Series(["a"], dtype=pl.Categorical), ["a"]),
        ("string", pl.Series([b"a"]), None),
        ("boolean", pl.Series([1]), None),
        ("date", pl.Series([dt.datetime(2026, 1, 1)]), [dt.date(2026, 1, 1)]),
        ("date", pl.Series([dt.datetime(2026, 1, 1, 1)]), None),
        ("timestamp", pl.Series([dt.datetime(2026, 1, 1)]), None),
        ("timestamp", pl.Series([dt.date(2026, 1, 1)]), None),
        ("timestamp", pl.Series([1], dtype=pl.Datetime("ns", "UTC")), None),
        ("timestamp", pl.Series([1000], dtype=pl.Datetime("ns", "Europe/Zurich")), [MICROSECOND]),
        ("long", pl.Series([None]), [None]),
        ("long", pl.Series([[1]]), None),
    ],
)
def test_a_typed_value_is_taken_where_it_is_one_of_the_declared_type(tmp_path, kind, values, taken):
    """Never cut, wrapped around, rounded or guessed; refused by its row."""
    path = tmp_path / "a.parquet"
    rows = pl.DataFrame({"id": range(len(values)), "x": values})
    rows.write_parquet(path)
    schema = {"id": {"type": "long"}, "x": {"type": kind, "nullable": True}}
    if taken is None:
        assert " is wrong: " in said_of(path, schema=schema)
    else:
        assert of(path, schema).rows().collect()["x"].to_list() == taken


def test_nan_of_a_typed_file_means_missing_where_it_is_declared(tmp_path):
    """As pandas leaves it, and by the same word as in text."""
    path = tmp_path / "a.parquet"
    pl.DataFrame({"id": [1, 2], "x": [float("nan"), 1.0]}).write_parquet(path)
    schema = {"id": {"type": "long"}, "x": {"type": "double", "nullable": True}}
    found = of(path, schema, csv={"null_values": ["NaN"]}).rows().collect()
    assert found["x"].to_list() == [None, 1.0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "B", "x": NaN}', "'NaN' is not a finite number"),
        ('{"id": "B", "x": 1e400}', "'1e400' is not a finite number"),
        ('{"id": "B", "x": [1]}', "is no plain value"),
        ('{"id": "B", "x": 1, "x": 2}', "a key is there twice"),
        ('["B", 1]', "is no JSON object"),
        ('{"id": "B"', "it is no JSON"),
        ('{"x": 1}', "the key is missing"),
        ('{"id": "B", "y": 1}', "the column 'y', which the schema does not declare"),
    ],
)
def test_a_line_that_is_not_as_declared(tmp_path, line, said):
    """With its number, empty lines counted."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "A", "x": 1}\n\n' + line + "\n")
    schema = {"id": {"type": "string"}, "x": {"type": "double", "nullable": True}}
    message = said_of(path, schema=schema)
    assert said in message
    assert "line 3" in message or "'y'" in message


def test_a_long_number_of_json_keeps_its_digits(tmp_path):
    """It is judged as its text, not as a double."""
    path = tmp_path / "a.ndjson"
    path.write_text('{"id": 9007199254740993}\n')
    found = of(path, {"id": {"type": "long"}}).rows().collect()
    assert found["id"].to_list() == [9007199254740993]


def test_a_cell_with_an_error_is_not_a_missing_one(tmp_path):
    """`#DIV/0!` would read as nothing."""
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["id", "x"])
    sheet.write_row(1, 0, ["A", 1])
    sheet.write(2, 0, "B")
    sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")
    book.close()
    schema = {"id": {"type": "string"}, "x": {"type": "double", "nullable": True}}
    said = said_of(path, schema=schema)
    assert "column 'x': row 2 is wrong: the cell holds an error" in said
    assert "Div0" in said


def test_a_cell_has_the_bits_of_its_number_and_the_letters_of_its_text(tmp_path):
    """A number of many digits is not cut, a code is no number."""
    import xlsxwriter

    numbers = [1 / 3, 0.1, -1e300, 5e-324, 123456789.12345678, 2.0**53, 1e22, 3.0]
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_column(0, 0, ["id", *map(str, range(len(numbers)))])
    sheet.write_column(0, 1, ["x", *numbers])
    sheet.write(0, 2, "code")
    for row, code in enumerate(["007", "1e3", "0.10", "NA", "x", "1.0", "7", " 7"], start=1):
        sheet.write_string(row, 2, code)
    book.close()
    schema = {"id": {"type": "string"}, "x": {"type": "double"}, "code": {"type": "string"}}
    found = of(path, schema).rows().collect()
    # As the workbook has them: xlsxwriter writes 16 digits.
    assert found["x"].to_list() == [float(f"{number:.16G}") for number in numbers]
    assert found["code"].to_list() == ["007", "1e3", "0.10", "NA", "x", "1.0", "7", " 7"]


def test_a_workbook_of_several_sheets(tmp_path):
    """Which one is meant is declared."""
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    for name in ("Read me", "Data"):
        book.add_worksheet(name).write_column(0, 0, ["id", name])
    book.close()
    schema = {"id": {"type": "string"}}
    assert "it has several sheets: 'Read me', 'Data'" in said_of(path, schema=schema)
    assert "'data' is none of them" in said_of(path, schema=schema, csv={"sheet": "data"})
    found = of(path, schema, csv={"sheet": "Data"}).rows().collect()
    assert found["id"].to_list() == ["Data"]


def test_a_compressed_workbook_is_not_read(tmp_path):
    """Nor Parquet: both are compressed within."""
    path = tmp_path / "a.parquet.gz"
    path.write_bytes(gzip.compress(b"x"))
    assert "compressed within" in said_of(path)


def test_a_file_is_taken_once_whatever_its_format(written, tmp_path):
    """Listed by name and digest like any other, its rows the same from the folder."""
    patterns = ["*.parquet", "*.jsonl", "*.xlsx", "*.gz", "*.zst", "*.csv"]
    folder = DeliveryFolder(path=str(tmp_path), key="id", schema=SCHEMA, pattern=patterns)
    found = [delivery for delivery in folder.load() if delivery.name == written.name]
    assert [one.sha256 for one in found] == [hashlib.sha256(written.read_bytes()).hexdigest()]
    assert_frame_equal(found[0].rows().collect(), ROWS)
