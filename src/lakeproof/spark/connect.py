"""A session of Spark Connect: its server computes, and sees the same storage as this process.

What only a driver of one's own can tell (its context, its JVM, its executors) is not asked for.
"""

import logging
import os
import re
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lakeproof.spark.errors import SparkError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

logger = logging.getLogger(__name__)

SCHEME, DEFAULT_PORT = "sc", 15002
_MODULE = "pyspark.sql.connect.session"
_PATIENCE_SECONDS = 5.0
# With Spark's own 15 a server that has died is waited for ten minutes, without a word.
_MOST_RETRIES = 5
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
        remote: `sc://host:port`, with what else Spark takes behind it.
        conf: Settings; those that a server has from its start stay as they are there.

    Raises:
        SparkError: If nothing answers there, or this Python has no gRPC.
    """
    place = _require_server(remote)
    _require_grpc()
    started = time.monotonic()
    logger.info("Connecting to Spark at %s://%s", SCHEME, place)
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    try:
        session = SparkSession.builder.remote(remote).create()
        _limit_retries(session)
        for key, value in conf.items():
            if session.conf.isModifiable(key):
                session.conf.set(key, value)
        version = session.version
    except PySparkException as error:
        _leave_mode()
        raise SparkError(
            f"The server at {SCHEME}://{place} opens no session of Spark Connect: {_said(error)} "
            "Nothing was run. Correct spark.remote in spark.yml."
        ) from error
    logger.info("Spark %s is there after %.0f s", version, time.monotonic() - started)
    return session


def beside(theirs: "SparkSession") -> "SparkSession":
    """Open a session beside somebody's, with what was set in theirs and nothing shared from here.

    Raises:
        SparkError: If the server is older than Spark 4.1, or gone.
    """
    from pyspark.errors import PySparkException

    session: Any = theirs
    try:
        ours = session.cloneSession()
    except (PySparkException, AttributeError) as error:
        raise SparkError(
            "There is a session of Spark Connect, and its server opens no second one beside it: "
            f"{_said(error)} It was left as it is. Stop it, and name "
            "the server in spark.yml: spark.remote"
        ) from error
    # pyspark 4.2 forgets it, and then cannot stop what it has cloned.
    ours.release_session_on_close = True
    _limit_retries(ours)
    found: SparkSession = ours
    return found


def close(session: "SparkSession") -> None:
    """Give back a session that was opened here; the server and its other sessions go on."""
    with suppress(Exception):  # a server that is gone has nothing to give back
        session.stop()
    _leave_mode()


def _leave_mode() -> None:
    """Have this process make classic expressions again, unless somebody's session needs others."""
    if active_session() is None:
        os.environ.pop(_MODE, None)


def _said(error: BaseException) -> str:
    """Find the sentence in it; gRPC has one among its fields."""
    text = str(error).strip()
    found = re.search(r'details = "([^"]+)"', text)
    return (found[1] if found else text.splitlines()[0])[:400]


def _limit_retries(session: Any) -> None:
    from pyspark.sql.connect.client.retries import DefaultPolicy

    session.client.set_retry_policies([DefaultPolicy(max_retries=_MOST_RETRIES)])


def _require_server(remote: str) -> str:
    """Find out at once whether anything listens; gRPC would try for minutes."""
    parts = urlsplit(remote)
    if parts.scheme != SCHEME or not parts.hostname:
        raise SparkError(
            f"spark.remote is '{remote.partition('/;')[0]}', which is no address of a Spark "
            f"Connect server. Nothing was run. Correct it: {SCHEME}://host:{DEFAULT_PORT}. For a "
            "Spark of your own: spark.master"
        )
    place = f"{parts.hostname}:{parts.port or DEFAULT_PORT}"
    try:
        address = (parts.hostname, parts.port or DEFAULT_PORT)
        socket.create_connection(address, timeout=_PATIENCE_SECONDS).close()
    except OSError as error:
        raise SparkError(
            f"No Spark Connect server answers at {SCHEME}://{place} ({error.strerror or error}). "
            "Nothing was run. Start it (one to try: python -m lakeproof.spark.connect_server), or "
            "correct spark.remote in spark.yml."
        ) from error
    return place


def _require_grpc() -> None:
    if find_spec("grpc") is None:
        raise SparkError(
            "Spark Connect needs grpcio, which is not installed. Nothing was run. Install it: make "
            "spark"
        )
