"""What a command prints: one JSON document, or a table for people.

Standard output carries the answer and nothing else; remarks go to standard error.
"""

import json
import os
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import click

from lakeproof.commands.errors import OutputError

MISSING = "-"
_GAP = "  "
_NARROWEST = 8


def emit(
    document: Mapping[str, Any], text: Callable[[], str], as_json: bool, output: Path | None
) -> None:
    """Give the answer in the form that was asked for.

    Args:
        document: What `--json` prints; gets the schema number in front.
        text: Makes the answer for people; called only when it is wanted.
        as_json: Whether JSON was asked for.
        output: The file that gets the JSON document instead of standard output.

    Raises:
        OutputError: If the file cannot be written.
    """
    if output is not None:
        write_atomically(output, to_json(document).encode())
        click.echo(f"Wrote {output}", err=True)
    elif as_json:
        click.echo(to_json(document), nl=False)
    else:
        click.echo(text())


def to_json(document: Mapping[str, Any]) -> str:
    """Write a document as every command does: schema number first, keys in the order given."""
    return json.dumps({"schema": 1, **document}, indent=2, ensure_ascii=False) + "\n"


def remark(sentence: str) -> None:
    """Say something beside the answer, where a script that reads the answer does not see it."""
    click.echo(sentence, err=True)


def table(
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


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file by another content, or leave it as it is; keeps its permissions.

    A symbolic link stays one: the file that it leads to is replaced.

    Raises:
        OutputError: If the file cannot be written.
    """
    target = path.resolve()
    temporary: Path | None = None
    try:
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError("it is read-only")
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_permissions(target))
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = error.strerror or error
        raise OutputError(f"{path} cannot be written: {reason}. It is as it was.") from error


def remove(path: Path) -> None:
    """Remove a file, if it is there.

    Raises:
        OutputError: If it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be removed: {error.strerror}.") from error


def _permissions(target: Path) -> int:
    if target.exists():
        return target.stat().st_mode & 0o7777
    # The umask can only be read by setting it.
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask


def _shown(cell: Any) -> str:
    """Write a cell; what would steer the terminal is replaced, since others write commits too."""
    text = MISSING if cell is None else str(cell)
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


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
