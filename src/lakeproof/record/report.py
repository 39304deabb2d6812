"""The last words of a run, on standard output."""

from collections.abc import Mapping

import click

SHORT_ID = 8


def print_metrics(metrics: Mapping[str, float]) -> None:
    """Print the run's metrics, one a line, as exactly as a float prints."""
    if not metrics:
        return
    width = max(map(len, metrics))
    click.echo()
    for name in sorted(metrics):
        click.echo(f"  {name:<{width}}  {metrics[name]!r}")
    click.echo()


def print_recorded(run_id: str) -> None:
    """Print the two lines that scripts read."""
    click.echo(f"Recorded run {run_id}")
    click.echo(f"Reproduce it: kedro reproduce {run_id[:SHORT_ID]}")


def print_failed(run_id: str) -> None:
    """Say that a run failed, on standard error."""
    click.echo(
        f"Run {run_id} FAILED; what it had read and written by then is on its MLflow run.", err=True
    )
