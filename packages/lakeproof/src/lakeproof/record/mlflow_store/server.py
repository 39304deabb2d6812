"""A tracking store that is not on this disk: asked soon whether it serves, given no place of it.

MLflow asks a server that does not answer seven times, for minutes, and ends in what its libraries
say of it. Not for what is kept there (`store`).
"""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lakeproof.advice import where_written
from lakeproof.record.mlflow_store.tracking import StoreError, Tracking, is_local, path_of
from lakeproof.record.redaction.secret_text import without_secrets

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

WAIT_S = 5
_OF_REQUESTS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": str(WAIT_S),
    # What a command prints is not mixed with its links.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
_WEB = ("http", "https")


@contextmanager
def asked_once() -> Iterator[None]:
    """Let MLflow ask a server once, and wait some seconds, for what is done within."""
    before = {name: os.environ.get(name) for name in _OF_REQUESTS}
    os.environ.update(_OF_REQUESTS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def address_of(uri: str) -> str:
    """Give the address of a store as it may be shown: without user and password."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.netloc else uri


def require_server(tracking: Tracking) -> None:
    """Refuse a store elsewhere that does not answer, or not to us; of one on this disk say nothing.

    Raises:
        StoreError: After some seconds at most.
    """
    if (place := _place(tracking.uri)) is None:
        return
    shown = address_of(tracking.uri)
    if (why := no_answer(tracking.uri)) is not None:
        raise StoreError(
            f"The tracking server {shown} does not answer: {why}. Nothing was run. Start it, or "
            f"name another one: {_named()}"
        )
    if place[0] in _WEB:
        _require_welcome(tracking, shown)


def no_answer(uri: str) -> str | None:
    """Say why a store elsewhere cannot be reached now; of one on this disk there is nothing to say.

    For what comes after a run: MLflow would wait for minutes.

    Args:
        uri: Of the store.
    """
    if (place := _place(uri)) is None:
        return None
    try:
        socket.create_connection(place[1:], WAIT_S).close()
    except OSError as error:
        return "it did not within 5 s" if isinstance(error, TimeoutError) else _short(error)
    return None


def is_gone(tracking: Tracking) -> bool:
    """Tell whether a store elsewhere does not answer now, or not to us."""
    try:
        require_server(tracking)
    except StoreError:
        return True
    return False


def _place(uri: str) -> tuple[str, str, int] | None:
    """Give scheme, host and port of a store elsewhere; nothing where it is no server we know."""
    try:
        parts = urlsplit(uri)
        scheme, host, port = parts.scheme.partition("+")[0], parts.hostname, parts.port
    except ValueError:
        return None
    if is_local(uri) or scheme not in _PORTS or host is None:
        return None
    return scheme, host, port or _PORTS[scheme]


def _require_welcome(tracking: Tracking, shown: str) -> None:
    from mlflow.exceptions import MlflowException

    os.environ.update(tracking.variables)
    try:
        with asked_once():
            _client(tracking).search_experiments(max_results=1)
    except MlflowException as error:
        status = error.get_http_status_code()  # type: ignore[no-untyped-call]
        if status in (401, 403):
            raise StoreError(
                f"The tracking server {shown} refuses user and password ({status}). Nothing was "
                "run. Correct the entry that server.credentials in mlflow.yml names, or "
                "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
            ) from error
        raise StoreError(
            f"What answers at {shown} does not serve MLflow runs: {_short(error)}. Nothing was "
            f"run. Name the address of an MLflow server: {_named()}"
        ) from error


def _named() -> str:
    return f"server.mlflow_tracking_uri in {where_written('mlflow_tracking_uri') or 'mlflow.yml'}"


def _client(tracking: Tracking) -> "MlflowClient":
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking.uri, registry_uri=tracking.uri)


def _short(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    # MLflow writes out the whole address, with user and password.
    return without_secrets(" ".join(str(text).split()))[:200]


def leave_out_local_artifacts(loader: Any, tracking: Tracking) -> None:
    """Take a place on this disk out of `mlflow.yml` as it was read, where runs go to a server.

    A server keeps the place that an experiment is made with for good, and hands it to everybody:
    their artifacts would go to folders of whoever came first. Without one it names its own.

    Args:
        loader: The environment's config loader, before kedro-mlflow reads it.
        tracking: What it says.
    """
    if is_local(tracking.uri) or tracking.artifacts is None or path_of(tracking.artifacts) is None:
        return
    config = loader["mlflow"]
    experiment = config["tracking"]["experiment"]
    rest = {
        name: value
        for name, value in experiment["create_experiment_kwargs"].items()
        if name != "artifact_location"
    }
    made = {**experiment, "create_experiment_kwargs": rest}
    if not rest:
        del made["create_experiment_kwargs"]
    loader["mlflow"] = {**config, "tracking": {**config["tracking"], "experiment": made}}


def ignored_variable(tracking: Tracking, environ: Mapping[str, str]) -> str | None:
    """Say that MLFLOW_TRACKING_URI does not count, where `mlflow.yml` names another store.

    Of a store on this disk nothing is said: MLflow sets the variable itself, for its children, and
    the next session of a notebook would be told of the one before.
    """
    asked = environ.get("MLFLOW_TRACKING_URI")
    if not asked or asked == tracking.uri or is_local(asked):
        return None
    return (
        f"MLFLOW_TRACKING_URI ({address_of(asked)}) is not used: mlflow.yml names "
        f"{address_of(tracking.uri)} (server.mlflow_tracking_uri). Take that line out, and the "
        "variable counts."
    )


def refuse_foreign_artifacts(tracking: Tracking) -> None:
    """Refuse an experiment on a server whose artifacts belong on somebody else's disk.

    Raises:
        StoreError: If its folder is not here. One that is, a network share say, serves.
    """
    if is_local(tracking.uri):
        return
    found = _client(tracking).get_experiment_by_name(tracking.experiment)
    place = path_of(found.artifact_location) if found is not None else None
    if found is None or place is None or _is_ours(place):
        return
    raise StoreError(
        f"The experiment '{tracking.experiment}' on {address_of(tracking.uri)} keeps its artifacts "
        f"in {place}, a folder of somebody's disk: the record of this run would be seen by nobody "
        "else. Nothing was run. Name another experiment (tracking.experiment.name in mlflow.yml); "
        "the server then keeps its artifacts itself."
    )


def _is_ours(place: Path) -> bool:
    return place.is_dir() and os.access(place, os.W_OK)
