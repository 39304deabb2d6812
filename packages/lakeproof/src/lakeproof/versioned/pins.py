"""Which version of a table is asked for, and by whom.

A pin is what a person wrote; turning it into a version of a table that exists is `log.resolve`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from lakeproof.configuration import read
from lakeproof.errors import PinError
from lakeproof.spelling import typed

LATEST = "latest"


@dataclass(frozen=True)
class Pin:
    """One version of a table, by number or as of a moment.

    Args:
        source: Where it was written, for messages: the flag or the catalog.
        version: The Delta version; 0 is one.
        timestamp: The moment, in UTC; the newest version committed by then is meant.
    """

    source: Literal["--load-versions", "the catalog"]
    version: int | None = None
    timestamp: datetime | None = None

    def __str__(self) -> str:
        """Write the pin as it stands in a sentence."""
        if self.timestamp is not None:
            return f"the version as of {self.timestamp.isoformat()} ({self.source})"
        return f"version {self.version} ({self.source})"


@dataclass(frozen=True)
class _LoadArgs:
    """The `load_args` of a catalog entry, which are a pin and nothing else."""

    version: Any = None
    timestamp: Any = None


def choose_pin(table: str, flag: str | None, load_args: Mapping[str, Any]) -> Pin | None:
    """Apply the order of precedence: the flag, then the catalog, then none.

    Args:
        table: The catalog name, for messages.
        flag: What `--load-versions` says of this table, as Kedro hands it on.
        load_args: The catalog entry's `load_args`.

    Returns:
        The pin, or `None` for the latest version.

    Raises:
        PinError: If the value is neither a version number nor, in the catalog, a time.
    """
    if flag is not None:
        if flag == LATEST:
            return None
        return Pin("--load-versions", version=_version(table, flag, "--load-versions"))
    where = f"load_args of the catalog entry '{table}'"
    advice = "Nothing was run. Correct the entry in conf/<environment>/catalog.yml"
    args = read(
        _LoadArgs,
        load_args,
        where,
        PinError,
        advice,
    )
    version, timestamp = args.version, args.timestamp
    if version is not None and timestamp is not None:
        raise PinError(
            f"The catalog entry '{table}' is pinned twice: version {version} and timestamp "
            f"{timestamp}. Keep one of them."
        )
    # `is not None`: version 0 is a version.
    if version is not None:
        return Pin("the catalog", version=_version(table, version, "load_args.version"))
    if timestamp is not None:
        return Pin("the catalog", timestamp=_moment(table, timestamp))
    return None


def _version(table: str, value: Any, place: str) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit():
        raise PinError(
            f"{place} of table '{table}' is {value!r}, which is not a version number. Nothing was "
            f"run. List the versions: {typed('kedro history', table)}"
        )
    return int(text)


def _moment(table: str, value: Any) -> datetime:
    """Read a YAML timestamp or ISO 8601 text; without a zone it is UTC."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise PinError(
            f"load_args.timestamp of table '{table}' is {value!r}, which is not an ISO 8601 time "
            'such as "2026-01-31T00:00:00Z". Nothing was run.'
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
