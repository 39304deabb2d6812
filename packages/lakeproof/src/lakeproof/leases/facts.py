"""A lease: a run needs a version of a table until a day, or for ever."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from lakeproof.errors import LakeproofError

Strength = Literal["guarded", "promised", "held"]

# Both choose a path, and come from records and logs, which anybody may have written.
_TABLE_ID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RUN_ID = re.compile("[0-9a-f]{32}")
_FILE = re.compile(r"(\d{1,19})\.([0-9a-f]{32})\.json")
_MOST_CHARACTERS = 1_000
_TEXTS = ("table_id", "run_id", "why", "table", "uri", "env", "taken_at")


class LeaseError(LakeproofError):
    """A lease cannot be taken, read or given back."""


class Timed:
    """What stands until a moment, or for ever, and is written down as JSON."""

    until: str | None
    taken_at: str

    def is_over(self, now: datetime) -> bool:
        """Tell whether its time is over, which alone does not end it (see `store`)."""
        return self.until is not None and datetime.fromisoformat(self.until) < now

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps({"schema": 1, **vars(self)}, indent=1, sort_keys=True) + "\n"

    @property
    def has_zones(self) -> bool:
        """Tell whether its moments say which zone they are of."""
        moments = (self.taken_at, self.until)
        return all(one is None or datetime.fromisoformat(one).tzinfo is not None for one in moments)


@dataclass(frozen=True)
class Lease(Timed):
    """What a run needs of a table.

    Args:
        table_id: Delta's id of the table, a GUID.
        version: The version.
        run_id: MLflow's id of the run.
        until: ISO 8601 in UTC; `None` for ever.
        why: Why it was taken, in a few words.
        table: What the catalog calls the table.
        uri: Where the table was, relative to the project where it lies inside.
        env: The Kedro environment of the run, whose catalog names the table.
        taken_at: ISO 8601 in UTC.
        is_held: Whether a copy of the version stands outside of the table's folder.
    """

    table_id: str
    version: int
    run_id: str
    until: str | None
    why: str
    table: str
    uri: str
    env: str
    taken_at: str
    is_held: bool = False

    @property
    def file(self) -> str:
        """Name the file that it is written to, in the folder of its table."""
        return f"{self.version}.{self.run_id}.json"

    @classmethod
    def from_json(cls, text: str | bytes, table_id: str, file: str, place: str) -> "Lease":
        """Read a lease back, and hold it against the name of its file.

        Args:
            text: What is in the file.
            table_id: The table whose folder it is in.
            file: Its name there.
            place: The folder, for messages.

        Raises:
            LeaseError: If it is damaged: what it means to keep is not known then.
        """
        try:
            content = json.loads(text)
            schema = content.pop("schema")
            found = cls(**content)
            require_ids(found.table_id, found.run_id)
            is_right = (
                schema == 1
                and (found.table_id, found.file) == (table_id, file)
                and type(found.version) is int
                and type(found.is_held) is bool
                and all(_is_text(getattr(found, name)) for name in _TEXTS)
                and found.has_zones
            )
            if not is_right:
                raise ValueError("it is not what its name says")
        except (
            LeaseError,
            TypeError,
            ValueError,
            AttributeError,
            KeyError,
            RecursionError,
        ) as error:
            raise LeaseError(
                f"The lease {file} in {place} cannot be read ({str(error)[:200]}), so what it "
                "keeps is not known. Nothing was deleted. If no run needs it, remove that file."
            ) from error
        return found


def require_ids(table_id: str, run_id: str) -> None:
    """Refuse ids that would lead elsewhere than into the folder of a table.

    Raises:
        LeaseError: Naming the one.
    """
    if not is_table_id(table_id):
        raise LeaseError(
            f"'{table_id[:80]}' is no id of a Delta table, and no lease is taken on it. Nothing "
            "was written."
        )
    require_run_id(run_id)


def require_run_id(run_id: str) -> None:
    """Refuse what is no id of an MLflow run.

    Raises:
        LeaseError: Naming it.
    """
    if not _RUN_ID.fullmatch(run_id):
        raise LeaseError(f"'{run_id[:80]}' is no id of a run. Nothing was written.")


def is_table_id(text: str) -> bool:
    """Tell whether a table of this id may have leases."""
    return _TABLE_ID.fullmatch(text) is not None


def is_lease_file(name: str) -> bool:
    """Tell a lease by the name of its file."""
    return _FILE.fullmatch(name) is not None


def held_together(leases: Iterable[Lease]) -> dict[str, tuple[frozenset[int], ...]]:
    """Give what is held of each table, by its id: the versions of one run together, like ones once.

    Args:
        leases: Those that are not held count for nothing.
    """
    by_run: dict[tuple[str, str], set[int]] = {}
    for lease in leases:
        if lease.is_held:
            by_run.setdefault((lease.table_id, lease.run_id), set()).add(lease.version)
    found: dict[str, dict[frozenset[int], None]] = {}
    for (table_id, _), versions in by_run.items():
        found.setdefault(table_id, {})[frozenset(versions)] = None
    return {table_id: tuple(some) for table_id, some in found.items()}


def moment(when: datetime) -> str:
    """Write a moment as leases do."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def in_words(until: str | None) -> str:
    """Write until when a lease is, for people."""
    return "for ever" if until is None else f"until {until[:10]}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _MOST_CHARACTERS
