"""Which deliveries a table has taken: its transaction identifiers, set with their rows.

A table may begin anew: all deliveries are then taken again, and what it took before counts no more.
No identifier can be taken out of a log, so each beginning has a number, which they carry.
"""

import json
from dataclasses import dataclass, field

from lakeproof.delta.log.checkpoints import held, newest_whole
from lakeproof.delta.log.location import log_files
from lakeproof.delta.log.opened_table import OpenedTable

_DELIVERY_PREFIX = "delivery"
_BEGINNING = "deliveries"


@dataclass
class TakenDeliveries:
    """What a table has taken since it began.

    Args:
        beginning: How often it has begun anew.
        latest: By name, the sha256 of the content taken last, and how often one was taken.
        names: By sha256, the names under which a content was ever taken.
    """

    beginning: int = 0
    latest: dict[str, tuple[str, int]] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)

    def is_new(self, name: str, sha256: str) -> bool:
        """Tell whether the content taken last under a name is another."""
        return self.latest.get(name, ("", 0))[0] != sha256

    def count(self, name: str) -> int:
        """Tell how often a delivery of a name was taken."""
        return self.latest.get(name, ("", 0))[1]

    def other_name(self, name: str, sha256: str) -> str | None:
        """Give another name under which a content was taken, where it never was under this one."""
        names = self.names.get(sha256, set())
        return min(names) if names and name not in names else None

    def note(self, name: str, sha256: str, count: int) -> None:
        """Note that a content was taken."""
        self.names.setdefault(sha256, set()).add(name)
        if count > self.count(name):
            self.latest[name] = (sha256, count)


def taken_deliveries(opened: OpenedTable) -> TakenDeliveries:
    """Read the deliveries a table has taken from its transaction identifiers.

    delta-rs answers for one identifier at a time; here all of them are wanted, so the newest
    checkpoint and the commits after it are read.
    """
    filesystem, names = log_files(opened.location)
    start, checkpoint = newest_whole(names, opened.version)
    found: list[tuple[str, int]] = [
        (action["appId"], action["version"])
        for action in held(filesystem, checkpoint, "txn", "version", "appId")
    ]
    for version in range(start + 1, opened.version + 1):
        with filesystem.open_input_file(f"_delta_log/{version:020d}.json") as file:
            for line in file.read().splitlines():
                if b'"txn"' in line and (action := json.loads(line).get("txn")):
                    found.append((action["appId"], action["version"]))
    taken = TakenDeliveries(
        max((count for app_id, count in found if app_id == _BEGINNING), default=0)
    )
    prefix = _prefix(taken.beginning)
    for app_id, count in found:
        if app_id.startswith(prefix):
            name, _, sha256 = app_id.removeprefix(prefix).rpartition(":")
            taken.note(name, sha256, count)
    return taken


def delivery_transaction(name: str, sha256: str, count: int, beginning: int = 0) -> tuple[str, int]:
    """Name the transaction that takes a delivery: its name and content, counted per name.

    The count orders contents of one name, so that a file changed from A to B and back to A is taken
    three times.
    """
    return f"{_prefix(beginning)}{name}:{sha256}", count


def beginning_transaction(number: int) -> tuple[str, int]:
    """Name the transaction by which a table begins anew: nothing counts as taken after it."""
    return _BEGINNING, number


def _prefix(beginning: int) -> str:
    return f"{_DELIVERY_PREFIX}@{beginning}:" if beginning else f"{_DELIVERY_PREFIX}:"
