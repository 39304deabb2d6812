"""Lay out tables for people, as wide as their terminal."""

import io
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from lakeproof.spelling import spelled

MISSING = "-"
_GAP = 2
_NARROWEST = 8
# In a pipe, where nothing is cut.
_UNBOUNDED = 1_000_000


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
    # They cost 60 ms to import, which a command that prints no table does not pay.
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    is_terminal = sys.stdout.isatty()
    if width is None:
        width = shutil.get_terminal_size().columns if is_terminal else _UNBOUNDED
    cells = [[_shown(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    is_last = [heading in firm for heading in columns]
    while sum(widths) + _GAP * (len(widths) - 1) > width:
        wide = [i for i, size in enumerate(widths) if size > _NARROWEST]
        if not wide:
            break
        widths[min(wide, key=lambda i: (is_last[i], -widths[i]))] -= 1
    lines = []
    for line in (list(columns), *cells):
        fitted = map(_fitted, line, widths, columns.values())
        lines.append((" " * _GAP).join(fitted).rstrip())
    if is_terminal:
        # What a terminal can show, and `TERM` says, is rich's to know.
        console = Console(file=io.StringIO(), width=_UNBOUNDED, force_terminal=True)
        with console.capture() as captured:
            console.print(Text(lines[0], style="bold"), end="")
        lines[0] = captured.get()
    return "\n".join(lines)


def _fitted(cell: str, size: int, side: Literal["left", "right"]) -> str:
    if cell.isascii() and len(cell) <= size:
        return cell.ljust(size) if side == "left" else cell.rjust(size)
    # Not rich's `Table`: it takes a second for a thousand rows.
    from rich.text import Text

    text = Text(cell)
    text.truncate(size, overflow="ellipsis")
    text.align(side, size)
    return text.plain


def _shown(cell: Any) -> str:
    """Write a cell on one line, whoever wrote what is in it."""
    return MISSING if cell is None else spelled(str(cell), kept="")
