"""What `kedro viz` shows of a table: the version that a load would read, who wrote it, its rows.

Read with delta-rs whichever engine the catalog names: looking at a project starts no JVM. JSON,
for of the forms that kedro-viz draws, its table has no place for a version, and its HTML takes the
underscores of a column's name for Markdown. Not for history: that is `kedro history`.
"""

import json
from collections.abc import Collection
from typing import Any

from lakeproof.delta.log.commits import entries, iso_time
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.read.scan import scan
from lakeproof.spelling import PERSONAL
from lakeproof.versioned.pins import Pin

_MOST_COLUMNS = 200
_MOST_CHARACTERS = 60
_ID_CHARACTERS = 8


def nothing(reason: str) -> str:
    """Say in a sentence why there is nothing to show."""
    return json.dumps({"nothing to show": reason}, ensure_ascii=False)


def preview(
    pin: Pin | None, opened: OpenedTable, nrows: int, personal: Collection[str] = ()
) -> str:
    """Show a version.

    Args:
        pin: Who asked for this one, if somebody did.
        opened: What a load would read now.
        nrows: How many rows to show; they are the first that lie there, in no order of theirs.
        personal: The columns of which no value is shown.
    """
    columns = dict(list(opened.columns.items())[:_MOST_COLUMNS])
    left_out = len(opened.columns) - len(columns)
    shown = {
        "version": opened.version,
        "pinned by": pin.source if pin else None,
        "rows": opened.rows(),
        "written": _written(opened),
        "table id": opened.table_id,
        f"columns: type | first {nrows} rows": _columns(opened, columns, nrows, personal),
        "columns not shown": left_out or None,
    }
    return json.dumps(_known(shown), ensure_ascii=False)


def _written(opened: OpenedTable) -> dict[str, Any] | None:
    """Say who wrote the version, as far as its commit does."""
    entry = next(entries(opened.location, opened.version, opened.version), None)
    if entry is None:
        # The commit was cleaned away; a checkpoint holds the table.
        return None
    facts = {"at": iso_time(entry.timestamp), "operation": entry.operation}
    note = entry.note
    if note is None:
        return _known({**facts, "by": "no run of this project"})
    return _known(
        {
            **facts,
            "by node": note.node,
            "in run": note.run_id and note.run_id[:_ID_CHARACTERS],
            "of commit": note.git_commit and note.git_commit[:_ID_CHARACTERS],
            "from delivery": note.delivery and note.delivery.name,
            "content": note.digest,
        }
    )


def _columns(
    opened: OpenedTable, columns: dict[str, str], nrows: int, personal: Collection[str]
) -> dict[str, str]:
    """Put schema and first rows into one line per column, so that a wide table fits a panel."""
    open_ones = [name for name in columns if name not in personal]
    rows = scan(opened).select(open_ones).head(nrows).collect()
    return {
        name: f"{kind} | {PERSONAL}"
        if name in personal
        else " | ".join([kind, *(_cell(value) for value in rows[name].to_list())])
        for name, kind in columns.items()
    }


def _cell(value: Any) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
