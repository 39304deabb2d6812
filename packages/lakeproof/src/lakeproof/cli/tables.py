"""The commands about tables: `history`, `diff` and `pin`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import common_options, offer_runs, offer_tables

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
@click.argument("table", shell_complete=offer_tables)
@click.argument("a", metavar="A", shell_complete=offer_runs)
@click.argument("b", metavar="B", shell_complete=offer_runs)
@common_options()
@click.pass_obj
def diff(
    metadata: "ProjectMetadata | None",
    table: str,
    a: str,
    b: str,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Tell which rows of a Delta table were added, removed and changed between A and B.

    A and B are versions, `latest`, or runs (an MLflow run id, the beginning of one, or `last`): of
    a run, the version that it read, else the one that it wrote. Rows are told apart by the `key` of
    the catalog entry; without one, whole rows are compared. Exit code 0: the same; 1: different; 2:
    trouble.

    \b
    Example:
        kedro diff samples 0 1
        kedro diff samples 3f9c2a7b last --json
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject
    from lakeproof.commands.row_diff import diff as room

    found = room.gather(RunProject(metadata, env), table, a, b)
    emit(room.document(found), lambda: room.render(found), as_json, output)
    raise click.exceptions.Exit(room.exit_code(found))


@commands.command()
@click.argument("requests", nargs=-1, metavar="[TABLE[=VERSION]]...", shell_complete=offer_tables)
@click.option(
    "--set-retention",
    "is_to_be_kept",
    is_flag=True,
    help="Have the tables keep all their versions, in a commit that changes no row.",
)
@common_options()
@click.pass_obj
def pin(
    metadata: "ProjectMetadata | None",
    requests: tuple[str, ...],
    is_to_be_kept: bool,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Pin Delta tables to a version in the catalog, or show the pins.

    TABLE alone pins the version that is the latest now; TABLE=latest takes a pin away. Without
    --env the entry of conf/base is edited (or that of conf/local, which wins over it); with --env
    the one of that environment, which gets a copy of the base entry where it has none.

    A table that was made elsewhere may lose its versions after a week. That is said, and
    --set-retention has it keep them as a table of this project does.

    \b
    Example:
        kedro pin
        kedro pin samples=0 features=3
        kedro pin samples --env wine_quality
        kedro pin samples=latest
        kedro pin samples=3 --set-retention
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import retention
    from lakeproof.commands.catalog import open_catalog
    from lakeproof.commands.catalog_edits import pins, pins_report
    from lakeproof.commands.output import emit

    catalog = open_catalog(metadata, env)
    changes, kept = [], []
    if requests:
        changes = pins.pin(catalog, pins.parse_requests(requests))
        catalog = catalog.reopened()
        names = [change.table for change in changes]
        kept = (retention.keep if is_to_be_kept else retention.gather)(catalog, names)
        found = pins.gather(catalog, names)
    elif is_to_be_kept:
        raise click.UsageError("--set-retention needs tables: kedro pin samples --set-retention")
    else:
        found = pins.gather(catalog)
    emit(
        pins_report.document(found, changes, kept),
        lambda: (
            pins_report.render_changes(changes, kept) if requests else pins_report.render(found)
        ),
        as_json,
        output,
    )
