"""What Spark was, for the record: its Java, its jars, its settings in force, its executors.

Never a host name or a path: those make no result another.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lakeproof.spark.connect import SCHEME, is_connect
from lakeproof.spark.session import jars_in_use, session_in_use
from lakeproof.spark.settings import FIXED

# What can make a result, or its speed, another; all else may hold hosts, paths and keys.
_TOLD = re.compile(
    r"^spark\.(sql|databricks\.delta|shuffle|memory|dynamicAllocation|default)\.|"
    r"^spark\.(executor|driver)\.(memory|memoryOverhead|cores|instances|maxResultSize)$|"
    r"^spark\.(serializer|submit\.deployMode|task\.cpus|speculation)$"
)
_SECRET = re.compile(r"secret|pass|token|credential|auth|sas|key|url|uri|host|dir$", re.I)


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
    """Ask the session of this process, if one was needed; one that has died is said to have."""
    session: Any = session_in_use()
    if session is None:
        return SparkFacts()
    jars = {jar.file_name: f"sha256:{jar.sha256}" for jar in jars_in_use()}
    try:
        java, configuration = _of_server(session) if is_connect(session) else _of_driver(session)
        # Ours are in force, whatever a context that was taken over was started with.
        configuration |= {key: str(session.conf.get(key)) for key in FIXED}
    except Exception:
        # Py4J has no one error for a JVM that is gone, and a record must be kept all the same.
        return SparkFacts(jars=jars, configuration={"session": "had ended before the run did"})
    return SparkFacts(java, jars, dict(sorted(configuration.items())))


def _of_driver(session: Any) -> tuple[str, dict[str, str]]:
    """Ask a driver of this process: its Java, its settings and executors."""
    context = session.sparkContext
    configuration = _told(context.getConf().getAll())
    configuration |= {
        "spark.master": _without_host(context.master),
        "spark.version": context.version,
        "jars": _file_names(str(context._jsc.sc().listJars().mkString(","))),
        **_executors(context),
    }
    return str(session._jvm.java.lang.System.getProperty("java.version")), configuration


def _of_server(session: Any) -> tuple[str | None, dict[str, str]]:
    """Ask a Spark Connect server, which tells its executors to nobody."""
    settings = session.conf.getAll
    configuration = _told(settings.items())
    configuration |= {
        "spark.remote": f"{SCHEME}://…",
        "spark.master": _without_host(settings.get("spark.master", "")),
        "spark.version": session.version,
        "delta version": _asked(session, "io.delta.package", "VERSION") or "not told",
        "jars": _file_names(settings.get("spark.jars", "")),
    }
    return _asked(session, "java.lang.System", "getProperty", "java.version"), configuration


def _asked(session: Any, *words: str) -> str | None:
    """Have a server call a function of Java's; one may refuse."""
    from pyspark.errors import PySparkException

    call = ", ".join(f"'{word}'" for word in words)
    try:
        return str(session.sql(f"SELECT java_method({call})").collect()[0][0])
    except PySparkException:
        return None


def _told(settings: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {key: value for key, value in settings if _is_told(key, value)}


def _file_names(places: str) -> str:
    """Write the names of files alone, in order."""
    return ", ".join(sorted(place.rpartition("/")[2] for place in places.split(",") if place))


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


def _is_told(key: str, value: str) -> bool:
    return bool(_TOLD.search(key)) and not _SECRET.search(key) and "/" not in value


def _without_host(master: str) -> str:
    scheme, separator, _ = master.partition("://")
    return f"{scheme}://…" if separator else master
