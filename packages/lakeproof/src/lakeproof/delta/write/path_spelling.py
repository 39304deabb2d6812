"""Files whose paths delta-rs would write otherwise than the log has them, under other names.

A `remove` names a file by the text of its path. delta-rs 1.6 writes that text anew, with `Zürich`
as `Z%C3%BCrich`, while Spark, and whoever else writes URIs, leaves letters as they are: what
delta-rs means to remove then stays, and its rows are there twice. Such files get another name, in a
commit of their own that changes no row, before delta-rs removes any. To go once it keeps the text
(delta-kernel-rs issue 2423 tells of the two spellings).
"""

import json
import os
import shutil
import tempfile
import time
import uuid
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from lakeproof.delta.log.location import log_files
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import find_commit
from lakeproof.delta.read.partition_values import as_texts, partition_values
from lakeproof.delta.read.writers import footers
from lakeproof.delta.write.footers import statistics_of
from lakeproof.errors import TableError
from lakeproof.version import VERSION

if TYPE_CHECKING:
    from lakeproof.delta.log.commit_metadata import CommitNote

# What delta-rs leaves as it is, beside letters, digits and `-._~`.
_KEPT = "/!$&'()+,:;=@"


def is_kept(path: str) -> bool:
    """Tell whether delta-rs writes a path of the log as the log has it."""
    return quote(unquote(path), safe=_KEPT) == path


def respelled(current: OpenedTable, note: "CommitNote") -> OpenedTable:
    """Give the table as delta-rs can remove files from it: with other names for some, if need be.

    Args:
        current: The latest version, under the write lock.
        note: Says who writes; the content is that of the version.

    Raises:
        TableError: If it takes another name for a file and the store gives none.
    """
    from lakeproof.delta.read.versions import facts_of

    actions = current.table.get_add_actions(flatten=False)
    paths = actions["path"].to_pylist()
    sizes = actions["size_bytes"].to_pylist()
    others = [number for number, path in enumerate(paths) if not is_kept(path)]
    if not others:
        return current
    if not current.location.is_local:
        raise _refusal(current, "it is in an object store")
    facts = facts_of(current)
    note = replace(
        note,
        rows=current.rows(),
        digest=facts.digest if facts is not None else None,
        content=facts.to_json() if facts is not None else None,
        follows=current.version,
        delivery=None,
        commit_id=uuid.uuid4().hex,
    )
    values = partition_values(current)
    columns = list(current.table.metadata().partition_columns)
    texts = {column: as_texts(values[column]) for column in columns}
    root, now = Path(current.location.uri), int(time.time() * 1000)
    changes: list[dict[str, Any]] = [{"commitInfo": _info(current, note, now)}]
    for number in others:
        place = {}
        for column, known in texts.items():
            if known is None:
                raise _refusal(current, f"column '{column}' lays out its files")
            place[column] = known[number]
        old = unquote(paths[number])
        new = _renamed(old)
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        _link(root / old, root / new)
        both = {"partitionValues": place, "size": sizes[number], "dataChange": False}
        gone = {"path": paths[number], "deletionTimestamp": now, "extendedFileMetadata": True}
        come = {
            "path": quote(new, safe=_KEPT),
            "modificationTime": os.stat(root / new).st_mtime_ns // 1_000_000,
            "stats": _statistics(current, old),
        }
        changes += [{"remove": {**gone, **both}}, {"add": {**come, **both}}]
    _commit(current, changes)
    return find_commit(current.location, current.version, note.commit_id)


def _info(current: OpenedTable, note: "CommitNote", now: int) -> dict[str, Any]:
    return {
        "timestamp": now,
        "operation": "RENAME FILES",
        "operationParameters": {},
        "readVersion": current.version,
        "isBlindAppend": False,
        "engineInfo": f"lakeproof:{VERSION}",
        "userMetadata": note.to_json(),
    }


def _commit(current: OpenedTable, actions: list[dict[str, Any]]) -> None:
    """Make the next commit, or none; delta-rs would write the paths of removed files anew, too."""
    log = Path(current.location.uri, "_delta_log")
    lines = (json.dumps(action, ensure_ascii=False) for action in actions)
    handle, draft = tempfile.mkstemp(dir=log, prefix=".", suffix=".tmp")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(handle)
        os.chmod(draft, 0o644)
        # A name that is there already is not replaced.
        os.link(draft, log / f"{current.version + 1:020d}.json")
    finally:
        os.unlink(draft)


def _refusal(current: OpenedTable, reason: str) -> TableError:
    return TableError(
        f"Table '{current.location.name}' has data files whose paths delta-rs writes otherwise "
        f"than the log, so that their rows would stay, and {reason}, where they get no other "
        "names. The table is as it was. Write to it with the engine that made it (engine: spark)."
    )


def _renamed(path: str) -> str:
    """Give a new name in a folder that every writer spells alike."""
    folder = quote(str(PurePosixPath(path).parent), safe=f"%{_KEPT}")
    return str(PurePosixPath(folder) / f"part-{uuid.uuid4()}{PurePosixPath(path).suffix}")


def _link(old: Path, new: Path) -> None:
    try:
        os.link(os.path.realpath(old), new)
    except OSError:
        # With its time, by which its content is believed.
        shutil.copy2(old, new)


def _statistics(current: OpenedTable, path: str) -> str:
    """Say of a file what may be believed: all that Spark's library says, else how many rows."""
    import pyarrow.parquet as pq

    filesystem, _ = log_files(current.location)
    (footer,) = footers(current, [path])
    if footer.is_of_java and not footer.has_int96:
        return statistics_of(filesystem, path)
    with filesystem.open_input_file(path) as source:
        return json.dumps({"numRecords": pq.read_metadata(source).num_rows})
