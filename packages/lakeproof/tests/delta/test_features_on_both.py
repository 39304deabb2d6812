"""What each feature lets each engine do: a table with it, made by Spark, and the engines at it."""

import itertools
import shutil
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from conftest import LONG
from lakeproof.delta import DeltaTable
from lakeproof.delta.log.features import FEATURES, features_of
from lakeproof.digest import digest_table
from lakeproof.errors import TableError

pytestmark = pytest.mark.spark

_ROWS = "id, id * 0.5D AS x, cast(id % 7 AS string) AS city FROM range(50)"
_INSERT = f"INSERT INTO {{t}} (id, x, city) SELECT {_ROWS}"
_COLUMNS = "id BIGINT, x DOUBLE, city STRING"
_DELETE = "DELETE FROM {t} WHERE id % 5 = 2"


def _made(columns: str = _COLUMNS, clause: str = "", *after: str, **properties: str) -> list[str]:
    told = ", ".join(f"'delta.{key.replace('__', '.')}' = '{v}'" for key, v in properties.items())
    create = f"CREATE TABLE {{t}} ({columns}) USING delta {clause}"
    return [create + (f" TBLPROPERTIES ({told})" if told else ""), _INSERT, *after]


MADE = {
    # What Databricks gives a new table.
    "rowTracking": _made(
        *(_COLUMNS, "", _DELETE), enableRowTracking="true", enableDeletionVectors="true"
    ),
    "deletionVectors": _made(
        *(_COLUMNS, "PARTITIONED BY (city)", _DELETE), enableDeletionVectors="true"
    ),
    "columnMapping": _made(
        *("id BIGINT, y DOUBLE, city STRING, gone INT", ""),
        *("ALTER TABLE {t} RENAME COLUMN y TO x", "ALTER TABLE {t} DROP COLUMN gone"),
        columnMapping__mode="name",
    ),
    "typeWidening": _made(
        *("id INT, x FLOAT, city STRING", ""),
        "ALTER TABLE {t} ALTER COLUMN id TYPE BIGINT",
        "ALTER TABLE {t} ALTER COLUMN x TYPE DOUBLE",
        _INSERT.replace("range(50)", "range(50, 60)"),
        enableTypeWidening="true",
    ),
    "v2Checkpoint": _made(
        *(_COLUMNS, "", _DELETE, _INSERT.replace("range(50)", "range(50, 60)")),
        checkpointPolicy="v2",
        checkpointInterval="2",
    ),
    "clustering": _made(_COLUMNS, "CLUSTER BY (city)"),
    "inCommitTimestamp": _made(enableInCommitTimestamps="true"),
    "identityColumns": _made(f"{_COLUMNS}, k BIGINT GENERATED ALWAYS AS IDENTITY"),
    "allowColumnDefaults": _made(
        f"{_COLUMNS}, e INT DEFAULT 5", feature__allowColumnDefaults="supported"
    ),
    "checkpointProtection": _made(
        *(_COLUMNS, "", _DELETE, "ALTER TABLE {t} DROP FEATURE deletionVectors"),
        enableDeletionVectors="true",
    ),
    "vacuumProtocolCheck": _made(feature__vacuumProtocolCheck="supported"),
}
# Where renamed columns have a name of their own when rows come in.
_MADE_AS = {"columnMapping": ("(id, x, city)", "(id, y, city)")}


@pytest.fixture
def make(spark_session, tmp_path):
    """Make the table of a feature."""

    def made(name: str) -> Path:
        table = tmp_path / "made"
        for statement in MADE[name]:
            sql = statement.replace("{t}", f"delta.`{table}`")
            spark_session.sql(sql.replace(*_MADE_AS.get(name, ("", ""))))
        return table

    return made


@pytest.fixture
def read(spark_session):
    """Digest what Spark itself reads of a table, and count it."""

    def of(table: Path) -> tuple[str, int]:
        rows = spark_session.read.format("delta").load(str(table)).toArrow()
        return digest_table(rows).digest, rows.num_rows

    return of


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name == "rowTracking" else LONG)
        for name in MADE
    ],
)
def test_each_engine_does_what_the_table_of_features_says(make, read, tmp_path, name):
    """Both read what Spark reads, at the newest version; of writes, those that keep the feature."""
    table = make(name)
    features = features_of(DeltaTable(filepath=str(table)).open().table)
    assert name in features
    assert features.keys() <= FEATURES.keys()
    opened = DeltaTable(filepath=str(table)).resolve()
    assert (opened.compute_digest(), opened.rows()) == read(table)
    on_spark = DeltaTable(filepath=str(table), engine="spark").load().toArrow()
    assert digest_table(on_spark).digest == read(table)[0]
    before = opened.rows()
    for engine, mode in itertools.product(("embedded", "spark"), ("append", "merge")):
        copy = tmp_path / f"{engine}-{mode}"
        shutil.copytree(table, copy)
        written = DeltaTable(filepath=str(copy), engine=engine, key="id", save_args={"mode": mode})
        beyond = [name for name, told in features.items() if mode not in told.of(engine)]
        rows = pl.DataFrame({"id": [1, 1000], "x": [7.5, 8.5], "city": ["z", "z"]})
        handed = _handed(rows[1:] if mode == "append" else rows, engine)
        if beyond:
            with pytest.raises(TableError, match=beyond[0]):
                written.save(handed)
            assert read(copy)[1] == before
            continue
        written.save(handed)
        after = DeltaTable(filepath=str(copy)).resolve()
        assert (after.compute_digest(), after.rows()) == read(copy)
        assert after.rows() == before + 1
        assert features_of(after.table).keys() == features.keys()


def _handed(rows: pl.DataFrame, engine: str) -> object:
    from lakeproof.delta.spark.parsed_rows import frame_of

    if engine == "embedded":
        return rows
    arrow: pa.Table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    return frame_of(arrow)
