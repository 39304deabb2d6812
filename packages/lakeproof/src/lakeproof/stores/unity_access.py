"""Which Unity Catalog is asked, and as whom: both from one place, and neither shown.

A token belongs to a host. One of the user's own is never sent to a host that a project names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lakeproof.errors import TableError

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_NAME = re.compile(r"[A-Za-z0-9._:-]+")
_PATH = re.compile(r"[A-Za-z0-9/._-]*")
_NOTHING = "Nothing was read or written."


@dataclass(frozen=True)
class UnityAccess:
    """A catalog, and who asks it.

    Args:
        url: Where its API begins, without a slash at its end; not for messages.
        hostname: For messages.
        token: Never shown.
    """

    url: str = field(repr=False)
    hostname: str
    token: str = field(repr=False)

    @property
    def is_here(self) -> bool:
        """Tell a server of this machine."""
        return self.hostname in _LOOPBACK


def access_to(name: str, given: Mapping[str, str], around: Mapping[str, str]) -> UnityAccess:
    """Take host and token of the catalog's credentials, or else both of the environment.

    Args:
        name: The table, for messages.
        given: The credentials of its entry.
        around: The variables of the environment.

    Raises:
        TableError: If either is missing or is none; neither is quoted.
    """
    is_given = bool(given.get("host") or given.get("token"))
    host, token = (
        (given.get("host", ""), given.get("token", ""))
        if is_given
        else (around.get("DATABRICKS_HOST", ""), around.get("DATABRICKS_TOKEN", ""))
    )
    # A secret of a CI and a block of YAML end with a line's end.
    host, token = host.strip(), token.strip()
    if not host or not token:
        lacks = "no `host`" if not host else "no `token`"
        beside = " beside the other in its credentials" if is_given else ""
        raise TableError(
            f"Table '{name}' is to be found in Unity Catalog, and there is {lacks}{beside}. "
            f"{_NOTHING} Put both into an entry of credentials.yml and name it under "
            "`credentials`, or set DATABRICKS_HOST and DATABRICKS_TOKEN: a token is sent to the "
            "host alone that stands beside it."
        )
    if not _VISIBLE.fullmatch(token):
        raise TableError(
            f"Table '{name}': the `token` for Unity Catalog has a blank, a line's end or a letter "
            f"in it that no token has. {_NOTHING} Copy it anew into credentials.yml."
        )
    return _checked(name, host, token)


def _checked(name: str, host: str, token: str) -> UnityAccess:
    url = (host if "://" in host else f"https://{host}").rstrip("/")
    try:
        parts = urlsplit(url)
        hostname, _ = parts.hostname or "", parts.port
        is_plain = parts.username is None and not (parts.query or parts.fragment)
    except ValueError:
        hostname, is_plain = "", False
    is_web = url.lower().startswith(("https://", "http://"))
    is_whole = is_plain and _VISIBLE.fullmatch(url) and _NAME.fullmatch(hostname)
    if not is_web or not is_whole or not _PATH.fullmatch(parts.path):
        raise TableError(
            f"Table '{name}': the `host` of Unity Catalog is no address of a server and no more "
            f"(https://name), without user, password and query. {_NOTHING} Correct it where its "
            "token stands."
        )
    if parts.scheme != "https" and hostname not in _LOOPBACK:
        raise TableError(
            f"Table '{name}': the `host` of Unity Catalog, {hostname}, is named without "
            "https, and the token would be read on the way. It was not asked. Write https://…"
        )
    return UnityAccess(url, hostname, token)
