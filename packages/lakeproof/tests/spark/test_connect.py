"""Spark Connect: a server computes, the tables and the record are those of any other run."""

import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator

import pytest

from conftest import REPOSITORY, SPARK, Project
from connect_server import connect_server
from lakeproof.spark import connect
from lakeproof.spark.spark_errors import SparkError, text_of
from proof.conftest import FOREST, record_of, reproduce

LOCK = REPOSITORY / "requirements" / "jars.txt"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of its own process, with Delta."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with connect_server(SPARK, LOCK, port) as (address, _):
        yield address


def in_another_process(code: str) -> subprocess.CompletedProcess[str]:
    # Without the warnings of pyspark itself, which theirs may want to see.
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.beyond_ci
@pytest.mark.slow
@pytest.mark.spark
def test_a_refused_setting_leaves_nothing_behind_and_delta_s_are_set_on_a_fresh_server(server):
    """A server that has moved no table knows none of Delta's keys; it is the first test here."""
    done = in_another_process(
        f"""
        import os
        from lakeproof.spark import connect
        delta = "spark.databricks.delta.snapshotPartitions"
        try:
            connect.connect({server!r}, {{"spark.sql.shuffle.partitions": "many"}})
        except Exception as error:
            print(type(error).__name__, "takes no spark.sql.shuffle.partitions: many" in str(error))
        print(connect.active_session(), "SPARK_CONNECT_MODE_ENABLED" in os.environ)
        session = connect.connect({server!r}, {{delta: "3", "spark.driver.memory": "9g"}})
        print(session.conf.get(delta), session.conf.get("spark.driver.memory"))
        connect.close(session)
        """
    )
    assert done.stdout.splitlines() == ["SparkError True", "None False", "3 1g"], done.stderr


@pytest.mark.slow
@pytest.mark.spark
def test_a_session_of_a_server_is_taken_over_and_left_as_it_was(server, tmp_path):
    """Its rows are those of any engine, whatever its owner has set; theirs goes on afterwards."""
    done = in_another_process(
        f"""
        import polars as pl
        from pyspark.sql import SparkSession
        theirs = SparkSession.builder.remote({server!r}).getOrCreate()
        theirs.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
        from lakeproof.delta import DeltaTable
        from lakeproof.versioned.location import Location
        from lakeproof.delta.spark.spark_staging import SparkStagedRows
        from lakeproof.spark import session
        from lakeproof.spark.spark_facts import gather_spark
        table = DeltaTable(
            filepath={str(tmp_path / "samples")!r}, key="id", engine="spark",
            save_args={{"mode": "merge"}},
        )
        at = "timestamp'2026-03-29 01:30:00' AS at"
        text = f"SELECT id, id * 0.5D AS value, {{at}} FROM range({{{{}}}})"
        ours = session.spark()
        for rows in (3, 5):
            table.save(ours.sql(text.format(rows)))
        read = pl.scan_delta({str(tmp_path / "samples")!r}).collect()
        print(read.height, read["at"].unique().to_list()[0].isoformat(), table.load().count())
        print(ours.conf.get("spark.sql.session.timeZone"))
        try:
            elsewhere = Location("far", "s3://bucket/far", None)
            SparkStagedRows(ours.range(3), elsewhere, []).__enter__()
        except Exception as error:
            print(type(error).__name__, "do not come over Spark Connect" in str(error))
        facts = gather_spark()
        print(bool(facts.java), facts.configuration["delta version"])
        print(facts.configuration["spark.remote"])
        session.stop()
        print(theirs.conf.get("spark.sql.session.timeZone"), theirs.range(3).count())
        """
    )
    assert done.stdout.splitlines() == [
        "5 2026-03-29T01:30:00+00:00 5",
        "UTC",
        "SparkError True",
        "True 4.4.0",
        "sc://…",
        "Asia/Tokyo 3",
    ], done.stderr


@pytest.mark.slow
@pytest.mark.beyond_ci
@pytest.mark.spark
def test_a_run_on_a_server_is_recorded_and_holds_on_the_laptop(server, project: Project):
    """With what the server tells of itself, and no address; what streams is refused before."""
    folder = project.path / "conf" / "connect"
    folder.mkdir()
    (folder / "globals.yml").write_text("engine: spark\n")
    (folder / "spark.yml").write_text(f"spark.remote: {server}\n")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Run on a server")
    refused = project.fresh.kedro("run", "--env", "connect", "--pipelines", "stream", code=1)
    assert "kedro run --pipelines ingest" in refused.stderr
    run = project.fresh.kedro("run", "--env", "connect", *FOREST)
    assert "WARN" not in run.stdout + run.stderr
    record = record_of(project, run.run_id)
    configuration = record["compute"]["engine_configuration"]
    assert configuration["spark.remote"] == "sc://…"
    assert configuration["spark.sql.session.timeZone"] == "UTC"
    assert server.partition("://")[2] not in str(configuration)
    verdict = reproduce(project, run.run_id, "--engine", "embedded", expected="REPRODUCED")
    assert set(verdict.counting().values()) == {"same"}


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.parametrize(
    ("remote", "words"),
    [
        ("sc://127.0.0.1:{nobody}", "No Spark Connect server answers at sc://127.0.0.1:{nobody}"),
        ("sc://127.0.0.1:{nobody}/;token=hidden", "Nothing was run"),
        ("sc://127.0.0.1:{nobody};token=hidden", "No Spark Connect server answers"),
        ("sc://127.0.0.1:none;token=hidden", "is no address of a Spark Connect server"),
        ("ssc://127.0.0.1:{nobody};token=hidden", "is no address of a Spark Connect server"),
        ("local[2]", "is no address of a Spark Connect server"),
    ],
)
def test_a_server_that_is_not_there_is_a_sentence_within_seconds(remote, words):
    """Not ten minutes of attempts; and what follows an address may be secret."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    begin = time.monotonic()
    with pytest.raises(SparkError) as refusal:
        connect.connect(remote.replace("{nobody}", port), {})
    assert words.replace("{nobody}", port) in str(refusal.value)
    assert "hidden" not in str(refusal.value)
    assert time.monotonic() - begin < 30


@pytest.mark.slow
@pytest.mark.spark
def test_a_token_stays_out_of_what_pyspark_says_of_it():
    """It quotes a parameter that it cannot read, padding and all."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        place = f"sc://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(SparkError, match="opens no session") as refusal:
            connect.connect(f"{place}/;token=aGlkZGVu=", {})
    assert "aGlkZGVu" not in str(refusal.value)
    assert connect.active_session() is None
    assert "SPARK_CONNECT_MODE_ENABLED" not in os.environ


def test_of_a_call_that_came_to_nothing_the_sentence_is_told():
    """Not the object that gRPC shows."""
    shown = (
        "<_MultiThreadedRendezvous of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE"
        '\n\tdetails = "failed to connect to all addresses"\n\tdebug_error_string = "UNKNOWN"\n>'
    )
    assert text_of(RuntimeError(shown)) == "failed to connect to all addresses"
    assert text_of(RuntimeError("plain")) == "plain"
