"""Lay out tables for people, as wide as their terminal."""

import shutil
import sys
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import click

from lakeproof.spelling import spelled

MISSING = "-"
_GAP = "  "
_NARROWEST = 8


def layout(
    columns: Mapping[str, Literal["left", "right"]],
    rows: Sequence[Sequence[Any]],
    width: int | None = None,
    firm: Collection[str] = (),
) -> str:
    """Lay out rows in columns, cut to the terminal where there is one.

    Args:
        columns: Which way each is aligned, by heading.
        rows: The cells; `None` is shown as a dash.
        width: How wide a line may be; the terminal's width by default, without limit where
            standard output is not a terminal, so that nothing is lost in a pipe.
        firm: The columns that are cut only when all others are.
    """
    is_terminal = sys.stdout.isatty()
    if width is None and is_terminal:
        width = shutil.get_terminal_size().columns
    cells = [list(columns), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(_width(line[i]) for line in cells) for i in range(len(columns))]
    last = [heading in firm for heading in columns]
    while width is not None and sum(widths) + len(_GAP) * (len(widths) - 1) > width:
        wide = [i for i, size in enumerate(widths) if size > _NARROWEST]
        if not wide:
            break
        widths[min(wide, key=lambda i: (last[i], -widths[i]))] -= 1
    lines = [
        _GAP.join(
            _padded(_cut(cell, size), size, side)
            for cell, size, side in zip(line, widths, columns.values(), strict=True)
        ).rstrip()
        for line in cells
    ]
    if is_terminal:
        lines[0] = click.style(lines[0], bold=True)
    return "\n".join(lines)


def _shown(cell: Any) -> str:
    """Write a cell on one line, whoever wrote what is in it."""
    return MISSING if cell is None else spelled(str(cell), kept="")


def _width(text: str) -> int:
    """Count the terminal cells that a text takes."""
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


def _cut(text: str, size: int) -> str:
    if _width(text) <= size:
        return text
    while text and _width(text) > size - 1:
        text = text[:-1]
    return text + "…"


def _padded(text: str, size: int, side: str) -> str:
    padding = " " * (size - _width(text))
    return padding + text if side == "right" else text + padding
