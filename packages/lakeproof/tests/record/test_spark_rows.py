"""What Spark wrote is told apart by its rows, not by its files."""

from typing import Any

import pytest
from kedro_datasets.spark.spark_dataset_v2 import SparkDatasetV2

from lakeproof.record.node_io.node_io_recorder import NodeIORecorder
from lakeproof.record.node_io.run_files import FileRecorder
from lakeproof.record.node_io.spark_rows import digest_rows, is_spark_frame
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.versioned.run_tables import RunTables

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    # Spark 4.2 takes a frame of pandas 3 with text the slow way, and says so.
    pytest.mark.filterwarnings("ignore:createDataFrame attempted Arrow:UserWarning"),
]


def rows_of(session: Any, parts: int, first: int = 0) -> Any:
    frame = session.range(first, first + 100, numPartitions=parts)
    return frame.selectExpr(
        "id", "id % 3 AS kind", "cast(id AS string) AS text", "timestamp_micros(id) AS at"
    )


FORMATS = {
    "parquet": ("parquet", {}),
    "by columns": ("parquet", {"partitionBy": ["kind"]}),
    "csv": ("csv", {"header": True}),
}


@pytest.mark.parametrize("handed", ["spark", "pandas"])
@pytest.mark.parametrize("form", FORMATS)
def test_the_same_rows_are_the_same_in_whatever_files(spark_session, tmp_path, form, handed):
    """In two files or in three, in another order; another row is another; pandas' rows too."""
    file_format, save_args = FORMATS[form]
    found = []
    frames = [
        rows_of(spark_session, 2),
        rows_of(spark_session, 3).orderBy("text"),
        rows_of(spark_session, 2, first=1),
    ]
    for number, spark_frame in enumerate(frames):
        frame = spark_frame if handed == "spark" else spark_frame.toPandas()
        dataset = SparkDatasetV2(
            filepath=str(tmp_path / str(number) / "rows"),
            file_format=file_format,
            load_args={"header": True} if file_format == "csv" else {},
            save_args={**save_args, "mode": "overwrite"},
        )
        recorder = FileRecorder(tmp_path)
        boundary = NodeIORecorder(RunTables(), recorder, Secrets())
        told = {"name": f"n{number}", "outputs": ["rows"], "inputs": [], "func": len}
        node = type("Node", (), told)()
        boundary.begins(node)
        boundary.saves(node, "rows", dataset)
        dataset.save(frame)
        boundary.saved(node, "rows", dataset, frame)
        (crossing,) = boundary._passages[node.name].outputs["rows"]
        assert crossing.kind == "frame"
        assert crossing.note is None
        found.append(crossing.digest)
        assert all(not path.name.startswith(".lakeproof") for path in tmp_path.rglob("*"))
    assert found[0].startswith("rs1:")
    assert found[0] == found[1] != found[2]


def test_a_plan_is_computed_once(spark_session, tmp_path):
    """What was written is read; the plan that a node hands over may give others each time."""
    frame = spark_session.range(50).selectExpr("id", "rand() AS x")
    dataset = SparkDatasetV2(filepath=str(tmp_path / "rows"))
    dataset.save(frame)
    files = sorted((tmp_path / "rows").iterdir())
    assert digest_rows(dataset, files) == digest_rows(dataset, files)
    assert is_spark_frame(frame)
    assert not is_spark_frame(frame.toArrow())
