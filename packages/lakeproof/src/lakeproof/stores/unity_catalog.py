"""Tables of Unity Catalog: a name becomes a place, an id and credentials for a while, by its API.

Public API of Databricks and of unitycatalog.io: `GET /api/2.1/unity-catalog/tables/{name}` and
`POST /api/2.1/unity-catalog/temporary-table-credentials`. Tried against a server of our own on this
machine, never against theirs.
"""

import http.client
import json
import os
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from lakeproof.errors import TableError
from lakeproof.stores.addresses import place_of
from lakeproof.stores.unity_access import access_to

if TYPE_CHECKING:
    from lakeproof.stores.unity_answers import T

Operation = Literal["READ", "READ_WRITE"]

_API = "/api/2.1/unity-catalog"
_TIMEOUT_SECONDS = 30
# Before credentials end, others are asked for: a commit may take a while.
_EARLY_MS = 5 * 60_000
_REASONS = (
    (TimeoutError, f"nothing in {_TIMEOUT_SECONDS} s"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "the connection was closed"),
    (socket.gaierror, "no such host"),
    (ssl.SSLError, "its certificate is not accepted"),
    (http.client.IncompleteRead, "its answer is not whole"),
    (http.client.HTTPException, "it does not speak HTTP"),
)


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
        from lakeproof.stores.unity_answers import KeysAnswer, TableAnswer

        found = self._call(name, TableAnswer, f"/tables/{quote(name, safe='')}", None)
        kind, place = found.data_source_format, found.storage_location
        if kind not in (None, "DELTA") or not place or not found.table_id:
            raise TableError(
                f"'{name}' is no Delta table with a place in Unity Catalog, but "
                f"{found.table_type or 'something'} of format {kind}. Nothing was read or "
                "written. Correct `table` in catalog.yml."
            )
        place = place_of(place, f"The place of '{name}' in Unity Catalog", TableError)
        wanted = {"table_id": found.table_id, "operation": operation}
        given = self._call(name, KeysAnswer, "/temporary-table-credentials", wanted)
        others = {key: one for key, one in self._given.items() if key not in ("host", "token")}
        ends = given.expiration_time or int(time.time() * 1000) + 2 * _EARLY_MS
        options = {**others, **given.options()}
        return CatalogTable(name, found.table_id, place.rstrip("/"), options, ends)

    def _call(self, name: str, kind: "type[T]", path: str, body: Any) -> "T":
        """Ask: for a table by GET, for credentials by POST."""
        from lakeproof.stores.unity_answers import read

        access = access_to(name, self._given, os.environ)
        request = urllib.request.Request(
            f"{access.url}{_API}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method="GET" if body is None else "POST",
            headers={
                "Authorization": f"Bearer {access.token}",
                "Content-Type": "application/json",
            },
        )
        opener = _direct if access.is_here else _opener
        try:
            with opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                said = read(kind, answer.read())
        except urllib.error.HTTPError as error:
            raise _refused(name, access.hostname, error.code, body) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise TableError(
                f"Table '{name}': Unity Catalog at {access.hostname} does not answer "
                f"({_reason(error)}). Nothing was read or written. Try again later, or correct "
                "`host`."
            ) from error
        if said is None:
            raise TableError(
                f"Table '{name}': what answers at {access.hostname} is no Unity Catalog. Nothing "
                "was read or written. Correct `host`."
            )
        return said


def _reason(error: Exception) -> str:
    """Say why nothing came, in words of ours: a library's may hold what was sent."""
    inner = getattr(error, "reason", error)
    for kind, words in _REASONS:
        if isinstance(inner, kind):
            return words
    return "no connection"


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


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes to the host that was named, and to no other."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none: it is an answer like any other."""


_opener = urllib.request.build_opener(_NoRedirect)
# To this machine by no proxy: it would read the token.
_direct = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
