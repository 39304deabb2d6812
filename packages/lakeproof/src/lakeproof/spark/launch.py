"""Start the JVM with its talk kept in a file, and turn what goes wrong into a sentence.

Spark writes warnings to the terminal from its first second on. Here they go to a file, which is
shown with `--verbose` (`LAKEPROOF_DEBUG=1`) and whose end is quoted when Spark does not start.
"""

import logging
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.errors import wants_traceback
from lakeproof.spark.spark_errors import SparkError, text_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

logger = logging.getLogger(__name__)


def launch(conf: Mapping[str, str], is_local: bool) -> "SparkSession":
    """Start Spark and wait until it answers.

    Args:
        conf: Everything it is started with.
        is_local: Whether all of it is on this machine.

    Raises:
        SparkError: If it does not start, with what it said.
    """
    # The workers' Python must be this one, with what is installed beside it.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if is_local:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    quieten()
    started = time.monotonic()
    logger.info("Starting Spark on %s", conf["spark.master"])
    with _log_file() as (log, popen_kwargs):
        from py4j.protocol import Py4JError
        from pyspark import SparkConf, SparkContext
        from pyspark.errors import PySparkException
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession

        # What a stopped session left behind has neither our jars nor our memory, and settings that
        # are written down now would be written down there.
        close_gateway()
        spark_conf = SparkConf(loadDefaults=False).setAll(list(conf.items()))
        try:
            gateway = launch_gateway(spark_conf, popen_kwargs)  # type: ignore[no-untyped-call]
            context = SparkContext(conf=spark_conf, gateway=gateway)
            session: SparkSession = SparkSession.builder.config(map=dict(conf)).getOrCreate()
        except (Py4JError, PySparkException, OSError) as error:
            said = f"{_said(log)}\n{text_of(error)}"
            close_gateway()
            raise SparkError(_explain(conf, said)) from error
    context.setLogLevel("WARN" if wants_traceback() else "ERROR")
    logger.info("Spark %s is there after %.0f s", context.version, time.monotonic() - started)
    return session


def quieten() -> None:
    """Keep back what pyspark says beside the errors that are made into sentences."""
    # pyspark 4.2 says this of pandas 3 whenever Arrow is used (Spark pull request 54760); it is
    # handed no pandas frame here.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    # A server that is gone has an error of its own.
    warnings.filterwarnings("ignore", r"\[RETRIES_EXCEEDED\]", UserWarning)
    if not wants_traceback():
        # Else each error comes with its whole stack in JSON, past the sentence made of it.
        for name in ("SQLQueryContextLogger", "py4j"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        logging.getLogger().addFilter(_is_not_of_py4j)


def _is_not_of_py4j(record: logging.LogRecord) -> bool:
    """Leave out the stack of a connection that Ctrl-C cuts, which is logged under no name."""
    return Path(record.pathname).parent.name != "py4j"


def close_gateway() -> None:
    """End the JVM, so that the next session starts one of its own."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is not None:
        with suppress(Exception):  # the JVM may be gone already
            gateway.shutdown()
        process = getattr(gateway, "proc", None)
        if process is not None:
            process.stdin.close()
    SparkContext._gateway = None
    SparkContext._jvm = None


@contextmanager
def _log_file() -> Iterator[tuple[Path | None, dict[str, Any]]]:
    """Give the JVM a file to talk to; nothing where the user wants to hear it."""
    if wants_traceback():
        yield None, {}
        return
    # Left open for as long as the JVM lives, and without a name, so that nothing is left behind.
    handle, name = tempfile.mkstemp(prefix="lakeproof-spark-", suffix=".log")
    try:
        yield Path(name), {"stdout": handle, "stderr": handle}
    finally:
        os.close(handle)
        Path(name).unlink(missing_ok=True)


def _said(log: Path | None) -> str:
    return log.read_text(encoding="utf-8", errors="replace") if log is not None else ""


def _explain(conf: Mapping[str, str], said: str) -> str:
    """Name the reasons that are known; quote Spark for the others."""
    if "Address already in use" in said or "BindException" in said:
        ports = {key: conf[key] for key in conf if key.endswith(".port")}
        named = ", ".join(f"{key}: {value}" for key, value in ports.items()) or "its port"
        return (
            f"Spark did not start: {named} is taken by another program, and so are those after "
            "it. Nothing was run. Take the line out of spark.yml, so that Spark chooses one, or "
            "end the other program."
        )
    if "All masters are unresponsive" in said or "Failed to connect to master" in said:
        return (
            f"Spark did not start: no master answers at {conf['spark.master']}. Nothing was run. "
            "Start the cluster, or correct spark.master in spark.yml."
        )
    if "Could not parse Master URL" in said or "Master must either be" in said:
        return (
            f"Spark did not start: spark.master is '{conf['spark.master']}', which is no address "
            "of a master. Nothing was run. Correct it in spark.yml: local[*], spark://host:7077, "
            "yarn, k8s://…"
        )
    if "Invalid maximum heap size" in said or "Could not reserve enough space" in said:
        return (
            f"Spark did not start: spark.driver.memory is {conf.get('spark.driver.memory')}, which "
            "this machine or Java does not take. Nothing was run. Lower it in spark.yml."
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith(("Caused by", "Error:", "Exception in"))]
    told = " ".join((causes or lines)[-3:])[:600]
    return (
        "Spark did not start. Nothing was run. To see all that it says: LAKEPROOF_DEBUG=1 kedro "
        f"run …. It said last: {told}"
    )
