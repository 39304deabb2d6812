"""One side of a measurement on Spark: a process with a session, which tells what its work took.

Both sides have the session of `conf/base/spark.yml`. The JVM is nobody's child once it runs, and
nobody waits for it, so that its processor time and its memory are read from the system.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from measure import ROOT, Seconds, run

_TICKS = os.sysconf("SC_CLK_TCK")
_KIB_OF_GIB = 2**20


def session() -> Any:
    """Start the session that the project would start."""
    from lakeproof.spark import session as lakeproof_session
    from lakeproof.spark.settings import SparkSettings, use_settings

    conf = yaml.safe_load((ROOT / "conf/base/spark.yml").read_text())
    use_settings(lambda: SparkSettings.from_config(conf, ROOT / "requirements/jars.txt"))
    return lakeproof_session.spark()


def random_rows(rows: int, columns: list[str]) -> Any:
    """Make rows with an `id` and numbers of six digits, which no encoding makes small."""
    from pyspark.sql import functions as sql

    # Not by `round`, which is slower than all that is measured.
    numbers = {
        name: sql.floor(sql.rand(seed) * 1e6) / 1e6 for seed, name in enumerate(columns, start=1)
    }
    return session().range(rows).withColumns(numbers)


def spark_seconds(work: Callable[[], object]) -> Seconds:
    """Time one call in this process, with the processor time of the JVM."""
    begin, used = time.perf_counter(), _processor()
    work()
    elapsed = Seconds(time.perf_counter() - begin)
    elapsed.processor = _processor() - used
    return elapsed


def tell(work: Callable[[], object]) -> None:
    """Do the work of a side and print what it took."""
    took = spark_seconds(work)
    peaks = {"python_gib": _peak(os.getpid())}
    if (jvm := _jvm()) is not None:
        peaks["jvm_gib"] = _peak(jvm)
    print(json.dumps({"seconds": took, "processor": took.processor, **peaks}))


def told(script: str, *arguments: str) -> tuple[Seconds, dict[str, float]]:
    """Run a side in a process of its own; its seconds, and the peaks of its memory in GiB."""
    said = json.loads(
        run([sys.executable, script, *arguments], Path(script).parent).split("\n")[-2]
    )
    took = Seconds(said.pop("seconds"))
    took.processor = said.pop("processor")
    return took, said


def _jvm() -> int | None:
    """Find the JVM of this process, if Spark has started one."""
    if "pyspark" not in sys.modules:
        return None
    from pyspark import SparkContext

    pid: int = SparkContext._gateway.proc.pid
    if not os.readlink(f"/proc/{pid}/exe").endswith("java"):
        raise RuntimeError(f"process {pid} is not the JVM")
    return pid


def _processor() -> float:
    """Give the processor time so far, of this process and of the JVM."""
    used = sum(os.times()[:4])
    if (jvm := _jvm()) is not None:
        stat = Path(f"/proc/{jvm}/stat").read_text().rpartition(")")[2].split()
        used += sum(map(int, stat[11:15])) / _TICKS
    return used


def _peak(pid: int) -> float:
    """Give the most memory that a process ever had, files that it maps included."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM"))
    return round(int(peak.split()[1]) / _KIB_OF_GIB, 2)
