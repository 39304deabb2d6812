"""How pins are shown: facts about them, as JSON and for people."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lakeproof.commands import retention
from lakeproof.commands.retention import TableRetention
from lakeproof.terminal import MISSING, layout
from lakeproof.versioned.pins import LATEST


@dataclass(frozen=True)
class TablePin:
    """A table as the catalog pins it.

    Args:
        table: The catalog name.
        version: The pinned version; `None` without a pin or with one by time.
        timestamp: The pinned time, ISO 8601.
        newest: The newest version; `None` where there is no readable table.
        file: The file with its entry, seen from the project; `None` where no file
            has it written out.
    """

    table: str
    version: int | None
    timestamp: str | None
    newest: int | None
    file: str | None


@dataclass(frozen=True)
class Change:
    """What became of one request.

    Args:
        table: The catalog name.
        file: The file with the entry, seen from the project.
        before: The version or time pinned until now; `None` for the latest.
        after: The version pinned from now on; `None` for the latest.
        is_changed: Whether the file is another one now.
        remark: What to know about the place.
    """

    table: str
    file: str
    before: int | str | None
    after: int | None
    is_changed: bool
    remark: str | None = None


def document(
    found: Sequence[TablePin], changes: Sequence[Change], kept: Sequence[TableRetention] = ()
) -> dict[str, Any]:
    """Make the JSON document: the pins as they are now, and what was changed to get there."""
    return {
        "pins": list(map(asdict, found)),
        "changes": [
            {"table": one.table, "file": one.file, "from": one.before, "to": one.after}
            for one in changes
            if one.is_changed
        ],
        "retention": retention.document(kept),
    }


def render(found: Sequence[TablePin]) -> str:
    """Write the pins for people."""
    if not found:
        return "The catalog has no Delta table."
    return layout(
        {"table": "left", "pin": "left", "newest": "right", "file": "left"},
        [
            [
                one.table,
                MISSING if (one.version, one.timestamp) == (None, None) else _shown(_either(one)),
                one.newest,
                one.file,
            ]
            for one in found
        ],
    )


def render_changes(changes: Sequence[Change], kept: Sequence[TableRetention] = ()) -> str:
    """Write what was changed for people: each file, from what and to what; then what is offered."""
    return "\n".join([*_lines(changes), *retention.render(kept)])


def _lines(changes: Sequence[Change]) -> Iterator[str]:
    for one in changes:
        if one.is_changed:
            yield f"{one.file}: {one.table}: {_shown(one.before)} -> {_shown(one.after)}"
        else:
            yield f"{one.file}: {one.table}: {_shown(one.after)} already, not changed"
    yield from dict.fromkeys(one.remark for one in changes if one.remark)


def _either(one: TablePin) -> int | str | None:
    return one.timestamp if one.version is None else one.version


def _shown(pinned: int | str | None) -> str:
    if pinned is None:
        return LATEST
    return f"version {pinned}" if isinstance(pinned, int) else f"as of {pinned}"
