"""Versions without rows on Spark: it opens them, and writes them anew of a table with vectors."""

from pathlib import Path

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.engines import engine_for
from lakeproof.delta.log.opening import open_table
from lakeproof.erasure.anew.rewrite_versions import assemble, without_rows
from lakeproof.erasure.key_rows import Keys
from lakeproof.versioned.location import Location

pytestmark = [pytest.mark.spark, pytest.mark.slow]

WHO = "Zaugg-Hämmerli"


@pytest.mark.parametrize(
    "has_vectors", [pytest.param(False, marks=pytest.mark.long), True], ids=["plain", "vectors"]
)
def test_both_engines_open_what_is_left_under_its_number(spark_session, tmp_path, has_vectors):
    """Also where a row is only marked as deleted: no byte of it stays."""
    place = tmp_path / "t"
    first = pl.DataFrame({"id": [WHO, "a", "b"], "x": [1, 2, 3]}).to_arrow()
    deltalake.write_deltalake(str(place), first)
    if has_vectors:
        spark_session.sql(
            f"ALTER TABLE delta.`{place}` SET TBLPROPERTIES (delta.enableDeletionVectors = true)"
        )
        spark_session.sql(f"DELETE FROM delta.`{place}` WHERE id = 'b'")
    version = open_table(Location("t", str(place))).version
    engine = engine_for("spark" if has_vectors else "embedded")
    keys = Keys([WHO], ["id"])
    part = without_rows(
        *(Location("t", str(place)), version, keys, engine, frozenset({"id"}), tmp_path / "part")
    )
    assemble([part], tmp_path / "out")
    left = ["a"] if has_vectors else ["a", "b"]
    read = spark_session.read.format("delta").option("versionAsOf", version)
    assert sorted(row.id for row in read.load(str(tmp_path / "out")).collect()) == left
    table = DeltaTable(filepath=str(tmp_path / "out"), load_args={"version": version})
    assert sorted(table.load().collect()["id"]) == left
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not any(WHO.encode() in Path(path).read_bytes() for path in files)
