"""What Spark was, for the record: its Java, its jars, its settings in force, its executors.

Never a host name or a path: those make no result another.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakeproof.spark.jars import sha256_of
from lakeproof.spark.session import jars_in_use, session_in_use
from lakeproof.spark.settings import FIXED

# Made anew by each session, or true of one machine only.
_PASSING = re.compile(
    r"\.(host|port|bindAddress|address|id|startTime|dir|url|uri|appUIAddress)$|^spark\.(app|jars|"
    r"repl|submit\.pyFiles|files|archives|rdd\.compress|serializer\.objectStreamReset|remote)\b"
)
_SECRET = re.compile(r"secret|password|passwd|token|credential|access\.?key|api\.?key", re.I)


@dataclass(frozen=True)
class SparkFacts:
    """What was in use; empty where no row was moved by Spark.

    Args:
        java: The version of the JVM.
        jars: `sha256:…` by file name of the Delta jars.
        configuration: The settings in force, and the executors with their sizes.
    """

    java: str | None = None
    jars: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, str] = field(default_factory=dict)


def gather_spark() -> SparkFacts:
    """Ask the session of this process, if one was needed."""
    session: Any = session_in_use()
    if session is None:
        return SparkFacts()
    configuration = {key: str(session.conf.get(key)) for key in FIXED}
    # A server at the other end of Spark Connect tells its settings one by one, and no Java.
    if getattr(session, "_jvm", None) is None:
        return SparkFacts(configuration=configuration | {"spark.version": session.version})
    context = session.sparkContext
    configuration |= {
        key: value for key, value in context.getConf().getAll() if _is_lasting(key, value)
    }
    configuration |= {
        "spark.master": _without_host(context.master),
        "spark.version": context.version,
        **_executors(context),
    }
    return SparkFacts(
        java=str(session._jvm.java.lang.System.getProperty("java.version")),
        jars={jar.name: f"sha256:{sha256_of(jar)}" for jar in jars_in_use()},
        configuration=dict(sorted(configuration.items())),
    )


def _executors(context: Any) -> dict[str, str]:
    """Count the executors and tell their size; in local mode the driver is the one there is."""
    infos = context._jsc.sc().statusTracker().getExecutorInfos()
    conf = context.getConf()
    count = max(len(infos) - 1, 0)
    told = {"executors": str(count or 1)}
    if count:
        told["executor memory"] = conf.get("spark.executor.memory", "1g")
        told["executor cores"] = conf.get("spark.executor.cores", "all of a worker's")
    else:
        told["executor memory"] = conf.get("spark.driver.memory", "1g")
        told["executor cores"] = str(context.defaultParallelism)
    return told


def _is_lasting(key: str, value: str) -> bool:
    return not (_PASSING.search(key) or _SECRET.search(key) or "/" in value)


def _without_host(master: str) -> str:
    scheme, separator, _ = master.partition("://")
    return f"{scheme}://…" if separator else master
