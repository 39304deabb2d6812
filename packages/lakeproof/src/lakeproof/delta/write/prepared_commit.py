"""A commit of delta-rs, made beside the table, held against it, and only then put into its log.

delta-rs 1.6 commits what it means, which is not always what was asked for. It writes the path of a
file that goes anew, with `Zürich` as `Z%C3%BCrich`, while Spark and whoever else writes URIs leaves
letters as they are, so that the file stays and its rows are there twice (delta-kernel-rs issue
2423). Setting a property, it has the protocol demand what no row needs. So it writes into a view of
the log; what it wrote is mended, looked at, and linked into the log, or nothing is.

Only on a local disk: a store takes the commit at once, and what would come out wrong is refused
before.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import deltalake

from lakeproof.delta.log.checkpoints import SIDECARS
from lakeproof.delta.log.data_files import decoded
from lakeproof.delta.log.handle import Handle
from lakeproof.delta.log.location import CHECKPOINT_FILE, COMMIT_FILE
from lakeproof.delta.log.log_view import needed_names
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.protocol_support import require_readable
from lakeproof.delta.write.table_rules import explained_rules
from lakeproof.delta.write.temporary_folders import folder_beside
from lakeproof.errors import TableError
from lakeproof.stores.patience import waiting

Kind = Literal["adds", "removes", "sets"]

_LOG = "_delta_log"
_INTERVAL = "delta.checkpointInterval"
_DEFAULT_INTERVAL = 100
# What delta-rs leaves as it is in a path, beside letters, digits and `-._~`.
_KEPT = "/!$&'()+,:;=@"
# What a column of its type asks of the protocol; all else that delta-rs adds nobody has asked for.
_ASKED_BY = {"timestampNtz": '"timestamp_ntz"'}


@contextmanager
def prepared(
    current: OpenedTable, rows: int | None, kind: Kind, personal: Collection[str] = ()
) -> Iterator[deltalake.DeltaTable]:
    """Give the handle by which delta-rs makes one commit; it counts when the block has ended.

    Args:
        current: The latest version, under the write lock.
        rows: How many rows the table has after it.
        kind: What it does; only that is looked at where nothing can be mended.
        personal: The columns of which no message shows a value.

    Raises:
        TableError: If the commit would not do what was asked for; the table is as it was.
        CommitFailedError: If somebody else has committed meanwhile.
    """
    if not current.location.is_local:
        _require_kept(current, kind)
        with waiting(f"table '{current.location.name}'", current.location.uri):
            yield current.table
        return
    root = Path(os.path.realpath(current.location.uri))
    with folder_beside(current.location, "commit") as folder:
        _link_view(root, folder, current)
        with explained_rules(current, shows_row=not personal):
            yield Handle(str(folder), version=current.version)
        made = folder / _LOG / f"{current.version + 1:020d}.json"
        if not made.exists():
            return
        _mend(made, current)
        new = _move_files(made, folder, root, set(map(decoded, _live(current))))
        try:
            _require_right(made, folder, current, rows)
            _publish(made, root / _LOG / made.name)
        except BaseException:
            for path in new:
                path.unlink(missing_ok=True)
            raise
    _checkpoint(current, root)


def is_kept(path: str) -> bool:
    """Tell whether delta-rs writes a path of the log as the log has it."""
    return quote(decoded(path), safe=_KEPT) == path


def _require_kept(current: OpenedTable, kind: Kind) -> None:
    trouble = None
    if kind == "removes" and not all(map(is_kept, _live(current))):
        trouble = "has data files whose paths delta-rs writes otherwise than the log, so that their"
        trouble += " rows would stay"
    elif kind == "sets" and current.table.protocol().min_reader_version > 1:
        trouble = "has table features, beside which delta-rs would set others"
    if trouble is not None:
        raise TableError(
            f"Table '{current.location.name}' {trouble}, and it is in an object store, where that "
            "is not mended. The table is as it was. Write to it with the engine that made it "
            "(engine: spark)."
        )


def _live(current: OpenedTable) -> list[str]:
    """List the paths of the files, as the log spells them."""
    return list(current.table.get_add_actions(flatten=False)["path"].to_pylist())


def _link_view(root: Path, folder: Path, current: OpenedTable) -> None:
    """Make a table of links: the log up to the version, and what lies in the table's folder."""
    names = os.listdir(root / _LOG)
    # A checkpoint tells all of a version, but delta-rs writes upon a commit alone.
    newest = {f"{current.version:020d}.json"}.intersection(names)
    needed = newest.union(needed_names(names, current.version))
    if needed == newest:
        needed.update(name for name in names if _is_until(current.version, name))
    paths = _live(current)
    are_kept = all(map(is_kept, paths))
    (folder / _LOG).mkdir()
    for name in needed:
        if are_kept or not COMMIT_FILE.fullmatch(name):
            (folder / _LOG / name).symlink_to(root / _LOG / name)
        else:
            _respell(root / _LOG / name, folder / _LOG / name)
    if (root / _LOG / SIDECARS).is_dir():
        (folder / _LOG / SIDECARS).symlink_to(root / _LOG / SIDECARS)
    for name in {decoded(path).partition("/")[0] for path in paths if "://" not in path} - {""}:
        (folder / name).symlink_to(root / name)


