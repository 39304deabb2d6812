"""The command `check`: can runs still be reproduced?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import common_options, offer_runs

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@commands.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...", shell_complete=offer_runs)
@click.option("--all", "is_all", is_flag=True, help="Check every finished run.")
@click.option("--since", metavar="DAY", help="Of --all, those that began then or later (UTC).")
@click.option("--before", metavar="DAY", help="Of --all, those that began earlier.")
@click.option("--mine", "is_mine", is_flag=True, help="Of --all, those of this checkout or user.")
@common_options()
@click.pass_obj
def check(
    metadata: "ProjectMetadata | None",
    runs: tuple[str, ...],
    is_all: bool,
    since: str | None,
    before: str | None,
    is_mine: bool,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Tell whether runs can still be reproduced; reads no rows and runs nothing.

    Without RUN, the last one. With --all, also whether a record was deleted or changed since:
    each names the digest of the one before it. Exit code 0: all can; 1: some cannot; 2: trouble.

    \b
    Example:
        kedro check
        kedro check --all --since 2026-01-31 --mine
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import check as room
    from lakeproof.commands.for_others import chain
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject
    from lakeproof.commands.run_filter import RunFilter, moment

    project = RunProject(metadata, env)
    if (since or before or is_mine) and not is_all:
        raise click.UsageError("--since, --before and --mine choose among all runs: add --all.")
    maker = project.maker if is_mine else None
    wanted = RunFilter(maker=maker, since=moment(since), before=moment(before))
    found, kept = room.gather(project, runs, is_all, wanted), room.kept(project)
    linked = chain.gather(project) if is_all else None
    with_chain = {"chain": chain.document(linked)} if linked is not None else {}
    emit(
        {**room.document(found, kept), **with_chain},
        lambda: "\n\n".join(
            [room.render(found, kept), *([chain.render(linked)] if linked is not None else [])]
        ),
        as_json,
        output,
    )
    raise click.exceptions.Exit(room.exit_code(found))
