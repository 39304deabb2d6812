"""A standalone cluster on this machine, of the Spark that pip installed: to try one out.

The wheel has no scripts for it. `python -m lakeproof.spark.cluster` runs a master and workers until
Ctrl-C, and ends them all.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lakeproof.spark.errors import SparkError
from lakeproof.spark.java import require_java

_PATIENCE_SECONDS = 60


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
            master = ["Master", "--host", host, "--port", str(port), "--webui-port", "0"]
            started.append(_start(master, work / "master.log"))
            _wait(work / "master.log", "Starting Spark master at", started[-1])
            options = ["--cores", str(size.cores), "--memory", size.memory, "--webui-port", "0"]
            for number in range(size.workers):
                log = work / f"worker-{number}.log"
                worker = ["Worker", address, "--host", host, *options]
                started.append(_start([*worker, "--work-dir", f"{work}/{number}"], log))
                _wait(log, "Successfully registered with master", started[-1])
            yield address
        finally:
            for process in reversed(started):
                process.terminate()
            for process in started:
                process.wait()


def _start(words: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    from pyspark.find_spark_home import _find_spark_home

    home = _find_spark_home()
    environment = {**os.environ, "SPARK_HOME": home, "PYSPARK_PYTHON": sys.executable}
    command = [f"{home}/bin/spark-class", f"org.apache.spark.deploy.{words[0].lower()}.{words[0]}"]
    with log.open("wb") as output:
        return subprocess.Popen(
            [*command, *words[1:]],
            env=environment,
            stdout=output,
            stderr=output,
            # Ctrl-C is for this process, which then ends them in order.
            start_new_session=True,
        )


def _wait(log: Path, words: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while words not in (said := log.read_text(encoding="utf-8", errors="replace")):
        if process.poll() is not None or time.monotonic() > deadline:
            told = " ".join(said.splitlines()[-3:])[:500]
            raise SparkError(
                f"A part of the cluster did not start; nothing is left of it. Is its port taken? "
                f"Another one: --port 7078. It said last: {told}"
            )
        time.sleep(0.2)


def _main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m lakeproof.spark.cluster",
        description="Run a standalone Spark cluster on this machine until Ctrl-C.",
        epilog="Example: python -m lakeproof.spark.cluster --workers 2 --cores 1 --memory 2g",
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=1, help="of each worker")
    parser.add_argument("--memory", default="1g", help="of each worker")
    parser.add_argument("--port", type=int, default=7077)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    size = Size(args.workers, args.cores, args.memory)
    try:
        with cluster(size, args.port) as address:
            print(
                f"{size.workers} workers of {size.cores} cores and {size.memory} at {address}\n"
                f"In spark.yml: spark.master: {address}\nCtrl-C ends it.",
                flush=True,
            )
            signal.pause()
    except KeyboardInterrupt:
        print("Ended.")
    except SparkError as refusal:
        refusal.show()
        sys.exit(1)


if __name__ == "__main__":
    _main()
