"""A Spark Connect server on this machine, of the Spark that pip installed, with the locked jars.

For whoever works on Lakeproof, and for its tests. It runs until Ctrl-C:
`python packages/lakeproof/dev/connect_server.py`. A user starts pyspark's own (docs/spark.md).
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lakeproof.spark.connect import DEFAULT_PORT, SCHEME
from lakeproof.spark.jars import locked_jars
from lakeproof.spark.java import require_java
from lakeproof.spark.settings import SparkSettings
from spark_programs import start, until_interrupted, wait

_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"


@contextmanager
def connect_server(
    conf: Mapping[str, str], jar_lock: Path, port: int = DEFAULT_PORT
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Run a server for this machine while the context lasts.

    Args:
        conf: Spark's settings, as in `spark.yml`.
        jar_lock: The file that names the Delta jars.
        port: On which it listens.

    Yields:
        The address for `spark.remote`, and the process.

    Raises:
        SparkError: If there is no Java, or it does not start.
    """
    require_java()
    settings = SparkSettings.from_config(conf, jar_lock)
    effective = settings.effective([jar.path for jar in locked_jars(jar_lock, settings.conf)])
    effective |= {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        # After an hour in which a run fits a model Spark would have forgotten its session.
        "spark.connect.session.manager.defaultSessionTimeout": "7d",
    }
    options = [word for key, value in effective.items() for word in ("--conf", f"{key}={value}")]
    with tempfile.TemporaryDirectory(prefix="lakeproof-connect-") as folder:
        log = Path(folder) / "server.log"
        server = start(["spark-submit", "--class", _CLASS, *options, "spark-internal"], log)
        try:
            wait(log, "Spark Connect server started at", server)
            # Not by its number: with a token Spark wants TLS of all hosts but this name.
            yield f"{SCHEME}://localhost:{port}", server
        finally:
            server.terminate()
            server.wait()


def _main() -> None:
    parser = argparse.ArgumentParser(
        description="Run a Spark Connect server on this machine until Ctrl-C.",
        epilog="Example: connect_server.py --memory 4g --port 15002",
    )
    parser.add_argument("--master", default="local[*]", help="where it computes")
    parser.add_argument("--memory", default="2g", help="of its JVM")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    args = parser.parse_args()
    conf = {"spark.master": args.master, "spark.driver.memory": args.memory}
    conf |= {"spark.ui.enabled": "false"}
    with (
        until_interrupted(),
        connect_server(conf, Path("requirements/jars.txt"), args.port) as (address, server),
    ):
        print(
            f"Spark Connect at {address}\nIn spark.yml: spark.remote: {address}\nCtrl-C ends it.",
            flush=True,
        )
        sys.exit(f"Spark has ended by itself: {server.wait()}")


if __name__ == "__main__":
    _main()
