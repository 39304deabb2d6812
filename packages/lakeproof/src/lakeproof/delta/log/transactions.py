"""Which deliveries a table has taken: its transaction identifiers, set with their rows."""

import json

from lakeproof.delta.log.checkpoints import held, newest_whole
from lakeproof.delta.log.location import log_files
from lakeproof.delta.log.opened_table import OpenedTable

_DELIVERY_PREFIX = "delivery:"


def taken_deliveries(opened: OpenedTable) -> dict[str, tuple[str, int]]:
    """Read the deliveries a table has taken from its transaction identifiers.

    delta-rs answers for one identifier at a time; here all of them are wanted, so the newest
    checkpoint and the commits after it are read.

    Returns:
        By delivery name, the sha256 of the content taken last, and how often one was taken.
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
    taken: dict[str, tuple[str, int]] = {}
    for app_id, count in found:
        if app_id.startswith(_DELIVERY_PREFIX):
            name, _, sha256 = app_id.removeprefix(_DELIVERY_PREFIX).rpartition(":")
            if count > taken.get(name, ("", 0))[1]:
                taken[name] = (sha256, count)
    return taken


def delivery_transaction(name: str, sha256: str, count: int) -> tuple[str, int]:
    """Name the transaction that takes a delivery: its name and content, counted per name.

    The count orders contents of one name, so that a file changed from A to B and back to A is taken
    three times.
    """
    return f"{_DELIVERY_PREFIX}{name}:{sha256}", count
