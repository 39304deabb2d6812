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
    """Declare files that came, and have a table take them anew.

    \b
    Example:
        kedro deliveries declare data/01_raw/houses/2026-01.csv --target price
        kedro deliveries anew samples --env houses
    """  # noqa: D301 - click wants the character itself


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


@deliveries.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@click.option("--key", multiple=True, metavar="COLUMN", help="Tells rows apart; may be repeated.")
@click.option("--target", metavar="COLUMN", help="What is predicted.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what would be written.")
@common_options()
@click.pass_obj
def declare(
    metadata: "ProjectMetadata | None",
    files: tuple[Path, ...],
    key: tuple[str, ...],
    target: str | None,
    is_dry: bool,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Write schema and globals.yml of an environment from a look at files, or at a Delta table.

    Types, missing values, dates, punctuation, key and target are guessed, held against all rows,
    and yours to read over: a run knows what is declared and guesses nothing. Without --env the
    environment has the name of the files' folder in data/01_raw, or of the table's. What is in it
    beside is kept. Of a table, which is read and never written, no schema is declared.

    \b
    Example:
        kedro deliveries declare data/01_raw/penguins/penguins.csv --target Species
        kedro deliveries declare --env houses --key PID --dry-run ~/AmesHousing.csv
        kedro deliveries declare /warehouse/houses --target price
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.deliveries import declare as room
    from lakeproof.commands.output import emit, trouble_is

    with trouble_is(2):
        done = room.declare(metadata, files, env, list(key), target, is_dry)
        emit(room.document(done), lambda: room.render(done), as_json, output)
