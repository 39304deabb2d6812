"""The servers that are for whoever works on Lakeproof: they start, and leave nothing behind."""

import socket
import subprocess
import sys
from importlib.util import find_spec

import pytest

import connect_server
import spark_cluster
from conftest import REPOSITORY
from docs.pages import commands_of, page
from lakeproof.spark import connect
from lakeproof.spark.spark_errors import SparkError
from spark_cluster import Size, cluster

DEV = REPOSITORY / "packages/lakeproof/dev"


@pytest.mark.parametrize("name", ["connect_server.py", "spark_cluster.py"])
def test_each_is_a_command(name):
    """Typed as its docstring says, without the tests' path."""
    command = [sys.executable, str(DEV / name), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert f"Example: {name}" in done.stdout


def test_they_are_no_part_of_the_product():
    """Who installs Lakeproof starts pyspark's own."""
    for name in ("cluster", "connect_server", "processes"):
        assert find_spec(f"lakeproof.spark.{name}") is None


def test_they_start_what_the_page_has_a_person_start():
    """The same classes, by the same programs of pyspark."""
    *_, master, worker, server = [shown.line.split() for shown in commands_of(page("spark.md"))]
    assert master[:2] == ["spark-class", f"{spark_cluster._DEPLOY}.master.Master"]
    assert worker[:2] == ["spark-class", f"{spark_cluster._DEPLOY}.worker.Worker"]
    assert server[:3] == ["spark-submit", "--class", connect_server._CLASS]


def test_where_no_server_answers_the_page_is_named():
    """In a sentence; gRPC would try for minutes."""
    with pytest.raises(SparkError, match=r"docs/spark\.md, Spark Connect"):
        connect._require_server("sc://127.0.0.1:9")


@pytest.mark.beyond_ci
@pytest.mark.slow
@pytest.mark.spark
def test_a_cluster_answers_and_is_gone_afterwards():
    """Master and workers are processes of their own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with cluster(Size(workers=1, cores=1, memory="600m"), port) as address:
        assert address == f"spark://127.0.0.1:{port}"
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)
