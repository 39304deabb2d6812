"""A session of Spark Connect: its server computes, and sees the same storage as this process.

What only a driver of one's own can tell (its context, its JVM, its executors) is not asked for.
"""

import logging
import os
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lakeproof.spark.spark_errors import SparkError, sentence_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

logger = logging.getLogger(__name__)

SCHEME, DEFAULT_PORT = "sc", 15002
_MODULE = "pyspark.sql.connect.session"
_PATIENCE_SECONDS = 5.0
# With Spark's own 15 a server that has died is waited for ten minutes, without a word.
_MOST_RETRIES = 5
_OF_DELTA = "spark.databricks.delta."
# By this pyspark has all functions of the process make expressions for a server.
_MODE = "SPARK_CONNECT_MODE_ENABLED"


def is_connect(session: Any) -> bool:
    """Tell a session of Spark Connect, also a descendant of its class, from a classic one."""
    return any(kind.__module__ == _MODULE for kind in type(session).__mro__)


def active_session() -> "SparkSession | None":
    """Find a session of the kind that somebody has made, also in another thread."""
    if (module := sys.modules.get(_MODULE)) is None:
        return None
    kind: Any = module.SparkSession
    found: SparkSession | None = kind.getActiveSession() or kind._get_default_session()
    return found


def connect(remote: str, conf: Mapping[str, str]) -> "SparkSession":
    """Open a session on a server.

    Args:
        remote: `sc://host:port`, with what else Spark takes behind it, which may be secret.
        conf: Settings; those that a server has from its start stay as they are there.

    Raises:
        SparkError: If nothing answers there, it takes a setting for none, or this Python has no
            gRPC.
    """
    place = _require_server(remote)
    _require_grpc()
    started = time.monotonic()
    logger.info("Connecting to Spark at %s", place)
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    try:
        session = SparkSession.builder.remote(remote).create()
        _limit_retries(session)
        version = session.version
        set_all(session, conf)
    except BaseException as error:
        _abandon()
        if isinstance(error, PySparkException):
            raise _no_session(place, remote, error) from error
        raise
    logger.info("Spark %s is there after %.0f s", version, time.monotonic() - started)
    return session


def set_all(session: "SparkSession", conf: Mapping[str, str]) -> None:
    """Set what can be set in a session that is there.

    Raises:
        SparkError: If a value is none for its key.
    """
    from pyspark.errors import PySparkException

    for key, value in conf.items():
        # A server that has moved no Delta table yet knows none of Delta's keys.
        if key.startswith(_OF_DELTA) or session.conf.isModifiable(key):
            try:
                session.conf.set(key, value)
            except PySparkException as error:
                raise SparkError(
                    f"Spark takes no {key}: {value} ({sentence_of(error)}). Nothing was run. "
                    "Correct it in spark.yml."
                ) from error


def beside(theirs: "SparkSession") -> "SparkSession":
    """Open a session beside somebody's, with what was set in theirs.

    Raises:
        SparkError: If the server is older than Spark 4.1, or gone.
    """
    from pyspark.errors import PySparkException

    session: Any = theirs
    try:
        policies = session.client.get_retry_policies()
        _limit_retries(session)
        try:
            ours = session.cloneSession()
        finally:
            session.client.set_retry_policies(policies)
    except (PySparkException, AttributeError) as error:
        raise SparkError(
            "There is a session of Spark Connect, and its server opens no second one beside it: "
            f"{sentence_of(error)} It was left as it is. Nothing was run. Stop it "
            "(spark.stop()), and name the server in spark.yml: spark.remote"
        ) from error
    _limit_retries(ours)
    found: SparkSession = ours
    return found


def close(session: "SparkSession") -> None:
    """End a session of `connect`; the server and its other sessions go on."""
    with suppress(Exception):  # a server that is gone has nothing to give back
        _limit_retries(session, 0)
        session.stop()
    # Have this process make classic expressions again, unless somebody's session needs others.
    if active_session() is None:
        os.environ.pop(_MODE, None)


def give_back(session: Any) -> None:
    """End a session of `beside` alone: `stop` would end a server within this process."""
    with suppress(Exception):
        _limit_retries(session, 0)
        session.client.release_session()
    with suppress(Exception):
        session.client.close()


def _abandon() -> None:
    """Have pyspark let go of a session that failed to start and passes for the process's own."""
    if (session := active_session()) is not None:
        close(session)
    os.environ.pop(_MODE, None)


def _no_session(place: str, remote: str, error: BaseException) -> SparkError:
    """Say so without what may be secret."""
    said = sentence_of(error)
    for secret in sorted(remote.split(";")[1:], key=len, reverse=True):
        said = said.replace(secret, "***").replace(secret.partition("=")[2] or secret, "***")
    return SparkError(
        f"The server at {place} opens no session of Spark Connect: {said} Nothing was run. Correct "
        "spark.remote in spark.yml."
    )


def _limit_retries(session: Any, most: int = _MOST_RETRIES) -> None:
    from pyspark.sql.connect.client.retries import DefaultPolicy

    session.client.set_retry_policies([DefaultPolicy(max_retries=most)])


def _require_server(remote: str) -> str:
    """Find out at once whether anything listens; gRPC would try for minutes.

    Returns:
        The address, without what may be secret behind it.
    """
    # Whatever follows may be secret, also where the address is none.
    address = remote.partition(";")[0].rstrip("/")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or DEFAULT_PORT
    except ValueError:
        host, port = None, DEFAULT_PORT
    if host is None or parts.scheme != SCHEME or parts.path:
        raise SparkError(
            f"spark.remote is '{address}', which is no address of a Spark Connect server. Nothing "
            f"was run. Correct it: {SCHEME}://host:{DEFAULT_PORT}. For a Spark of your own: "
            "spark.master"
        )
    place = f"{SCHEME}://{host}:{port}"
    try:
        socket.create_connection((host, port), timeout=_PATIENCE_SECONDS).close()
    except OSError as error:
        raise SparkError(
            f"No Spark Connect server answers at {place} ({error.strerror or error}). Nothing was "
            "run. Start it (one to try: docs/spark.md, Spark Connect), or correct spark.remote in "
            "spark.yml."
        ) from error
    return place


def _require_grpc() -> None:
    if find_spec("grpc") is None:
        raise SparkError(
            "Spark Connect needs grpcio, which is not installed. Nothing was run. Install it: make "
            "spark"
        )
