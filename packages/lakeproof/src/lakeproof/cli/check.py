"""The command `check`: can runs still be reproduced?"""

from datetime import UTC, datetime
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
@click.option(
    "--before",
    metavar="DAY",
    help="A day to come: 1 if a kept run dies earlier. A past day: of --all, those begun earlier.",
)
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
    """Tell whether runs can still be reproduced, and until when; reads no rows and runs nothing.

    Without RUN, the last one. With --all, first those that die first, and whether a record was
    deleted or changed since: each names the digest of the one before it. Exit code 0: all can; 1:
    some cannot, or one that is kept dies --before a day to come; 2: trouble.

    \b
    Example:
        kedro check
        kedro check --all --since 2026-01-31 --mine
        kedro check --all --before 2031-12-31
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import check as room
    from lakeproof.commands.for_others import chain
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject
    from lakeproof.commands.run_filter import RunFilter, moment

    project = RunProject(metadata, env)
    day = moment(before)
    # No run can have begun before a day that is to come but all of them.
    deadline = day if day is not None and day > datetime.now(UTC) else None
    if (since or (before and deadline is None) or is_mine) and not is_all:
        raise click.UsageError("--since, --before and --mine choose among all runs: add --all.")
    maker = project.maker if is_mine else None
    wanted = RunFilter(maker=maker, since=moment(since), before=None if deadline else day)
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
    raise click.exceptions.Exit(room.exit_code(found, deadline))
