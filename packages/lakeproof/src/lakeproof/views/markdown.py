"""Sections in Markdown, in which nothing that came from a run is markup."""

import re
from collections.abc import Iterable, Iterator

from lakeproof.spelling import spelled
from lakeproof.terminal import MISSING
from lakeproof.views.blocks import Block, Cell, Commands, Facts, Section, Sentences, Table
from lakeproof.views.values import shortened

_NUMBER = re.compile(r"[0-9A-Za-z.+ -]+")
_MOST_ROWS = 20
_LONGEST_TEXT = 500


def write(sections: Iterable[Section]) -> str:
    """Write sections as paragraphs; each title in bold, where it has one.

    Notes, listings, pictures and long lists of names are left out.
    """
    return "\n\n".join(part for section in sections for part in _parts(section) if part)


def literal(text: object) -> str:
    """Write text that came from a run so that Markdown leaves it alone, also within a table."""
    line = spelled(" ".join(str(text).split()), kept="")
    return f"`{line.replace('`', chr(39)).replace('|', chr(92) + '|')}`" if line else ""


def bounded(text: str, longest: int, rest: str) -> str:
    """Cut Markdown after a whole line: half a row of a table would be read as another one.

    Args:
        text: All of it.
        longest: How many characters there may be.
        rest: What stands in the place of what is cut.
    """
    if len(text) <= longest:
        return text
    return text[: longest - len(rest) - 2].rpartition("\n")[0] + f"\n\n{rest}"


def _parts(section: Section) -> Iterator[str]:
    if section.title and section.blocks:
        yield f"**{section.title}**"
    yield from map(_block, section.blocks)


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return "\n".join(_table(block))
    if isinstance(block, Facts):
        return "\n\n".join(f"**{name}:** {_cell(one)}" for name, one in block.pairs)
    if isinstance(block, Commands):
        return "\n\n".join(f"**{why}:** {literal(command)}" for why, command in block.items)
    if isinstance(block, Sentences):
        return "\n".join(f"- {_text(one)}" for one in block.items[:_MOST_ROWS])
    return ""


def _table(table: Table) -> Iterator[str]:
    yield _row(one.text for one in table.headings)
    yield f"|{'---|' * len(table.headings)}"
    for row in table.rows[:_MOST_ROWS]:
        yield _row(text for one in row for text in [_cell(one), *[""] * (one.span - 1)])
    if len(table.rows) > _MOST_ROWS:
        yield f"\n… and {len(table.rows) - _MOST_ROWS} more"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    is_plain = cell.style == "number" and _NUMBER.fullmatch(cell.text) is not None
    return cell.text if is_plain or cell.text == MISSING else _text(cell.text)


def _text(text: str) -> str:
    line = shortened(text)
    return literal(line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 1]}…")
