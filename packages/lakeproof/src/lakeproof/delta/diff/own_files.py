"""Two versions of a table without the files that both have: what is in those does not differ.

Each is opened by a log of its own that names the other files alone, so that the rows are read as
those of any version are. Not where a file's rows are not all of a version's (deletion vectors), nor
in an object store, where that would save less than it costs.
"""

import json
import os
import tempfile
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lakeproof.delta.log.log_view import PinnedTable
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.read.partition_values import as_texts, partition_values

_PLAIN = {"timestampNtz"}


def without_common_files(
    first: OpenedTable, second: OpenedTable
) -> tuple[OpenedTable, OpenedTable] | None:
    """Give both versions without the files they share; `None` where all must be read."""
    is_one_table = first.location.is_local and first.table_id == second.table_id
    if not is_one_table or os.path.realpath(first.location.uri) != os.path.realpath(
        second.location.uri
    ):
        return None
    if not all(map(is_plain, (first, second))):
        return None
    ours, theirs = (set(opened.rows_by_path()) for opened in (first, second))
    if not ours & theirs:
        return None
    parts = only_files(first, ours - theirs), only_files(second, theirs - ours)
    return (parts[0], parts[1]) if parts[0] is not None and parts[1] is not None else None


def is_plain(opened: OpenedTable) -> bool:
    """Tell whether the files of a version are all there is to know of its rows."""
    mapping = opened.table.metadata().configuration.get("delta.columnMapping.mode", "none")
    features = set(opened.table.protocol().reader_features or ())
    return features <= _PLAIN and mapping == "none"


def only_files(opened: OpenedTable, paths: set[str]) -> OpenedTable | None:
    """Give a version as if it had some of its files alone; `None` where that cannot be told.

    Args:
        opened: One that is on this disk and plain.
        paths: As the log spells them.
    """
    adds = list(_adds(opened, paths))
    if None in adds:
        return None
    table = opened.table
    protocol, metadata = table.protocol(), table.metadata()
    features = {"readerFeatures": protocol.reader_features} if protocol.reader_features else {}
    if protocol.writer_features:
        features["writerFeatures"] = protocol.writer_features
    actions = [
        {
            "protocol": {
                "minReaderVersion": protocol.min_reader_version,
                "minWriterVersion": protocol.min_writer_version,
                **features,
            }
        },
        {
            "metaData": {
                "id": str(uuid.uuid4()),
                "format": {"provider": "parquet", "options": {}},
                "schemaString": table.schema().to_json(),
                "partitionColumns": list(metadata.partition_columns),
                "configuration": dict(metadata.configuration),
            }
        },
        *adds,
    ]
    root = os.path.realpath(opened.location.uri)
    with tempfile.TemporaryDirectory(prefix="lakeproof-part-") as folder:
        folder = os.path.realpath(folder)
        log = Path(folder, "_delta_log")
        log.mkdir()
        lines = (json.dumps(action) for action in actions)
        (log / f"{0:020d}.json").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return replace(opened, table=PinnedTable(folder, root, 0))


def _adds(opened: OpenedTable, paths: set[str]) -> Iterable[dict[str, Any] | None]:
    actions = opened.table.get_add_actions(flatten=False)
    known = zip(
        *(actions[name].to_pylist() for name in ("path", "size_bytes", "modification_time")),
        strict=True,
    )
    values = partition_values(opened)
    columns = list(opened.table.metadata().partition_columns)
    texts = {column: as_texts(values[column]) for column in columns}
    rows = opened.rows_by_path()
    for number, (path, size, modified) in enumerate(known):
        if path not in paths:
            continue
        place: dict[str, str | None] = {}
        for column, text in texts.items():
            if text is None:
                yield None
                return
            place[column] = text[number]
        add = {"path": path, "partitionValues": place, "size": size, "dataChange": True}
        told = json.dumps({"numRecords": rows[path]})
        yield {"add": {**add, "modificationTime": modified, "stats": told}}