def _respell(commit: Path, copy: Path) -> None:
    """Copy a commit with paths as delta-rs would write them: it does not find `a?` by that name."""
    with commit.open(encoding="utf-8") as lines, copy.open("w", encoding="utf-8") as file:
        for action in map(json.loads, lines):
            for change in filter(None, (action.get("add"), action.get("remove"))):
                change["path"] = quote(decoded(change["path"]), safe=_KEPT)
            file.write(f"{json.dumps(action, ensure_ascii=False)}\n")


def _is_until(version: int, name: str) -> bool:
    match = COMMIT_FILE.fullmatch(name) or CHECKPOINT_FILE.fullmatch(name)
    return match is not None and int(match[1]) <= version


def _mend(made: Path, current: OpenedTable) -> None:
    """Have it name files and table as the log does, and the protocol ask what rows ask of it."""
    lines = made.read_text(encoding="utf-8").splitlines()
    actions = [json.loads(line) for line in lines]
    spelled = {decoded(path): path for path in _live(current)}
    schema = next((a["metaData"]["schemaString"] for a in actions if "metaData" in a), "")
    kept = []
    for action in actions:
        if metadata := action.get("metaData"):
            # With new columns a merge would make it another table: leases and records go by its id.
            metadata["id"] = current.table_id
        if remove := action.get("remove"):
            remove["path"] = spelled.get(decoded(remove["path"]), remove["path"])
        if protocol := action.get("protocol"):
            if not (asked := _asked(protocol, current, schema)):
                continue
            action = {"protocol": asked}
        kept.append(action)
    if kept == [json.loads(line) for line in lines]:
        return
    times = os.stat(made)
    with made.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(action, ensure_ascii=False)}\n" for action in kept)
        file.flush()
        os.fsync(file.fileno())
    # Spark dates a version by its file.
    os.utime(made, ns=(times.st_atime_ns, times.st_mtime_ns))


def _asked(protocol: Mapping[str, Any], current: OpenedTable, schema: str) -> dict[str, Any]:
    """Give what of a protocol a new column asks for; nothing where none does."""
    before = current.table.protocol()
    known = {*(before.reader_features or ()), *(before.writer_features or ())}
    new = {feature for feature, kind in _ASKED_BY.items() if kind in schema} - known
    if not new:
        return {}
    # What a protocol of an older number stands for is spelled out when it gets a new one.
    stood_for = set() if before.min_writer_version > 6 else _STOOD_FOR[before.min_writer_version]
    allowed = known | new | stood_for
    lists = ("readerFeatures", "writerFeatures")
    kept = {name: [f for f in protocol.get(name, ()) if f in allowed] for name in lists}
    return {**protocol, **kept}


_STOOD_FOR: dict[int, set[str]] = {
    1: set(),
    2: {"appendOnly", "invariants"},
    3: {"appendOnly", "invariants", "checkConstraints"},
    4: {"appendOnly", "invariants", "checkConstraints", "changeDataFeed", "generatedColumns"},
}


def _move_files(made: Path, folder: Path, root: Path, live: set[str]) -> list[Path]:
    """Move new data files into the table's folder, but for those that lie there already."""
    new = []
    for line in made.read_text(encoding="utf-8").splitlines():
        if (add := json.loads(line).get("add")) is None or decoded(add["path"]) in live:
            continue
        source, target = folder / decoded(add["path"]), root / decoded(add["path"])
        new.append(target)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(source, target)
    return new


def _require_right(made: Path, folder: Path, current: OpenedTable, rows: int | None) -> None:
    """Hold a commit against the table before it is one.

    Raises:
        TableError: If it removes what is not there, leaves other rows than it claims, or makes a
            table that cannot be opened.
    """
    name = current.location.name
    actions = list(map(json.loads, made.read_text(encoding="utf-8").splitlines()))
    require_readable(name, Handle(str(folder)))
    after = current.rows_by_path()
    gone = [action["remove"]["path"] for action in actions if "remove" in action]
    lost = [path for path in gone if after.pop(path, None) is None]
    come = (action["add"] for action in actions if "add" in action)
    after |= {add["path"]: _rows_of(add, current) for add in come}
    found = sum(after.values())
    if lost:
        trouble = f"would remove {lost[0]}, which is no file of it"
    elif rows is not None and found != rows:
        trouble = f"would have {found} rows, where {rows} should be"
    else:
        return
    raise TableError(
        f"Table '{name}' {trouble}: delta-rs prepared another commit than was asked for. Nothing "
        "was committed; the table is as it was. Write to it with the other engine, and report this."
    )


def _rows_of(add: Mapping[str, Any], current: OpenedTable) -> int:
    import pyarrow.parquet as pq

    told = json.loads(add.get("stats") or "{}").get("numRecords")
    if told is not None:
        return int(told)
    return int(pq.read_metadata(f"{current.location.uri}/{decoded(add['path'])}").num_rows)


def _publish(made: Path, target: Path) -> None:
    """Make it the next version; a version that is there already is not replaced."""
    try:
        os.link(made, target)
    except FileExistsError as error:
        raise deltalake.exceptions.CommitFailedError(f"{target.name} is there already") from error


def _checkpoint(current: OpenedTable, root: Path) -> None:
    """Make a checkpoint where delta-rs would have made one; the commit stands without it."""
    configured = current.table.metadata().configuration.get(_INTERVAL, "")
    interval = int(configured) if configured.isdigit() and int(configured) else _DEFAULT_INTERVAL
    if (current.version + 2) % interval == 0:
        with suppress(deltalake.exceptions.DeltaError, OSError):
            deltalake.DeltaTable(str(root)).create_checkpoint()
