"""A standalone cluster on this machine, of the Spark that pip installed: to try one out.

For whoever works on Lakeproof. A master and workers run until Ctrl-C, and are all ended:
`python packages/lakeproof/dev/spark_cluster.py`. A user starts pyspark's own (docs/spark.md).
"""

import argparse
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lakeproof.spark.java import require_java
from spark_programs import start, until_interrupted, wait

_DEPLOY = "org.apache.spark.deploy"


@dataclass(frozen=True)
class Size:
    """How large a cluster is.

    Args:
        workers: How many.
        cores: Of each.
        memory: Of each, as Spark writes it.
    """

    workers: int = 2
    cores: int = 1
    memory: str = "1g"


@contextmanager
def cluster(size: Size, port: int = 7077, host: str = "127.0.0.1") -> Iterator[str]:
    """Run a cluster while the context lasts.

    Yields:
        The address for `spark.master`.

    Raises:
        SparkError: If there is no Java, or a part of it does not start.
    """
    require_java()
    address = f"spark://{host}:{port}"
    started: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="lakeproof-cluster-") as folder:
        work = Path(folder)
        try:
            options = ["--host", host, "--port", str(port), "--webui-port", "0"]
            words = ["spark-class", f"{_DEPLOY}.master.Master", *options]
            started.append(start(words, work / "master.log"))
            wait(work / "master.log", "Starting Spark master at", started[-1])
            options = ["--cores", str(size.cores), "--memory", size.memory, "--webui-port", "0"]
            for number in range(size.workers):
                log = work / f"worker-{number}.log"
                worker = [f"{_DEPLOY}.worker.Worker", address, "--host", host, *options]
                words = ["spark-class", *worker, "--work-dir", f"{work}/{number}"]
                started.append(start(words, log))
                wait(log, "Successfully registered with master", started[-1])
            yield address
        finally:
            for process in reversed(started):
                process.terminate()
            for process in started:
                process.wait()


def _main() -> None:
    parser = argparse.ArgumentParser(
        description="Run a standalone Spark cluster on this machine until Ctrl-C.",
        epilog="Example: spark_cluster.py --workers 2 --cores 1 --memory 2g",
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=1, help="of each worker")
    parser.add_argument("--memory", default="1g", help="of each worker")
    parser.add_argument("--port", type=int, default=7077)
    args = parser.parse_args()
    size = Size(args.workers, args.cores, args.memory)
    with until_interrupted(), cluster(size, args.port) as address:
        print(
            f"{size.workers} workers of {size.cores} cores and {size.memory} at {address}\n"
            f"In spark.yml: spark.master: {address}\nCtrl-C ends it.",
            flush=True,
        )
        signal.pause()


if __name__ == "__main__":
    _main()
