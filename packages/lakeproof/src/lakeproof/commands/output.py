"""Where an answer goes: one JSON document, or text for people.

Standard output carries the answer and nothing else; remarks go to standard error.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from lakeproof.advice import as_typed
from lakeproof.commands.command_errors import OutputError
from lakeproof.spelling import escaped_for_json, spelled, spelled_around_colours
from lakeproof.streams import can_show

# As a shell says of a program that was ended by SIGINT and by SIGPIPE.
_INTERRUPTED, _CLOSED_PIPE = 130, 141


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
        remark(f"Wrote {output}")
    elif as_json:
        whole = to_json(document)
        # Spelled out for a terminal of few letters, it would be another document.
        click.echo(whole if can_show(whole) else to_json(document, is_ascii=True), nl=False)
    else:
        # Click asks for a terminal alone.
        colours = False if os.environ.get("NO_COLOR") else None
        click.echo(spelled_around_colours(text()), color=colours)


@contextmanager
def trouble_is(exit_code: int) -> Iterator[None]:
    """Let errors end a command with an exit code that is not taken by an answer.

    An interrupt ends it with the one of shells, where click would give 1. So do errors that are
    not ours, a store of another MLflow for one: a traceback's exit code would be an answer, too.
    """
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        raise click.exceptions.Exit(_INTERRUPTED) from None
    except BrokenPipeError:
        # Whoever read has enough, as `head` has: nothing is wrong, and nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(_CLOSED_PIPE) from None
    except click.ClickException as error:
        vars(error)["exit_code"] = exit_code
        raise
    except (click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        from lakeproof.startup.trouble import worded

        what, advice = worded(error)
        advice = advice or "This is a bug, or a case not supported; your files are as they were."
        refusal = OutputError(f"{what}\n{advice}\nThe whole traceback: {as_typed()} --verbose")
        vars(refusal)["exit_code"] = exit_code
        raise refusal from error


def to_json(document: Mapping[str, Any], is_ascii: bool = False) -> str:
    """Write a document as every command does: schema number first, keys in the order given.

    What a terminal would obey, and no reader of JSON minds, is written as JSON escapes it.

    Args:
        document: What is in it.
        is_ascii: Whether all that is beyond ASCII is escaped as well.
    """
    text = json.dumps({"schema": 1, **document}, indent=2, ensure_ascii=is_ascii) + "\n"
    return escaped_for_json(text)


def remark(sentence: str) -> None:
    """Say something beside the answer, where a script that reads the answer does not see it.

    Progress of a re-run is said so, too: lines of git, of uv and of the recorded code.
    """
    click.echo(spelled(sentence), err=True)


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
