"""Tables of Unity Catalog: a name becomes a place, an id and credentials for a while, by its API.

Public API of Databricks and of unitycatalog.io: `GET /api/2.1/unity-catalog/tables/{name}` and
`POST /api/2.1/unity-catalog/temporary-table-credentials`. Tried against a server of our own on this
machine, never against theirs.
"""

import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from lakeproof.errors import TableError

Operation = Literal["READ", "READ_WRITE"]

_API = "/api/2.1/unity-catalog"
_TIMEOUT_SECONDS = 30
# Before credentials end, others are asked for: a commit may take a while.
_EARLY_MS = 5 * 60_000
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_FOR_AWS = {
    "access_key_id": "AWS_ACCESS_KEY_ID",
    "secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
}


@dataclass(frozen=True)
class CatalogTable:
    """What the catalog says of a table.

    Args:
        name: `catalog.schema.table`.
        table_id: The catalog's.
        place: The table's address in its store.
        options: Settings of the store, for a while; never shown.
        ends_ms: When they end, in milliseconds since 1970.
    """

    name: str
    table_id: str
    place: str
    options: Mapping[str, str] = field(repr=False)
    ends_ms: int


class UnityCatalog:
    """A catalog, asked as one user.

    Args:
        given: `host` and `token`, and settings of the store that it does not tell (a region, an
            endpoint); without them DATABRICKS_HOST and DATABRICKS_TOKEN.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = dict(given)
        self._known: dict[tuple[str, Operation], CatalogTable] = {}
        self._lock = threading.Lock()

    def table(self, name: str, operation: Operation) -> CatalogTable:
        """Find a table, with credentials that have not ended.

        Args:
            name: `catalog.schema.table`.
            operation: What the credentials are for.

        Raises:
            TableError: Nobody says which catalog, it does not answer, it does not know the table,
                or it does not let this user.
        """
        with self._lock:
            known = self._known.get((name, operation))
            if known is None or known.ends_ms - _EARLY_MS < time.time() * 1000:
                known = self._known[name, operation] = self._asked(name, operation)
            return known

    def _asked(self, name: str, operation: Operation) -> CatalogTable:
        found = self._call(name, "GET", f"/tables/{quote(name, safe='')}", None)
        kind, place = found.get("data_source_format"), found.get("storage_location")
        if kind not in (None, "DELTA") or not place or not found.get("table_id"):
            raise TableError(
                f"'{name}' is no Delta table with a place in Unity Catalog, but "
                f"{found.get('table_type') or 'something'} of format {kind}. Nothing was read or "
                "written. Correct `table` in catalog.yml."
            )
        wanted = {"table_id": found["table_id"], "operation": operation}
        given = self._call(name, "POST", "/temporary-table-credentials", wanted)
        others = {key: one for key, one in self._given.items() if key not in ("host", "token")}
        ends = given.get("expiration_time") or int(time.time() * 1000) + 2 * _EARLY_MS
        options = {**others, **_options(given)}
        return CatalogTable(
            name, str(found["table_id"]), str(place).rstrip("/"), options, int(ends)
        )

    def _call(self, name: str, method: str, path: str, body: Any) -> dict[str, Any]:
        host, token = self._access(name)
        request = urllib.request.Request(
            f"{host}{_API}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with _opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                said = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise _refused(name, host, error.code, body) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise TableError(
                f"Table '{name}': Unity Catalog at {host} does not answer ({str(reason)[:200]}). "
                "Nothing was read or written. Try again later, or correct `host`."
            ) from error
        if not isinstance(said, dict):
            raise TableError(
                f"Table '{name}': what answers at {host} is no Unity Catalog. Correct `host`."
            )
        return said

    def _access(self, name: str) -> tuple[str, str]:
        host = self._given.get("host") or os.environ.get("DATABRICKS_HOST", "")
        token = self._given.get("token") or os.environ.get("DATABRICKS_TOKEN", "")
        if not host or not token:
            lacks = "no `host`" if not host else "no `token`"
            raise TableError(
                f"Table '{name}' is to be found in Unity Catalog, and there is {lacks}. Nothing "
                "was read or written. Put both into an entry of credentials.yml and name it under "
                "`credentials`, or set DATABRICKS_HOST and DATABRICKS_TOKEN."
            )
        host = (host if "://" in host else f"https://{host}").rstrip("/")
        parts = urlsplit(host)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise TableError(
                f"Table '{name}': the `host` of Unity Catalog, {parts.hostname}, is named without "
                "https, and the token would be read on the way. It was not asked. Write https://…"
            )
        return host, token


def _refused(name: str, host: str, status: int, asked: Any) -> TableError:
    what = f"to {'write' if asked['operation'] != 'READ' else 'read'} it" if asked else "to see it"
    says = {
        401: "does not accept the token. Make another and put it into credentials.yml.",
        403: f"does not let this user {what}. Ask for the right (SELECT or MODIFY, and EXTERNAL "
        "USE SCHEMA).",
        404: "has no such table. Correct `table` in catalog.yml.",
    }
    told = says.get(status, f"answers {status}. Try again later.")
    return TableError(
        f"Table '{name}': Unity Catalog at {host} {told} Nothing was read or written."
    )


def _options(given: Mapping[str, Any]) -> dict[str, str]:
    """Write temporary credentials as settings of a store."""
    if isinstance(aws := given.get("aws_temp_credentials"), dict):
        return {ours: str(aws[theirs]) for theirs, ours in _FOR_AWS.items() if aws.get(theirs)}
    if isinstance(azure := given.get("azure_user_delegation_sas"), dict):
        return {"azure_storage_sas_token": str(azure.get("sas_token"))}
    if isinstance(google := given.get("gcp_oauth_token"), dict):
        return {"google_bearer_token": str(google.get("oauth_token"))}
    return {}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes to the host that was named, and to no other."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none: it is an answer like any other."""


_opener = urllib.request.build_opener(_NoRedirect)
