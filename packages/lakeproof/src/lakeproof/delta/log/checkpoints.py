"""The checkpoints of a log: which are whole, and what is in them.

One is a file, or several parts, or (of version 2) a file under a name of its own with sidecars that
hold the table's files. delta-rs reads all of them; here are those that copies of a log need, and
the actions that delta-rs does not tell of.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lakeproof.delta.log.location import CHECKPOINT_FILE

if TYPE_CHECKING:
    import pyarrow.fs

SIDECARS = "_sidecars"
_LOG = "_delta_log"


def newest_whole(names: Iterable[str], version: int) -> tuple[int, list[str]]:
    """Find the newest checkpoint up to a version of which all parts are there.

    Args:
        names: All names in `_delta_log`.
        version: The version.

    Returns:
        Its version and its files; -1 and none where there is no such checkpoint.
    """
    found: dict[int, list[str]] = defaultdict(list)
    for name in names:
        # Looked for first: it is a tenth of matching ten thousand names.
        if ".checkpoint" in name and (match := CHECKPOINT_FILE.fullmatch(name)):
            found[int(match[1])].append(name)
    for number in sorted((number for number in found if number <= version), reverse=True):
        if whole := _whole(found[number]):
            return number, whole
    return -1, []


def _whole(names: list[str]) -> list[str]:
    """Pick a checkpoint that is one file, or one of which all parts are there."""
    by_count: dict[str | None, list[str]] = defaultdict(list)
    for name in names:
        match = CHECKPOINT_FILE.fullmatch(name)
        by_count[match[2] if match else None].append(name)
    if None in by_count:
        # Of several that say the same, the classic one: its name is the shortest.
        return [min(by_count[None], key=lambda name: (len(name), name))]
    return next((sorted(p) for count, p in by_count.items() if count and len(p) == int(count)), [])


def held(
    filesystem: "pyarrow.fs.FileSystem", names: Iterable[str], kind: str, *needed: str
) -> Iterator[dict[str, Any]]:
    """Yield the actions of one kind that a checkpoint holds.

    Args:
        filesystem: That of the table's folder.
        names: The files of the checkpoint.
        kind: `add`, `txn`, `sidecar`.
        needed: The fields wanted of each; those where the last is missing are left out.
    """
    names = list(names)
    files = [f"{_LOG}/{name}" for name in names]
    if kind == "add":
        files += [f"{_LOG}/{SIDECARS}/{name}" for name in sidecars(filesystem, names)]
    for file in files:
        yield from _in_file(filesystem, file, kind, needed)


def sidecars(filesystem: "pyarrow.fs.FileSystem", names: Iterable[str]) -> list[str]:
    """List the files in `_sidecars` that belong to a checkpoint."""
    own_name = (name for name in names if _is_of_version_two(name))
    return [
        str(action["path"])
        for name in own_name
        for action in _in_file(filesystem, f"{_LOG}/{name}", "sidecar", ("path",))
    ]


def _is_of_version_two(name: str) -> bool:
    """Tell by its name a checkpoint that may have sidecars; a classic name may be one, too."""
    match = CHECKPOINT_FILE.fullmatch(name)
    return match is not None and match[2] is None


def _in_file(
    filesystem: "pyarrow.fs.FileSystem", path: str, kind: str, needed: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    with filesystem.open_input_file(path) as file:
        if path.endswith(".json"):
            lines = (json.loads(line) for line in file.read().splitlines())
            found = [line[kind] for line in lines if line.get(kind)]
        else:
            found = _in_parquet(file, kind, needed)
    yield from (action for action in found if action.get(needed[-1]) is not None)


def _in_parquet(file: Any, kind: str, needed: tuple[str, ...]) -> list[dict[str, Any]]:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    parquet = pq.ParquetFile(file)
    if kind not in parquet.schema_arrow.names:
        return []
    known = {field.name for field in parquet.schema_arrow.field(kind).type}
    if needed[-1] not in known:
        return []
    table = parquet.read(columns=[f"{kind}.{name}" for name in needed])
    actions = table[kind].combine_chunks()
    return list(actions.filter(pc.struct_field(actions, needed[-1]).is_valid()).to_pylist())
