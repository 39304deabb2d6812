"""Tables in folders with names that a URL would spell otherwise."""

import deltalake
import polars as pl
import pytest

from lakeproof.delta.log.handle import LocalTable
from lakeproof.delta.log.opening import open_table, require_files
from lakeproof.versioned.location import Location

ROWS = pl.DataFrame({"a": [1, 2], "part": ["x y", "ü"]})


@pytest.mark.parametrize("name", ["plain", "My Projects", "Müller", "a+b,(c)"])
def test_a_table_is_read_whatever_its_folder_is_called(tmp_path, name):
    """Its files are found, those in folders of partitions too, and the next commit is seen."""
    place = tmp_path / name / "table"
    place.parent.mkdir()
    ROWS.write_delta(str(place), delta_write_options={"partition_by": ["part"]})
    opened = open_table(Location("table", str(place)))
    require_files(opened)
    assert pl.scan_delta(opened.table).sort("a").collect().equals(ROWS)
    deltalake.write_deltalake(opened.table, ROWS.to_arrow(), mode="append")
    again = open_table(Location("table", str(place)))
    assert (again.version, again.rows()) == (1, 4)
    assert pl.scan_delta(again.table).select(pl.len()).collect().item() == 4


def test_polars_itself_does_not_find_them(tmp_path):
    """When this fails, `LocalTable` can go."""
    place = str(tmp_path / "My Projects")
    ROWS.write_delta(place)
    with pytest.raises(FileNotFoundError):
        pl.scan_delta(deltalake.DeltaTable(place)).collect()
    assert pl.scan_delta(LocalTable(place)).collect().height == 2
