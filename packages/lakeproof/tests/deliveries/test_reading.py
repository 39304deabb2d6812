"""What is read from a good file, and how little of it is held."""

import datetime as dt
import subprocess
import sys

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lakeproof.deliveries import DeliveryError
from lakeproof.deliveries.csv import content
from lakeproof.deliveries.csv.reading import CsvReader
from lakeproof.deliveries.rows.checked import checked_frames
from lakeproof.deliveries.rows.layout import lay_out

GOOD = "sample_id,alcohol,hue\nA1,14.2,1.04\nA2,13.2,\n"
READ = pl.DataFrame({"sample_id": ["A1", "A2"], "alcohol": [14.2, 13.2], "hue": [1.04, None]})


def checked(arrived):
    reader = CsvReader()
    return checked_frames(arrived, lay_out(arrived, reader.header(arrived)), reader)


def test_rows_are_typed_and_in_the_order_of_the_schema(delivery):
    """The file's order of columns does not matter; an optional column it lacks is absent."""
    rows = delivery("hue,alcohol,sample_id\n1.04,14.2,A1\n,13.2,A2\n").rows()
    assert isinstance(rows, pl.LazyFrame)
    assert rows.collect_schema().names() == ["sample_id", "alcohol", "hue"]
    assert_frame_equal(rows.collect(), READ)


def test_an_optional_column_that_is_there_is_read(delivery):
    """An optional column joins the rows as soon as a file has it, missing values allowed."""
    read = delivery("sample_id,alcohol,hue,proline\nA1,1,2,\nA2,1,2,1065\n").rows().collect()
    assert read["proline"].to_list() == [None, 1065]
    assert read["proline"].dtype == pl.Int64


def test_every_delta_type(delivery):
    """Each Delta type becomes the Polars type that Delta reads back."""
    types = "string long integer short byte double float boolean date timestamp"
    schema = {name: {"type": name} for name in types.split()}
    text = (
        ",".join(schema)
        + "\na,-9223372036854775808,-2147483648,-32768,-128,1e-3,.5,true,2026-01-31,"
        + "2026-01-31T12:00:00.123456+01:00\n"
    )
    rows = delivery(text, schema=schema, key="string").rows()
    assert dict(rows.collect_schema()) == {
        "string": pl.String(),
        "long": pl.Int64(),
        "integer": pl.Int32(),
        "short": pl.Int16(),
        "byte": pl.Int8(),
        "double": pl.Float64(),
        "float": pl.Float32(),
        "boolean": pl.Boolean(),
        "date": pl.Date(),
        "timestamp": pl.Datetime("us", "UTC"),
    }
    assert rows.collect().row(0) == (
        "a",
        -(2**63),
        -(2**31),
        -(2**15),
        -(2**7),
        0.001,
        0.5,
        True,
        dt.date(2026, 1, 31),
        dt.datetime(2026, 1, 31, 11, 0, 0, 123456, tzinfo=dt.UTC),
    )


def test_columns_from_the_files_name_and_the_rows_number(delivery):
    """A file without a key gets one from its name and the row's number, from 1."""
    schema = {
        "sample_no": {"type": "string", "from": "row"},
        "fixed_acidity": {"type": "double", "header": "fixed acidity"},
        "wine": {"type": "string", "from": "file"},
    }
    rows = delivery(
        '"fixed acidity"\n7.4\n\n7.8\n', name="rot.süß.csv", schema=schema, key="sample_no"
    ).rows()
    assert rows.collect().rows() == [
        ("rot.süß-000001", 7.4, "rot.süß"),
        ("rot.süß-000002", 7.8, "rot.süß"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.rstrip("\n").encode(),
        GOOD.replace("\n", "\n\n").encode(),
        b'"sample_id","alcohol","hue"\n"A1","14.2","1.04"\n"A2","13.2",""\n',
        b"\xef\xbb\xbf" + b'"sample_id","alcohol","hue"\r\n"A1","14.2","1.04"\r\nA2,13.2,""',
        b"sample_id,alcohol,hue\nA1, 14.2\t,1.04 \nA2,13.2,\n",
    ],
    ids=["crlf", "cr", "bom", "no-last-newline", "empty-lines", "quoted", "excel", "blanks"],
)
def test_one_table_in_many_guises(delivery, data):
    """Line ends, a byte order mark, quotes and blanks around numbers change nothing."""
    assert_frame_equal(delivery(data).rows().collect(), READ)


def test_text_is_kept_as_it_is(delivery):
    """Unicode, separators, newlines and doubled quotes within quotes are part of the value."""
    names = ["Grüner Veltliner", "红酒", "a,b", "two\nlines", 'the "best"', " blank ", "NA", "nan"]
    lines = "".join('"{}",1,\n'.format(name.replace('"', '""')) for name in names)
    assert delivery("sample_id,alcohol,hue\n" + lines).rows().collect()["sample_id"].to_list() == (
        names
    )


