"""One session, quiet, started when rows are moved and not before."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lakeproof.spark.session import session_in_use, spark
from lakeproof.spark.spark_facts import gather_spark

pytestmark = pytest.mark.spark


def in_another_process(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        # The project, which has the lock of Spark's jars.
        cwd=Path(__file__).parents[4],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_session_is_one_for_all(spark_session):
    """Also when asked for from another thread, where Spark's own is None."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(spark).result() is spark_session is session_in_use()


def test_what_exactness_needs_is_in_force(spark_session):
    """Asked of the session itself."""
    from lakeproof.spark.settings import FIXED

    assert {key: spark_session.conf.get(key) for key in FIXED} == dict(FIXED)


@pytest.mark.slow
def test_workers_run_this_interpreter(spark_session):
    """A `python3` from the path has no pyarrow."""
    found = spark_session.range(1).mapInArrow(_interpreter, "path string").collect()
    assert found[0]["path"] == sys.executable


def _interpreter(batches):
    import sys

    import pyarrow as pa

    for _ in batches:
        yield pa.RecordBatch.from_pydict({"path": [sys.executable]})


@pytest.mark.slow
def test_a_plain_udf_over_a_delta_table_ends(spark_session, tmp_path):
    """It hangs for ever where Arrow is on for plain UDFs."""
    from pyspark.sql.functions import udf

    path = str(tmp_path / "t")
    spark_session.range(1000, numPartitions=2).write.format("delta").save(path)
    twice = udf(lambda number: number * 2, "long")
    rows = spark_session.read.format("delta").load(path).select(twice("id").alias("n"))
    assert rows.agg({"n": "sum"}).collect()[0][0] == 999_000


def test_the_record_holds_settings_java_jars_and_executors_but_no_place(spark_session):
    """Neither host nor path."""
    facts = gather_spark()
    assert facts.java is not None
    assert set(facts.jars) == {"delta-spark_4.2_2.13-4.4.0.jar", "delta-storage-4.4.0.jar"}
    assert all(digest.startswith("sha256:") for digest in facts.jars.values())
    assert facts.configuration["spark.sql.shuffle.partitions"] == "1"
    assert facts.configuration["executors"] == "1"
    assert facts.configuration["executor memory"] == "1g"
    assert not [value for value in facts.configuration.values() if "/" in value]
    assert not [key for key in facts.configuration if key.endswith((".host", ".port", ".id"))]


def test_work_that_takes_a_while_is_told(spark_session, monkeypatch, caplog):
    """A line now and then, with the tasks that are done; nothing of what is done at once."""
    from lakeproof.spark import progress

    spark_session.range(10).count()
    assert "at work" not in caplog.text
    monkeypatch.setattr(progress, "_SILENT_SECONDS", 0.5)
    caplog.set_level("INFO", "lakeproof.spark.progress")
    spark_session.range(2, numPartitions=2).mapInArrow(_slowly, "id long").collect()
    assert "Spark is at work" in caplog.text
    assert "of 2 tasks" in caplog.text


def _slowly(batches):
    import time

    time.sleep(4)
    yield from batches


@pytest.mark.slow
def test_an_import_of_the_engine_starts_nothing():
    """`kedro viz` and `kedro history` load the catalog with the engine named in it."""
    done = in_another_process(
        """
        import sys
        from lakeproof.delta import DeltaTable
        table = DeltaTable(filepath="samples", engine="spark")
        table.check()
        print("pyspark" in sys.modules)
        """
    )
    assert done.stdout == "False\n", done.stderr


LOCAL = {"spark.master": "local[1]", "spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false"}


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_session_without_delta_is_refused():
    """Rather than ended, or written through until Java says so."""
    done = in_another_process(
        f"""
        from pyspark.sql import SparkSession
        from lakeproof.spark import session
        theirs = SparkSession.builder.config(map={LOCAL!r}).getOrCreate()
        try:
            session.spark()
        except Exception as error:
            print(type(error).__name__, "knows no Delta tables" in str(error))
        print(theirs.range(3).count())
        """
    )
    assert done.stdout.splitlines() == ["SparkError True", "3"], done.stderr


@pytest.mark.slow
@pytest.mark.beyond_ci
def test_a_session_that_is_there_is_taken_over_and_left_as_it_was():
    """A notebook's, or Databricks': neither its settings change nor does it end."""
    done = in_another_process(
        f"""
        from pathlib import Path
        from pyspark.sql import SparkSession
        from lakeproof.spark import session
        from lakeproof.spark.settings import SparkSettings
        from lakeproof.spark.jars import locked_jars
        lock = Path("requirements/jars.txt")
        jars = [jar.path for jar in locked_jars(lock, {{}})]
        conf = SparkSettings({LOCAL!r}, lock).effective(jars)
        conf["spark.sql.session.timeZone"] = "Asia/Tokyo"
        theirs = SparkSession.builder.config(map=conf).getOrCreate()
        ours = session.spark()
        print(ours.conf.get("spark.sql.session.timeZone"))
        print(theirs.conf.get("spark.sql.session.timeZone"))
        session.stop()
        print(theirs.range(3).count())
        """
    )
    assert done.stdout.splitlines() == ["UTC", "Asia/Tokyo", "3"], done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({"spark.master": "local[1]", "spark.driver.port": "{taken}"}, "is taken by another"),
        pytest.param(
            *({"spark.master": "nonsense"}, "spark.master is 'nonsense', which is no address"),
            marks=(pytest.mark.slow, pytest.mark.long),
        ),
        pytest.param(
            {"spark.master": "local[1]", "spark.driver.memory": "900000g"},
            "Lower it in spark.yml",
            marks=(pytest.mark.slow, pytest.mark.long),
        ),
    ],
)
def test_a_spark_that_does_not_start_says_why_in_a_sentence(conf, words):
    """And nothing of Java reaches the terminal."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        conf = {key: value.replace("{taken}", port) for key, value in conf.items()}
        done = in_another_process(
            f"""
            from pathlib import Path
            from lakeproof.spark import session
            from lakeproof.spark.settings import SparkSettings, use_settings
            conf = {{**{conf!r}, "spark.port.maxRetries": "0", "spark.ui.enabled": "false"}}
            lock = Path("requirements/jars.txt")
            use_settings(lambda: SparkSettings.from_config(conf, lock))
            try:
                session.spark()
            except Exception as error:
                print(type(error).__name__, error)
            """
        )
    assert done.stdout.startswith("SparkError Spark did not start"), done.stderr
    assert words in done.stdout
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.beyond_ci
def test_a_session_that_died_leaves_the_record_to_be_kept():
    """It says that it had ended, and hides no error of the run."""
    done = in_another_process(
        f"""
        from pathlib import Path
        from lakeproof.spark import session
        from lakeproof.spark.spark_facts import gather_spark
        from lakeproof.spark.settings import SparkSettings, use_settings
        lock = Path("requirements/jars.txt")
        use_settings(lambda: SparkSettings.from_config({LOCAL!r}, lock))
        session.spark().stop()
        print(gather_spark().configuration)
        print(len(gather_spark().jars))
        print(session.spark().range(2).count())
        session.stop()
        """
    )
    assert done.stdout.splitlines() == ["{'session': 'had ended before the run did'}", "2", "2"], (
        done.stderr
    )
