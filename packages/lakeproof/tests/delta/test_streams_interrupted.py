"""A stream that is killed, and two at once: nothing twice, nothing lost."""

import json
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY, SPARK
from lakeproof.deliveries import DeliveryStream
from lakeproof.delta import DeltaTable
from lakeproof.delta.read.versions import history

pytestmark = pytest.mark.spark

SCHEMA = {"id": {"type": "string"}, "x": {"type": "double"}}
COUNT = 3

# A process with a JVM of its own, which ends itself in the middle of the delivery it is told.
STREAMER = """
    import json, os, signal, sys
    from pathlib import Path
    from lakeproof.deliveries import DeliveryStream
    from lakeproof.delta import DeltaTable
    from lakeproof.spark.settings import SparkSettings, use_settings

    folder, place, lock, last, conf = sys.argv[1:]
    use_settings(lambda: SparkSettings.from_config(json.loads(conf), Path(lock)))
    seen = 0

    def look(rows):
        global seen
        seen += 1
        if seen == int(last):
            os.kill(os.getpid(), signal.SIGKILL)
        return rows

    schema = {"id": {"type": "string"}, "x": {"type": "double"}}
    table = DeltaTable(filepath=place, engine="spark", key="id", save_args={"mode": "merge"})
    table.save(DeliveryStream(path=folder, key="id", schema=schema).load().map(look))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Deliveries, each with a key of its own and a correction of one that they share."""
    (tmp_path / "raw").mkdir()
    for number in range(COUNT):
        text = f"id,x\nk{number},{number}\ncommon,{number}\n"
        (tmp_path / "raw" / f"{number}.csv").write_text(text)
    return tmp_path / "raw"


def table_of(folder: Path) -> DeltaTable:
    place = str(folder.parent / "samples")
    return DeltaTable(filepath=place, engine="spark", key="id", save_args={"mode": "merge"})


def arrivals(folder: Path) -> Any:
    return DeliveryStream(path=str(folder), key="id", schema=SCHEMA).load()


def start(folder: Path, last: int) -> subprocess.Popen[str]:
    lock = str(REPOSITORY / "requirements" / "jars.txt")
    place = str(folder.parent / "samples")
    given = [str(folder), place, lock, str(last), json.dumps(SPARK)]
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(STREAMER), *given],
        stderr=subprocess.PIPE,
        text=True,
    )


def require_all_once(table: DeltaTable) -> None:
    """The rows of an undisturbed stream, and a commit for each delivery in order."""
    rows = {row["id"]: row["x"] for row in table.load().toArrow().to_pylist()}
    assert rows == {**{f"k{n}": float(n) for n in range(COUNT)}, "common": float(COUNT - 1)}
    assert [fact.delivery for fact in history(table.location)][::-1] == [
        f"{number}.csv" for number in range(COUNT)
    ]


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_kill_9_in_the_middle_of_a_batch_loses_nothing_and_doubles_nothing(folder, spark_session):
    """Once between two commits of a batch, once while Spark merges, then to the end."""
    between = start(folder, last=2)
    _, errors = between.communicate(timeout=300)
    assert between.returncode == -signal.SIGKILL, errors
    table = table_of(folder)
    assert [fact.delivery for fact in history(table.location)] == ["0.csv"]
    assert list(folder.parent.glob(".samples.stream-*"))

    merging = start(folder, last=COUNT + 1)
    # The rows of the second delivery lie beside the table, and Spark is about to merge them. It may
    # still do so: what is killed is this side of it.
    while not list(folder.parent.glob(".samples.parsed-*/rows.parquet")):
        assert merging.poll() is None, merging.communicate()[1]
        time.sleep(0.002)
    merging.kill()
    merging.communicate()

    table.save(arrivals(folder))
    require_all_once(table)
    assert not list(folder.parent.glob(".samples.[ps]*"))


@pytest.mark.slow
def test_of_two_streams_at_once_the_second_waits_and_finds_everything_taken(folder, spark_session):
    """Whichever it is."""
    failed = []

    def stream() -> None:
        try:
            table_of(folder).save(arrivals(folder))
        except BaseException as error:
            failed.append(error)

    streams = [threading.Thread(target=stream) for _ in range(2)]
    for one in streams:
        one.start()
    for one in streams:
        one.join()
    assert failed == []
    require_all_once(table_of(folder))
