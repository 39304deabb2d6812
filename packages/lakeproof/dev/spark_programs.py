"""Start Spark's own programs, of the Spark that pip installed: its wheel has no scripts for it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lakeproof.spark.spark_errors import SparkError

_PATIENCE_SECONDS = 240
_OF_CLIENTS = {"SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED"}


@contextmanager
def until_interrupted() -> Iterator[None]:
    """End the command in progress by Ctrl-C or SIGTERM, and by a refusal in a sentence."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    except KeyboardInterrupt:
        print("Ended.")
    except SparkError as refusal:
        refusal.show()
        sys.exit(1)


def start(words: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    """Start a program of Spark's.

    Args:
        words: Its name in Spark's `bin`, and its arguments.
        log: Where to what it says goes.
    """
    from pyspark.find_spark_home import _find_spark_home

    home = _find_spark_home()
    # To a server of its own these would say that it is somebody's client.
    environment = {key: os.environ[key] for key in os.environ if key not in _OF_CLIENTS}
    environment |= {"SPARK_HOME": home, "PYSPARK_PYTHON": sys.executable}
    with log.open("wb") as output:
        return subprocess.Popen(
            [f"{home}/bin/{words[0]}", *words[1:]],
            env=environment,
            stdout=output,
            stderr=output,
            # Ctrl-C is for this process, which then ends them in order.
            start_new_session=True,
        )


def wait(log: Path, words: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a program says that it is there.

    Raises:
        SparkError: If it ends, or says nothing of the kind for four minutes.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while words not in (said := log.read_text(encoding="utf-8", errors="replace")):
        if process.poll() is not None or time.monotonic() > deadline:
            told = " ".join(said.splitlines()[-3:])[:500]
            raise SparkError(
                f"A part of Spark did not start; nothing is left of it. Is its port taken? Another "
                f"one: --port. It said last: {told}"
            )
        time.sleep(0.2)
