"""Numbers that hardly repeat are written without a dictionary, which would be given up anyway."""

import polars as pl
import pyarrow.parquet as pq
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.embedded import file_encodings, staging

ROWS = 300_000


@pytest.fixture
def frame():
    """Give numbers that hardly repeat beside such that do, and text."""
    number = pl.int_range(ROWS, eager=True)
    return pl.DataFrame(
        {
            "id": number,
            "x": (number * 0.1).sin(),
            "class": number % 7,
            # As many at once as a dictionary holds, then the same again.
            "within": number % 131_000 * 0.5,
            "s": number.cast(pl.String),
        }
    )


def written(table: DeltaTable) -> dict[str, pq.ColumnChunkMetaData]:
    """Give what the largest file of a table says of each column in its first group of rows."""
    footers = map(pq.read_metadata, table.open().table.file_uris())
    group = max(footers, key=lambda footer: footer.num_rows).row_group(0)
    chunks = map(group.column, range(group.num_columns))
    return {chunk.path_in_schema: chunk for chunk in chunks}


@pytest.mark.parametrize("mode", ["overwrite", "append"])
@pytest.mark.parametrize("in_memory", [0, 2**40])
def test_only_numbers_that_repeat_have_a_dictionary(
    make_embedded_table, frame, mode, in_memory, monkeypatch
):
    """By what is in the rows, wherever they wait, for a new table and for one that is there."""
    monkeypatch.setattr(staging, "_IN_MEMORY_BYTES", in_memory)
    make_embedded_table().save(frame.head(3))
    table = make_embedded_table(save_args={"mode": mode})
    table.save(frame.lazy())
    has = {name: chunk.has_dictionary_page for name, chunk in written(table).items()}
    assert has == {"id": False, "x": False, "class": True, "within": True, "s": True}
    held = table.load().sort("id").collect()
    assert held.tail(ROWS - 3).equals(frame.tail(ROWS - 3))


def test_a_small_table_is_written_as_ever(make_embedded_table, frame):
    """There a dictionary costs nothing."""
    table = make_embedded_table()
    table.save(frame.head(1_000))
    assert all(chunk.has_dictionary_page for chunk in written(table).values())


@pytest.mark.parametrize("columns", [["id", "x"], ["id", "class"]])
def test_the_file_is_no_larger_and_tells_the_same(make_embedded_table, frame, columns, monkeypatch):
    """The least and the greatest value of whole numbers, and nothing of doubles."""
    rows = frame.select(columns)
    plain = make_embedded_table("plain")
    plain.save(rows)
    monkeypatch.setattr(file_encodings, "_ROWS", ROWS + 1)
    other = make_embedded_table("other")
    other.save(rows)
    ours, theirs = written(plain), written(other)
    assert theirs["id"].has_dictionary_page
    assert not ours["id"].has_dictionary_page
    assert ours["id"].total_compressed_size <= theirs["id"].total_compressed_size
    assert [_told(ours[name]) for name in columns] == [_told(theirs[name]) for name in columns]
    assert plain.open().stored_digest() == other.open().stored_digest()


def _told(chunk: pq.ColumnChunkMetaData) -> tuple[object, ...]:
    found = chunk.statistics
    return () if found is None else (found.has_min_max and (found.min, found.max), found.null_count)
