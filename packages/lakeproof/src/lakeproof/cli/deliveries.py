"""The commands about raw files: `deliveries anew` and `deliveries declare`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import common_options, offer_tables

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@commands.group()
def deliveries() -> None:
    """Declare files that came, and have a table take them anew."""


@deliveries.command()
@click.argument("table", shell_complete=offer_tables)
@common_options()
@click.pass_obj
def anew(
    metadata: "ProjectMetadata | None",
    table: str,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Have a table take all its deliveries again, by what the catalog declares now.

    The next run replaces its rows and columns. Older versions stay, so that runs that were made
    with them can still be reproduced.

    \b
    Example:
        kedro deliveries anew samples
        kedro deliveries anew samples --env wine_quality --json
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.catalog import open_catalog
    from lakeproof.commands.deliveries import anew as room
    from lakeproof.commands.output import emit, trouble_is

    with trouble_is(2):
        done = room.begin(open_catalog(metadata, env), table)
        emit(room.document(done), lambda: room.render(done), as_json, output)
