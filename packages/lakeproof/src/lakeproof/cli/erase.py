"""The command `erase`: where the rows of a person are."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import common_options, offer_tables

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@commands.command()
@click.argument("table", shell_complete=offer_tables)
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@click.option("--dry-run", "is_dry", is_flag=True, help="Find the rows; change nothing.")
@common_options()
@click.pass_obj
def erase(
    metadata: "ProjectMetadata | None",
    table: str,
    keys: tuple[str, ...],
    is_dry: bool,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Find where the rows of keys are: versions, runs by side, models, raw files, copies.

    This version finds, and erases nothing: --dry-run is needed. The answer names no key. KEY is a
    value of the table's key, or a=1,b=2 where that has several columns; - reads them from standard
    input, a line each, so that they stand in no history of a shell.

    \b
    Example:
        kedro erase samples W001 --dry-run
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.catalog import open_catalog
    from lakeproof.commands.erasure import find as room
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject

    if not is_dry:
        raise click.UsageError(
            "This version finds rows, and erases none. Add --dry-run; what to do by hand is in "
            "docs/personal-data.md."
        )
    texts = tuple(line.rstrip("\n") for line in sys.stdin) if keys == ("-",) else keys
    texts = tuple(text for text in texts if text)
    if not texts:
        raise click.UsageError("No key was given.")
    found = room.find(RunProject(metadata, env), open_catalog(metadata, env), table, texts)
    emit(room.document(found), lambda: room.render(found), as_json, output)
