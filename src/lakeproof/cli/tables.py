"""The commands about tables: `history` and `pin`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import common_options, offer_tables

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@commands.command()
@click.argument("table", shell_complete=offer_tables)
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
@click.argument("requests", nargs=-1, metavar="[TABLE[=VERSION]]...", shell_complete=offer_tables)
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
