"""The options that commands share, and what the shell offers behind them."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def offer_runs(_context: click.Context, _argument: click.Parameter, incomplete: str) -> list[str]:
    """Offer runs to the shell."""
    from lakeproof.cli import completion

    return completion.runs(incomplete)


def offer_tables(_context: click.Context, _argument: click.Parameter, incomplete: str) -> list[str]:
    """Offer tables to the shell."""
    from lakeproof.cli import completion

    return completion.tables(incomplete)


def _show_tracebacks(_context: click.Context, _option: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        os.environ["LAKEPROOF_DEBUG"] = "1"


def _require_folder(
    _context: click.Context, _option: click.Parameter, output: Path | None
) -> Path | None:
    """Notice before any work is done, not after it, that the answer could not be written."""
    if output is not None and not output.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {output.absolute().parent}")
    return output


def env_option() -> Callable[[Command], Command]:
    """Add the option `env`."""
    return click.option("--env", "-e", help="The Kedro environment, as for `kedro run`.")


def output_option(told: str) -> Callable[[Command], Command]:
    """Add the option `output`: a file in a folder that is there."""
    return click.option(
        "--output",
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        callback=_require_folder,
        metavar="FILE",
        help=told,
    )


def verbose_option() -> Callable[[Command], Command]:
    """Add the option that shows tracebacks, and is no argument."""
    return click.option(
        "--verbose",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show_tracebacks,
        help="Show where an error comes from (as LAKEPROOF_DEBUG=1 does).",
    )


def common_options(has_env: bool = True) -> Callable[[Command], Command]:
    """Add the options that every command has: `env`, `as_json` and `output` as arguments.

    Args:
        has_env: Whether the command is about one environment.
    """
    options = [
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
        output_option("Write the JSON document to this file instead."),
        verbose_option(),
    ]
    if has_env:
        options.insert(0, env_option())

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def here_option(told: str) -> Callable[[Command], Command]:
    """Add the option `is_here`: nothing is built, what is installed serves."""
    return click.option("--here", "is_here", is_flag=True, help=told)


def keep_option() -> Callable[[Command], Command]:
    """Add the option `keep`: the scratch project stays."""
    return click.option(
        "--keep", is_flag=True, help="Leave the scratch project and say where it is."
    )


def report_option(told: str) -> Callable[[Command], Command]:
    """Add the option `report`: a page for people who have neither the project nor Kedro."""
    return click.option(
        "--report",
        "report_file",
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        callback=_require_folder,
        metavar="FILE",
        help=told,
    )
