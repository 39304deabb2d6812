"""The command `erase`: where the rows of a person are, and that they go."""

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
@click.option("--why", metavar="TICKET", help="For the receipt; needed without --dry-run.")
@click.option(
    "--release",
    "is_released",
    is_flag=True,
    help="Give leased older versions up, in place of writing them anew without the rows.",
)
@click.option(
    "--yes",
    "is_sure",
    is_flag=True,
    help="Erase also what models in service were made of.",
)
@click.option(
    "--also",
    multiple=True,
    metavar="NAME",
    shell_complete=offer_tables,
    help="A further table, or folder of deliveries, whose rows with such a key are the same "
    "person's; may be repeated.",
)
@common_options()
@click.pass_obj
def erase(
    metadata: "ProjectMetadata | None",
    table: str,
    keys: tuple[str, ...],
    is_dry: bool,
    why: str | None,
    is_released: bool,
    is_sure: bool,
    also: tuple[str, ...],
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Erase the rows of keys from tables, or find where they are with --dry-run.

    Rows go from the table and those that were made of it; others with such a key are named, and
    left unless --also names them. They go from the newest versions, in commits that name no key and
    of which it is proven that nothing else went; older versions that runs have leased are written
    anew without them, and the files that held them are removed. Raw files are written anew, too. A
    receipt names versions and runs; models and git's history are listed and left. Interrupted, the
    same command goes on. KEY is a value of the table's key, or a=1,b=2 where that has several
    columns, or '{"a": "1, 2", "b": "3"}' where a value has a comma; - reads keys from standard
    input, a line each, so that they stand in no history of a shell.

    \b
    Example:
        kedro erase samples W001 --dry-run
        kedro erase samples W001 --why "request 4711"
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.catalog import open_catalog
    from lakeproof.commands.erasure import erase as erasing
    from lakeproof.commands.erasure import erased
    from lakeproof.commands.erasure import found as shown
    from lakeproof.commands.erasure.find import find
    from lakeproof.commands.leases.leased_project import LeasedProject
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject
    from lakeproof.leases.held import changing_alone

    if not is_dry and not why:
        raise click.UsageError("Say --why, for the receipt; or add --dry-run to find rows only.")
    texts = tuple(line.rstrip("\r\n") for line in sys.stdin) if keys == ("-",) else keys
    texts = tuple(text for text in texts if text)
    if not texts:
        raise click.UsageError("No key was given.")
    project, catalog = RunProject(metadata, env), open_catalog(metadata, env)
    if is_dry:
        found = find(project, catalog, table, texts, also)
        emit(shown.document(found), lambda: shown.render(found), as_json, output)
        return
    with changing_alone(project.path):
        done = erasing.erase(
            *(LeasedProject(project), catalog, table, texts, str(why)),
            rewrites=not is_released,
            is_sure=is_sure,
            also=also,
        )
    emit(erased.document(done), lambda: erased.render(done), as_json, output)
