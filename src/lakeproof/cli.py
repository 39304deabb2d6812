"""The commands that a project gets beside Kedro's own.

Thin: a command reads its options and hands over to its module in `lakeproof.commands`. Whatever is
imported here is paid for by every `kedro` command, so it is click and the standard library alone.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(name="Lakeproof")
def commands() -> None:
    """Table versions and recorded runs."""


def _offer_runs(_context: click.Context, _argument: click.Parameter, incomplete: str) -> list[str]:
    from lakeproof.commands import completion

    return completion.runs(incomplete)


def _offer_tables(
    _context: click.Context, _argument: click.Parameter, incomplete: str
) -> list[str]:
    from lakeproof.commands import completion

    return completion.tables(incomplete)


def _show_tracebacks(_context: click.Context, _option: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        os.environ["LAKEPROOF_DEBUG"] = "1"


def _require_folder(
    _context: click.Context, _option: click.Parameter, output: Path | None
) -> Path | None:
    """Notice before any work is done, not after it, that the answer could not be written."""
    if output is not None and not output.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {output.absolute().parent}")
    return output


def common_options(has_env: bool = True) -> Callable[[Command], Command]:
    """Add the options that every command has: `env`, `as_json` and `output` as arguments.

    Args:
        has_env: Whether the command is about one environment.
    """
    options = [
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
        click.option(
            "--output",
            type=click.Path(dir_okay=False, writable=True, path_type=Path),
            callback=_require_folder,
            metavar="FILE",
            help="Write the JSON document to this file instead.",
        ),
        click.option(
            "--verbose",
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_tracebacks,
            help="Show where an error comes from (as LAKEPROOF_DEBUG=1 does).",
        ),
    ]
    if has_env:
        options.insert(
            0, click.option("--env", "-e", help="The Kedro environment, as for `kedro run`.")
        )

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def report_option(told: str) -> Callable[[Command], Command]:
    """Add the option `report`: a page for people who have neither the project nor Kedro."""
    return click.option(
        "--report",
        "report_file",
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        callback=_require_folder,
        metavar="FILE",
        help=told,
    )


@commands.command()
@click.argument("table", shell_complete=_offer_tables)
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
@click.argument("requests", nargs=-1, metavar="[TABLE[=VERSION]]...", shell_complete=_offer_tables)
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


@commands.command()
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Show the newest N alone.")
@common_options()
@click.pass_obj
def runs(
    metadata: "ProjectMetadata | None",
    limit: int | None,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """List the recorded runs, newest first, and what each read, wrote and reached.

    \b
    Example:
        kedro runs
        kedro runs --limit 5 --json
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import runs as room
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject

    found = RunProject(metadata, env).records.runs(limit)
    emit(room.document(found), lambda: room.render(found), as_json, output)


@commands.command()
@click.argument("run", shell_complete=_offer_runs)
@report_option("Write an HTML page about the run to this file instead.")
@common_options()
@click.pass_obj
def show(
    metadata: "ProjectMetadata | None",
    run: str,
    report_file: Path | None,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Show the record of a run: code, parameters, tables, nodes, metrics, environment, machine.

    RUN is an MLflow run id, the beginning of one, or `last`. --json prints the record itself.

    \b
    Example:
        kedro show last
        kedro show 3f9c2a7b --json
        kedro show 3f9c2a7b --report record.html
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import report_page
    from lakeproof.commands import show as room
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject

    project = RunProject(metadata, env)
    record = project.records.record(project.records.resolve(run))
    if report_file is not None:
        report_page.write_record(project, record, report_file)
    if report_file is None or as_json or output is not None:
        emit(room.document(record), lambda: room.render(record), as_json, output)


@commands.command()
@click.argument("run", shell_complete=_offer_runs)
@click.option(
    "--engine",
    type=click.Choice(["embedded", "spark"]),
    help="Run it on this engine instead of the recorded one.",
)
@click.option(
    "--here",
    "is_here",
    is_flag=True,
    help="Use the interpreter and libraries of this environment as they are.",
)
@click.option("--keep", is_flag=True, help="Leave the scratch project and say where it is.")
@report_option("Write an HTML page about it to this file as well, whatever the verdict.")
@common_options(has_env=False)
@click.pass_obj
def reproduce(
    metadata: "ProjectMetadata | None",
    run: str,
    engine: str | None,
    is_here: bool,
    keep: bool,
    report_file: Path | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Run a recorded run again, in isolation, and say whether it is the same.

    RUN is an MLflow run id, the beginning of one, or `last`. Code, configuration, parameters,
    table versions and libraries are the recorded ones; your working tree, tables and MLflow runs
    stay as they are. Exit code 0: the same; 1: diverged; 2: inconclusive, or it could not start.

    \b
    Example:
        kedro reproduce last
        kedro reproduce 3f9c2a7b --json --output verdict.json
        kedro reproduce 3f9c2a7b --report proof.html
        kedro reproduce 3f9c2a7b --here      # does an upgrade change results?
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.output import emit, trouble_is
    from lakeproof.commands.project import RunProject

    with trouble_is(2):
        from lakeproof.commands import report_page
        from lakeproof.commands import reproduce as room
        from lakeproof.reproduce import report
        from lakeproof.reproduce.verdict import exit_code

        project = RunProject(metadata, None)
        found = room.reproduce(
            project,
            run,
            engine,
            is_here,
            keep,
            lambda t: click.echo(t, err=True),
        )
        emit(report.document(found), lambda: report.render(found), as_json, output)
        if report_file is not None:
            report_page.write_rerun(project, found, report_file)
    raise click.exceptions.Exit(exit_code(found.verdict))


@commands.command()
@click.argument("a", metavar="A", shell_complete=_offer_runs)
@click.argument("b", metavar="B", shell_complete=_offer_runs)
@common_options()
@click.pass_obj
def compare(
    metadata: "ProjectMetadata | None",
    a: str,
    b: str,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Compare two recorded runs without running anything: what differs, and what came of it.

    A and B are MLflow run ids, beginnings of them, or `last`. Exit code 0: the same; 1: different;
    2: trouble.

    \b
    Example:
        kedro compare 3f9c2a7b last
        kedro compare 3f9c2a7b 81d0c6aa --json
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.output import emit, trouble_is
    from lakeproof.commands.project import RunProject

    with trouble_is(2):
        from lakeproof.commands import compare as room

        project = RunProject(metadata, env)
        found = room.gather(project.records, project.path, a, b)
        emit(room.document(found), lambda: room.render(found), as_json, output)
    raise click.exceptions.Exit(room.exit_code(found))


@commands.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...", shell_complete=_offer_runs)
@click.option("--all", "is_all", is_flag=True, help="Check every finished run.")
@common_options()
@click.pass_obj
def check(
    metadata: "ProjectMetadata | None",
    runs: tuple[str, ...],
    is_all: bool,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Tell whether runs can still be had again; reads no rows and runs nothing.

    Without RUN, the last one. Exit code 0: all can; 1: some cannot; 2: trouble.

    \b
    Example:
        kedro check
        kedro check --all --json
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.output import emit, trouble_is
    from lakeproof.commands.project import RunProject

    with trouble_is(2):
        from lakeproof.commands import check as room

        found = room.gather(RunProject(metadata, env), runs, is_all)
        emit(room.document(found), lambda: room.render(found), as_json, output)
    raise click.exceptions.Exit(room.exit_code(found))
