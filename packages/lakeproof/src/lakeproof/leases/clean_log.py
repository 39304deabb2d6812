"""Take out of the log of a copy what gives rows away: bounds, sums, predicates of deletions.

A copy that is held outlives its table, and so would the least and greatest values of rows that are
erased there. Files are written anew, since those of a copy are links to the table's own.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# What a commit of an engine says in words of its own: predicates hold values.
_WORDS = ("predicate", "predicates", "mergePredicate", "matchedPredicates", "notMatchedPredicates")
_KEPT = ("numRecords", "tightBounds")
_OLD_NOTE = "content"


def clean_log(table: Path) -> None:
    """Rewrite the log of a copy, with the times that its files have: Spark dates versions by them.

    Args:
        table: The copy; nobody else has it yet.
    """
    log = table / "_delta_log"
    for path in sorted(log.rglob("*")):
        if path.suffix == ".json":
            _replace(path, _clean_lines(path))
        elif path.suffix == ".parquet":
            _clean_checkpoint(path)


def _clean_lines(path: Path) -> bytes:
    lines = path.read_bytes().splitlines()
    return b"".join(f"{json.dumps(_clean(json.loads(line)))}\n".encode() for line in lines if line)


def _clean(action: dict[str, Any]) -> dict[str, Any]:
    for change in (action.get("add"), action.get("remove")):
        if change and change.get("stats"):
            change["stats"] = _clean_stats(change["stats"])
    if info := action.get("commitInfo"):
        told = info.get("operationParameters") or {}
        info["operationParameters"] = {k: one for k, one in told.items() if k not in _WORDS}
        info["userMetadata"] = _clean_note(info.get("userMetadata"))
    return action


def _clean_stats(text: str | None) -> str | None:
    if text is None:
        return None
    told = json.loads(text)
    return json.dumps({key: told[key] for key in _KEPT if key in told}, separators=(",", ":"))


def _clean_note(text: Any) -> Any:
    """Leave out the sums that notes of ours once held; words of others stay."""
    try:
        note = json.loads(text)
        note.pop(_OLD_NOTE, None)
    except (TypeError, ValueError, AttributeError):
        return text
    return json.dumps(note, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _clean_checkpoint(path: Path) -> None:
    """Write the files of a checkpoint, or of a part of one, without bounds."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # One file, not a data set: the folder is none.
    found = pq.ParquetFile(path).read()
    for name in ("add", "remove"):
        if name in found.column_names:
            column = found[name].combine_chunks()
            fields = dict(_without_bounds(column))
            if not fields:
                continue
            is_missing = column.is_null()
            clean = pa.StructArray.from_arrays(
                list(fields.values()), names=list(fields), mask=is_missing
            )
            found = found.set_column(found.column_names.index(name), name, clean)
    sink = pa.BufferOutputStream()
    pq.write_table(found, sink)
    _replace(path, sink.getvalue().to_pybytes())


def _without_bounds(column: Any) -> Iterator[tuple[str, Any]]:
    import pyarrow as pa

    for place in range(column.type.num_fields):
        field = column.type.field(place)
        if field.name == "stats_parsed":
            continue
        values = column.field(place)
        if field.name == "stats":
            told = [_clean_stats(one) for one in values.to_pylist()]
            values = pa.array(told, field.type)
        yield field.name, values


def _replace(path: Path, content: bytes) -> None:
    told = os.stat(path)
    path.unlink()
    path.write_bytes(content)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))
