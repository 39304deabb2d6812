"""Sections for a terminal: what is long is cut, or left to JSON and to the page."""

from collections.abc import Iterable, Iterator
from typing import Literal

from lakeproof.terminal import layout
from lakeproof.views.blocks import (
    Block,
    Cell,
    Commands,
    Facts,
    Listing,
    Section,
    Sentences,
    Table,
)
from lakeproof.views.values import shortened

_MOST_SIDE_ROWS = 10


def write(sections: Iterable[Section]) -> str:
    """Write sections one beneath another, a blank line between their blocks.

    A title stands above where the first block has no heading of its own. Digests and commits are
    cut to what people compare. Notes, pictures, long lists of names and listings on the side are
    left out.
    """
    return "\n\n".join(part for section in sections for part in _parts(section) if part)


def _parts(section: Section) -> Iterator[str]:
    title = section.title
    for block in section.blocks:
        yield _block(title, block)
        title = ""


def _block(title: str, block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Facts):
        return _pairs(title, [(name, one.text) for name, one in block.pairs])
    if isinstance(block, Commands):
        return _pairs(title, block.items)
    if isinstance(block, Sentences):
        heading = [layout({title: "left"}, [])] if title else []
        return "\n".join([*heading, *(f"- {shortened(one)}" for one in block.items)])
    if isinstance(block, Listing) and not block.is_side:
        lines = layout({title: "left"}, [[line] for line in block.text.splitlines()])
        return lines if title else lines.partition("\n")[2]
    return ""


def _pairs(title: str, pairs: Iterable[tuple[str, str]]) -> str:
    rows = [[shortened(name), shortened(text)] for name, text in pairs]
    lines = layout({title: "left", " ": "left"}, rows, firm=[title])
    return lines if title else lines.partition("\n")[2]


def _table(table: Table) -> str:
    columns: dict[str, Literal["left", "right"]] = {
        one.text: "right" if one.style == "number" else "left" for one in table.headings
    }
    firm = [table.headings[0].text, *(one.text for one in table.headings if one.style == "verdict")]
    most = _MOST_SIDE_ROWS if table.is_side else len(table.rows)
    more = len(table.rows) - most
    lines = [layout(columns, [list(_cells(row)) for row in table.rows[:most]], firm=firm)]
    return "\n".join([*lines, *([f"… and {more} more"] if more > 0 else [])])


def _cells(row: Iterable[Cell]) -> Iterator[str]:
    for cell in row:
        yield shortened(cell.text)
        yield from [""] * (cell.span - 1)
