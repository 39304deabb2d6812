"""The last words of a run, on standard output."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from lakeproof.spelling import spelled

SHORT_ID = 8
_MOST_WARNINGS = 5


class Warned(logging.Handler):
    """What the code of nodes warned of, to be said again where everybody looks: at the end.

    Args:
        packages: The project's, and what its nodes import of ours (rows that are left out for want
            of a target); what plug-ins warn of is theirs to repeat.
    """

    def __init__(self, *packages: str) -> None:
        super().__init__(logging.WARNING)
        self._loggers = [logging.getLogger(package) for package in packages]
        for one in self._loggers:
            one.addHandler(self)
        self._told: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one, each once."""
        self._told[" ".join(record.getMessage().split())] = None

    def stop(self) -> None:
        """Listen no more."""
        for one in self._loggers:
            one.removeHandler(self)

    def say_again(self, hide: Callable[[str], str]) -> None:
        """Print them on standard error.

        Args:
            hide: Takes out of a text what must not be repeated.
        """
        told = [hide(one) for one in self._told]
        rest = len(told) - _MOST_WARNINGS
        for one in told[:_MOST_WARNINGS]:
            click.echo(f"Warning: {spelled(one)}", err=True)
        if rest > 0:
            click.echo(f"And {rest} more warnings above.", err=True)


def print_metrics(metrics: Mapping[str, float]) -> None:
    """Print the run's metrics, one a line, as exactly as a float prints."""
    if not metrics:
        return
    width = max(map(len, metrics))
    click.echo()
    for name in sorted(metrics):
        click.echo(f"  {name:<{width}}  {metrics[name]!r}")
    click.echo()


def print_recorded(run_id: str, doubts: Sequence[str] = ()) -> None:
    """Print the two lines that scripts read.

    Args:
        run_id: The run.
        doubts: Why it cannot be reproduced, in sentences with their cures.
    """
    click.echo(f"Recorded run {run_id}")
    if not doubts:
        click.echo(f"Reproduce it: kedro reproduce {run_id[:SHORT_ID]}")
        return
    rest = len(doubts) - 1
    more = f" And {rest} more: kedro show {run_id[:SHORT_ID]}" if rest else ""
    click.echo(f"This run cannot be reproduced: {doubts[0]}{more}")


def print_registered(told: str) -> None:
    """Say what became of a model that was to be registered, on standard error."""
    click.echo(told, err=True)


def print_unrecorded(reason: str) -> None:
    """Say that a run has left no record, where the two lines would stand."""
    click.echo(f"This run has no record and cannot be reproduced: {reason}.")


def print_unsent(run_id: str, store: str, folder: Path) -> None:
    """Say that a record has not reached its server, on standard error."""
    click.echo(
        f"The tracking server {store} does not answer. The record of run {run_id[:SHORT_ID]} is "
        f"kept in {folder}, and the next kedro command that asks the server sends it: kedro runs",
        err=True,
    )


def print_ended(
    run_id: str, status: str, trouble: str | None = None, committed: Mapping[str, int] | None = None
) -> None:
    """Say that a run did not finish, on standard error.

    Args:
        run_id: The run.
        status: How it ended.
        trouble: Why it has no record, where it has none.
        committed: The last version that it had committed of each table.
    """
    if committed:
        told = ", ".join(f"table '{name}' at version {n}" for name, n in committed.items())
        click.echo(f"Committed by then, and it stays: {told}.", err=True)
    if trouble is not None:
        click.echo(f"Run {run_id} {status} and has no record: {trouble}", err=True)
        return
    click.echo(
        f"Run {run_id} {status}; what it had read and written by then is on its MLflow run.",
        err=True,
    )
