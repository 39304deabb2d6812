"""The ids that a table has had: delta-rs 1.6 gives it another one with each merge of new columns.

A lease is on a version under the id that the table had then, and goes on after it has another one.
"""

import json
import os
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from lakeproof.delta.log.checkpoints import held
from lakeproof.delta.log.location import CHECKPOINT_FILE, COMMIT_FILE, log_files
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_to_read
from lakeproof.errors import LakeproofError
from lakeproof.leases.facts import is_lease_file, is_table_id
from lakeproof.leases.folders import BESIDE
from lakeproof.stores import files as stores
from lakeproof.versioned.location import Location

_ACTION = b'"metaData"'


def ids_of(newest: OpenedTable) -> frozenset[str]:
    """Name the ids that a table has now and had before, as far as its log reaches.

    Of one in a store, whose log is long to read, those under which somebody leases a version:
    whoever does writes it beside the table.

    Args:
        newest: Its newest version.
    """
    location = newest.location
    found = _in_log(location) if location.is_local else _beside(newest)
    return frozenset({newest.table_id, *found})


def _in_log(location: Location) -> set[str]:
    filesystem, names = log_files(location)
    commits = {int(match[1]): name for name in names if (match := COMMIT_FILE.fullmatch(name))}
    unknown = list(_beyond_commits(names, commits))
    found = {str(one["id"]) for one in held(filesystem, unknown, "metaData", "id")}
    for name in commits.values():
        path = f"{location.uri}/_delta_log/{name}"
        told = os.stat(path)
        found |= _in_commit(path, told.st_ino, told.st_size, told.st_mtime_ns)
    return found


def _beyond_commits(names: Iterable[str], commits: Container[int]) -> Iterator[str]:
    """Yield the checkpoints that may know of ids which no commit that is there gave."""
    parts: dict[int, list[str]] = defaultdict(list)
    for name in names:
        if match := CHECKPOINT_FILE.fullmatch(name):
            parts[int(match[1])].append(name)
    known = -1
    for version, whole in sorted(parts.items()):
        if not all(number in commits for number in range(known + 1, version + 1)):
            yield from whole
        known = version


# One command asks several times, and a log may be long.
@lru_cache(maxsize=2**16)
def _in_commit(path: str, *_of_the_file: int) -> frozenset[str]:
    content = Path(path).read_bytes()
    lines = content.splitlines() if _ACTION in content else ()
    told = (json.loads(line).get("metaData") for line in lines)
    return frozenset(str(one["id"]) for one in told if one)


def _beside(newest: OpenedTable) -> set[str]:
    location, found = newest.location, set[str]()
    for file in stores.listed(location.uri, location.storage_options, BESIDE):
        table_id, name = file.path.split("/")[-2:]
        is_lease = is_table_id(table_id) and is_lease_file(name) and table_id not in found
        if is_lease and _may_be(newest, int(name.partition(".")[0]), table_id):
            found.add(table_id)
    return found


def _may_be(newest: OpenedTable, version: int, table_id: str) -> bool:
    """Tell whether a version had an id: also if it is lost, but not one that is still to come."""
    if version > newest.version:
        return False
    try:
        return open_to_read(newest.location, version).table_id == table_id
    except LakeproofError:
        return True