def test_another_separator_and_decimal_mark(delivery):
    """A semicolon and a decimal comma, as half of Europe writes."""
    arrived = delivery(
        "sample_id;alcohol;hue\nA1;14,2;1,04\nA2;13,2;\n", csv={"separator": ";", "decimal": ","}
    )
    assert_frame_equal(arrived.rows().collect(), READ)


@pytest.mark.parametrize(
    "query",
    [
        lambda rows: rows.select("hue"),
        lambda rows: rows.filter(pl.col("alcohol") > 14).select("hue"),
        lambda rows: rows.select(pl.len()),
        lambda rows: rows.head(1),
        lambda rows: rows.tail(1),
        lambda rows: rows.slice(1, 1),
        lambda rows: rows.filter(pl.col("hue").is_null()).head(1),
        lambda rows: rows.with_columns(double=pl.col("alcohol") * 2).drop("alcohol"),
    ],
)
@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_queries_see_what_a_frame_would_show(delivery, query, engine):
    """Projections, predicates and limits that the engine pushes into the reader hold."""
    assert_frame_equal(
        query(delivery(GOOD).rows()).collect(engine=engine), query(READ.lazy()).collect()
    )


@pytest.fixture
def long_delivery(delivery, monkeypatch):
    """40,000 rows, 640 kB, read in blocks of 4 kB."""
    monkeypatch.setattr(content, "BLOCK_SIZE", 4096)
    lines = "".join(f"A{number},{number}.5,\n" for number in range(40_000))
    return delivery("sample_id,alcohol,hue\n" + lines)


@pytest.fixture
def read(monkeypatch) -> list[int]:
    """The sizes of the blocks that were read, as it happens."""
    sizes: list[int] = []
    plain = content.Content.read

    def counted(self, size=-1):
        block = plain(self, size)
        sizes.append(len(block))
        return block

    monkeypatch.setattr(content.Content, "read", counted)
    return sizes


def test_batches_come_before_the_file_is_read(long_delivery, read):
    """The first rows are there when a small part of the file was read: nothing is held."""
    frames = checked(long_delivery)
    first = next(frames)
    assert 0 < first.height < 4_000
    # Arrow reads 32 blocks ahead, however long the file is.
    assert sum(read) < long_delivery.path.stat().st_size / 2
    assert first.height + sum(frame.height for frame in frames) == 40_000
    assert sum(read) == long_delivery.path.stat().st_size


def test_rows_are_judged_a_few_blocks_at_a_time(long_delivery, read):
    """A query over a handful of columns costs the same for 300 rows and for 3,000."""
    heights = [frame.height for frame in checked(long_delivery)]
    assert sum(heights) == 40_000
    assert 5 * len(heights) < sum(size > 0 for size in read)


def test_batches_reach_the_writer_one_by_one(long_delivery):
    """`collect_batches`, which a table is written from, gets every row once and in order."""
    batches = list(long_delivery.rows().collect_batches(maintain_order=True))
    assert len(batches) > 10
    assert pl.concat(batches)["sample_id"].to_list() == [f"A{n}" for n in range(40_000)]


def test_a_fault_at_the_end_comes_before_the_last_rows(delivery, monkeypatch):
    """A writer that consumes the rows fails before it has them all, so it commits nothing."""
    monkeypatch.setattr(content, "BLOCK_SIZE", 1024)
    lines = "".join(f"A{number},1,\n" for number in range(3_000))
    arrived = delivery("sample_id,alcohol,hue\n" + lines + "A0,2,\n")
    frames = checked(arrived)
    seen: list[int] = []
    with pytest.raises(DeliveryError, match="'A0' is there twice, on lines 2 and 3002"):
        seen.extend(frame.height for frame in frames)
    assert 0 < sum(seen) < 3_000


def test_a_reader_may_stop_early(long_delivery, read):
    """A query for the first rows ends without reading, or judging, the rest."""
    assert long_delivery.rows().head(3).collect()["alcohol"].to_list() == [0.5, 1.5, 2.5]
    assert sum(read) < long_delivery.path.stat().st_size / 2


def test_listing_deliveries_loads_neither_polars_nor_arrow():
    """The catalog is opened by every command; heavy libraries wait until rows are read."""
    code = (
        "import sys; from lakeproof.deliveries import *; "
        "DeliveryFolder(path='x', key='a', schema={'a': {'type': 'long'}}); "
        "print([m for m in ('polars', 'pyarrow', 'numpy', 'urllib.request') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
