"""The one session of a process: taken over where there is one, else started, and then stopped.

Nothing here imports pyspark before rows are to be moved: `kedro viz` and `kedro history` start no
JVM.
"""

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lakeproof.spark import connect
from lakeproof.spark.settings import FIXED, SparkSettings, current_settings
from lakeproof.spark.spark_errors import SparkError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from lakeproof.spark.jars import Jar
    from lakeproof.spark.progress import Progress, RemoteProgress

_lock = threading.Lock()
_session: "SparkSession | None" = None
_is_ours = False
_jars: "list[Jar]" = []
_progress: "Progress | RemoteProgress | None" = None
_INSTALL = "Spark is not installed. Install it: make spark. Without it: --params engine=embedded"


def spark() -> "SparkSession":
    """Give the session, starting it the first time.

    Raises:
        SparkError: If Spark is not installed, there is no Java for it, or it does not start.
    """
    global _session, _is_ours
    with _lock:
        if _session is None or not _is_alive(_session):
            _require_installed()
            active = _active()
            _is_ours = active is None
            _session = _start(current_settings()) if active is None else _taken_over(active)
        return _session


def _start(settings: SparkSettings) -> "SparkSession":
    global _jars, _progress
    from lakeproof.spark.jars import locked_jars
    from lakeproof.spark.java import require_java
    from lakeproof.spark.launch import launch, quieten
    from lakeproof.spark.progress import Progress, RemoteProgress

    if settings.remote is not None:
        quieten()
        _jars = []
        session = connect.connect(settings.remote, {**settings.conf, **FIXED})
        try:
            _require_delta(
                session, "The server that spark.yml names", "Start it with Delta's: docs/spark.md"
            )
        except BaseException:
            connect.close(session)
            raise
        _progress = RemoteProgress(session)
        return session
    require_java()
    _jars = [jar for lock in settings.jar_locks for jar in locked_jars(lock, settings.conf)]
    session = launch(settings.effective([jar.path for jar in _jars]), settings.is_local)
    _progress = Progress(session.sparkContext)
    return session


def _taken_over(active: "SparkSession") -> "SparkSession":
    """Use somebody's session with settings of our own beside theirs.

    Raises:
        SparkError: If it knows no Delta tables, or a server opens no second session.
    """
    is_remote = connect.is_connect(active)
    # A second session on the same context: what is set here is not set in theirs.
    session = connect.beside(active) if is_remote else active.newSession()
    try:
        _require_delta(
            session,
            "There is a Spark session already, and it",
            "It was left as it is. Stop it (spark.stop()), so that one is started from spark.yml, "
            "or start it with Delta's extension.",
        )
        for key, value in FIXED.items():
            session.conf.set(key, value)
    except BaseException:
        if is_remote:
            connect.give_back(session)
        raise
    return session


def _require_delta(session: "SparkSession", subject: str, advice: str) -> None:
    extensions = session.conf.get("spark.sql.extensions", "") or ""
    is_databricks = "databricks" in (session.conf.get("spark.app.name", "") or "").lower()
    if "DeltaSparkSessionExtension" not in extensions and not is_databricks:
        raise SparkError(
            f"{subject} knows no Delta tables: spark.sql.extensions is '{extensions}'. {advice}"
        )


def _active() -> "SparkSession | None":
    """Find a session that somebody has made, also in another thread."""
    from pyspark.sql import SparkSession

    # `getActiveSession` is None in every other thread.
    found: Any = connect.active_session() or (
        SparkSession.getActiveSession() or getattr(SparkSession, "_instantiatedSession", None)
    )
    return found if found is not None and _is_alive(found) else None


def _is_alive(session: Any) -> bool:
    if connect.is_connect(session):
        return not session.is_stopped
    context: Any = getattr(session, "_sc", None)
    if context is None:
        return True
    process = getattr(context._gateway, "proc", None)
    return context._jsc is not None and (process is None or process.poll() is None)


def _require_installed() -> None:
    from importlib.util import find_spec

    if find_spec("pyspark") is None:
        raise SparkError(_INSTALL)


def session_in_use() -> "SparkSession | None":
    """Give the session if one was needed so far."""
    return _session


def jars_in_use() -> "list[Jar]":
    """Give the jars that the session was started with, each checked then."""
    return list(_jars) if _session is not None and _is_ours else []


def stop() -> None:
    """End the session if it is ours; somebody else's goes on."""
    global _session, _is_ours, _progress
    with _lock:
        if _progress is not None:
            _progress.stop()
            _progress = None
        session, _session = _session, None
        if session is not None and connect.is_connect(session):
            end = connect.close if _is_ours else connect.give_back
            end(session)
        elif session is not None and _is_ours:
            from lakeproof.spark.launch import close_gateway

            with suppress(Exception):  # its JVM may have ended before
                session.stop()
            close_gateway()
        _is_ours = False
