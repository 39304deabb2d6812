"""The commands about how long versions live: `keep`, `release`, `leases`, `vacuum`, `optimize`."""

from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import common_options, offer_runs, offer_tables

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@commands.command()
@click.argument("run", shell_complete=offer_runs)
@click.option("--until", metavar="DATE", help="The last day, such as 2027-12-31.")
@click.option("--forever", "is_forever", is_flag=True, help="Without an end, as without --until.")
@click.option(
    "--held",
    "is_held",
    is_flag=True,
    help="Keep a copy outside of the tables' folders as well, which nobody's vacuum reaches.",
)
@click.option(
    "--here",
    "is_here",
    is_flag=True,
    help="With --held: bring the copy of a table in a store to this machine.",
)
@click.option(
    "--up-to",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="GIB",
    help="With --held: what a store may copy of a table; of more, nothing is.",
)
@click.option("--why", metavar="TEXT", required=True, help="For whoever asks in a year.")
@common_options()
@click.pass_obj
def keep(
    metadata: "ProjectMetadata | None",
    run: str,
    until: str | None,
    is_forever: bool,
    is_held: bool,
    is_here: bool,
    up_to: int,
    why: str,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Keep the versions of Delta tables that a run was made of, until a day or for ever.

    kedro vacuum spares them. A held copy is made of links to the data files, which take no room
    while the table has them too; on another file system it is a real copy, whose size is said
    first. Of a table in an object store it is one that the store makes, beside the table's folder.

    \b
    Example:
        kedro keep last --why "the model of the annual report"
        kedro keep 3f9c2a7b --until 2031-12-31 --held --why "audit 2026"
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.leases import keep as room
    from lakeproof.commands.leases import kept as shown
    from lakeproof.commands.leases.leased_project import LeasedProject
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject
    from lakeproof.leases.held import changing_alone
    from lakeproof.leases.stored_copies import GIB

    if until is not None and is_forever:
        raise click.UsageError("--until and --forever are two ends: give one of them.")
    end = None if until is None else room.end_of_day(until)
    project = RunProject(metadata, env)
    with changing_alone(project.path):
        hold = room.Hold(is_here, up_to * GIB) if is_held else None
        kept = room.keep(LeasedProject(project), run, end, hold, why)
    emit(shown.document_kept(kept), lambda: shown.render_kept(kept), as_json, output)


@commands.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", shell_complete=offer_runs)
@common_options()
@click.pass_obj
def release(
    metadata: "ProjectMetadata | None",
    runs: tuple[str, ...],
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """End the leases of runs. What they alone needed goes with the next kedro vacuum.

    A run whose model has an alias or a stage in MLflow's registry keeps its leases.

    \b
    Example:
        kedro release 3f9c2a7b
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.leases import keep as room
    from lakeproof.commands.leases import kept as shown
    from lakeproof.commands.leases.leased_project import LeasedProject
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject
    from lakeproof.leases.held import changing_alone

    project = RunProject(metadata, env)
    with changing_alone(project.path):
        done = room.release(LeasedProject(project), runs)
    emit(shown.document_released(done), lambda: shown.render_released(done), as_json, output)


@commands.command()
@click.argument("tables", nargs=-1, metavar="[TABLE]...", shell_complete=offer_tables)
@common_options()
@click.pass_obj
def leases(
    metadata: "ProjectMetadata | None",
    tables: tuple[str, ...],
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """List which versions are kept: for which runs, until when, how firmly, at what cost.

    The bytes are those that neither the newest version nor another leased one needs.

    \b
    Example:
        kedro leases
        kedro leases samples --json
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.catalog import open_catalog
    from lakeproof.commands.leases import listing as room
    from lakeproof.commands.leases.leased_project import LeasedProject
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject

    leased = LeasedProject(RunProject(metadata, env))
    found = room.gather(leased, open_catalog(metadata, env), tables)
    emit(room.document(found), lambda: room.render(found), as_json, output)


@commands.command()
@click.argument("tables", nargs=-1, metavar="[TABLE]...", shell_complete=offer_tables)
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what would go; delete nothing.")
@click.option(
    "--min-age",
    type=click.IntRange(min=0),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Spare what a version needed that was the newest within so many days.",
)
@common_options()
@click.pass_obj
def vacuum(
    metadata: "ProjectMetadata | None",
    tables: tuple[str, ...],
    is_dry: bool,
    min_age: int,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Delete the files of Delta tables that no lease, no pin and no newest version needs.

    And, unless tables are named, the kept raw files that no run needs.

    Of each lease it says how many bytes stay for it alone. The logs are left whole. Where what is
    needed is not known (a lease or a record that cannot be read), nothing is deleted.

    \b
    Example:
        kedro vacuum --dry-run
        kedro vacuum samples --min-age 30
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.catalog import open_catalog
    from lakeproof.commands.leases import vacuum as room
    from lakeproof.commands.leases.leased_project import LeasedProject
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject
    from lakeproof.leases.held import changing_alone

    project, catalog = RunProject(metadata, env), open_catalog(metadata, env)
    with nullcontext() if is_dry else changing_alone(project.path):
        done = room.run(LeasedProject(project), catalog, tables, timedelta(days=min_age), is_dry)
    emit(room.document(done), lambda: room.render(done), as_json, output)


@commands.command()
@click.argument("table", shell_complete=offer_tables)
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what it would cost; write nothing.")
@common_options()
@click.pass_obj
def optimize(
    metadata: "ProjectMetadata | None",
    table: str,
    is_dry: bool,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Write the small files of a Delta table together, in one commit that changes no row.

    The rows are read again afterwards and held against the digest of those before. The files of
    before stay for leased versions: how many bytes that costs is said first. What nobody needs goes
    with kedro vacuum.

    \b
    Example:
        kedro optimize samples --dry-run
        kedro optimize samples
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.catalog import open_catalog
    from lakeproof.commands.leases import optimize as room
    from lakeproof.commands.leases.leased_project import LeasedProject
    from lakeproof.commands.output import emit, remark
    from lakeproof.commands.project import RunProject

    leased = LeasedProject(RunProject(metadata, env))
    found = room.run(leased, open_catalog(metadata, env), table, is_dry, remark)
    emit(room.document(found), lambda: room.render(found), as_json, output)
