"""The one base of every error this package raises on purpose.

A leaf: of ours it imports only how a text is spelled out and made concrete. It is for errors that a
user can act on; a mistake of our own stays whatever Python raises.
"""

import os
from typing import IO, Any

import click
from kedro.io.core import DatasetError

from lakeproof.advice import concrete
from lakeproof.spelling import spelled

_MOST_CHARACTERS = 2_000


def wants_traceback() -> bool:
    """Tell whether the user asked to see where an error comes from."""
    return os.environ.get("LAKEPROOF_DEBUG", "") not in ("", "0")


class LakeproofError(DatasetError, click.ClickException):
    """Say what happened, what was left untouched and what to type next.

    A `DatasetError`, so that Kedro hands it on as it is instead of wrapping it, and a
    `ClickException`, so that every `kedro` command ends with the sentence and exit code 1 instead
    of a traceback.

    Args:
        message: The sentences; cut when they grow beyond 2,000 characters. What would steer a
            terminal is spelled out, for they quote what others wrote.
    """

    def __init__(self, message: str) -> None:
        message = spelled(message[: 2 * _MOST_CHARACTERS])
        if len(message) > _MOST_CHARACTERS:
            message = message[: _MOST_CHARACTERS - 2] + " …"
        click.ClickException.__init__(self, message)

    def format_message(self) -> str:
        """Give the message as it is shown: with the file and the command that it means."""
        return concrete(self.message)

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message on standard error, with the traceback where it was asked for."""
        if wants_traceback():
            import traceback

            text = spelled("".join(traceback.format_exception(self)))
            click.echo(text, err=True, nl=False)
            return
        super().show(file)


class PinError(LakeproofError):
    """A version that was asked for cannot be read."""


class TableError(LakeproofError):
    """A table is missing, damaged, or not what the catalog says it is."""


class UnsupportedError(TableError):
    """A table has what is not read, written or copied here, and will not be the next time."""


class SchemaError(LakeproofError):
    """What should be written does not fit the table's columns."""


class RowKeyError(LakeproofError):
    """Rows that should be told apart by their key are not."""


class RunError(LakeproofError):
    """A run cannot be started the way it was asked for."""
