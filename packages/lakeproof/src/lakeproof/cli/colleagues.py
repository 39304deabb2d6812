"""The commands by which people work with each other's runs: `verify`, `share` and `get`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import (
    common_options,
    here_option,
    keep_option,
    offer_runs,
    report_option,
)

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@commands.command()
@click.argument("run", shell_complete=offer_runs)
@click.option(
    "--dirty", "is_dirty", is_flag=True, help="Let changes that are not committed be part of it."
)
@here_option("Use the interpreter and libraries of this environment as they are.")
@keep_option()
@report_option("Write an HTML page about it to this file as well, whatever the verdict.")
@common_options(has_env=False)
@click.pass_obj
def verify(
    metadata: "ProjectMetadata | None",
    run: str,
    is_dirty: bool,
    is_here: bool,
    keep: bool,
    report_file: Path | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Say whether the commit that is checked out changes the results of a recorded run.

    Its code and configuration run in isolation on the data, the parameters and the environment of
    RUN: an MLflow run id, the beginning of one, or `last`. Nothing is stored. Exit code 0: the
    same, or within the tolerance that the run's own `pyproject.toml` declares; 1: other results;
    2: inconclusive, or it could not start.

    \b
    Example:
        kedro verify 3f9c2a7b
        kedro verify 3f9c2a7b --json --output verdict.json
        kedro verify last --dirty
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.colleagues import verify as room
    from lakeproof.commands.output import emit, remark
    from lakeproof.commands.project import RunProject
    from lakeproof.reproduce.comparison.verdict import exit_code

    project = RunProject(metadata, None)
    found = room.verify(project, room.Wish(run, is_dirty, is_here, keep), remark)
    emit(room.to_document(found), lambda: room.render(found), as_json, output)
    if report_file is not None:
        room.write_page(project, found, report_file)
    raise click.exceptions.Exit(exit_code(found.comparison.verdict))


@commands.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", shell_complete=offer_runs)
@click.option("--remote", metavar="NAME", help="To this remote; without it, to `origin`.")
@common_options()
@click.pass_obj
def share(
    metadata: "ProjectMetadata | None",
    runs: tuple[str, ...],
    remote: str | None,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Push the code of runs, so that others can reproduce them; no branch is touched.

    Each goes under a reference of its own, `refs/lakeproof/<run id>`, with the commits that lead to
    it, and what was not committed. `kedro reproduce` finds it there by itself.

    \b
    Example:
        kedro share last
        kedro share 3f9c2a7b 81d0c6aa --remote upstream
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.colleagues import share as room
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject

    found = room.share(RunProject(metadata, env), runs, remote)
    emit(room.document(found), lambda: room.render(found), as_json, output)


@commands.command()
@click.argument("run", shell_complete=offer_runs)
@click.option("--branch", metavar="NAME", help="Call the branch so, not `run-` and the id.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what it would do; change nothing.")
@common_options()
@click.pass_obj
def get(
    metadata: "ProjectMetadata | None",
    run: str,
    branch: str | None,
    is_dry: bool,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Bring into the working tree what a run had: its code as a branch, its parameters, its pins.

    From "how was that made?" to working on it. Parameters that were given on the command line, and
    versions of tables, become lines of configuration files, each of which is shown. Work that is
    not committed is never overwritten.

    \b
    Example:
        kedro get 3f9c2a7b --dry-run
        kedro get 3f9c2a7b
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.colleagues import get as room
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject

    found = room.get(RunProject(metadata, env), run, branch, is_dry)
    emit(room.document(found), lambda: room.render(found), as_json, output)
