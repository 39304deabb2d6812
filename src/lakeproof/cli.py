"""The commands that a project gets beside Kedro's own.

Thin: a command reads its options and hands over to its module in `lakeproof.commands`. Whatever is
imported here is paid for by every `kedro` command, so it is click and the standard library alone.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(name="Lakeproof")
def commands() -> None:
    """Table versions and recorded runs."""


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


def common_options(has_env: bool = True) -> Callable[[Command], Command]:
    """Add the options that every command has: `env`, `as_json` and `output` as arguments.

    Args:
        has_env: Whether the command is about one environment.
    """
    options = [
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
        click.option(
            "--output",
            type=click.Path(dir_okay=False, writable=True, path_type=Path),
            callback=_require_folder,
            metavar="FILE",
            help="Write the JSON document to this file instead.",
        ),
        click.option(
            "--verbose",
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_tracebacks,
            help="Show where an error comes from (as LAKEPROOF_DEBUG=1 does).",
        ),
    ]
    if has_env:
        options.insert(
            0, click.option("--env", "-e", help="The Kedro environment, as for `kedro run`.")
        )

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@commands.command()
@click.argument("table")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Show the newest N alone.")
@common_options()
@click.pass_obj
def history(
    metadata: "ProjectMetadata | None",
    table: str,
    limit: int | None,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """List the versions of a Delta table, newest first, and who wrote each.

    \b
    Example:
        kedro history samples
        kedro history samples --env wine_quality --limit 10 --json
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import history as room
    from lakeproof.commands.catalog import open_catalog
    from lakeproof.commands.output import emit

    found = room.gather(open_catalog(metadata, env), table, limit)
    emit(room.document(found), lambda: room.render(found), as_json, output)


@commands.command()
@click.argument("requests", nargs=-1, metavar="[TABLE[=VERSION]]...")
@common_options()
@click.pass_obj
def pin(
    metadata: "ProjectMetadata | None",
    requests: tuple[str, ...],
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Pin Delta tables to a version in the catalog, or show the pins.

    TABLE alone pins the version that is the latest now; TABLE=latest takes a pin away. Without
    --env the entry of conf/base is edited (or that of conf/local, which wins over it); with --env
    the one of that environment, which gets a copy of the base entry where it has none.

    \b
    Example:
        kedro pin
        kedro pin samples=0 features=3
        kedro pin samples --env wine_quality
        kedro pin samples=latest
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import pins, pins_report
    from lakeproof.commands.catalog import open_catalog
    from lakeproof.commands.output import emit

    catalog = open_catalog(metadata, env)
    if requests:
        changes = pins.pin(catalog, pins.parse_requests(requests))
        found = pins.gather(catalog.reopened(), [change.table for change in changes])
    else:
        changes, found = [], pins.gather(catalog)
    emit(
        pins_report.document(found, changes),
        lambda: pins_report.render_changes(changes) if requests else pins_report.render(found),
        as_json,
        output,
    )
