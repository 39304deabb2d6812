"""The commands about recorded runs: `runs`, `show`, `reproduce` and `compare`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import (
    common_options,
    here_option,
    keep_option,
    offer_runs,
    offer_tables,
    report_option,
)

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata

    from lakeproof.record.facts import Record
    from lakeproof.reproduce.outcomes import Comparison


@commands.command()
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Show the newest N alone.")
@click.option(
    "--status",
    type=click.Choice(["FINISHED", "FAILED", "KILLED", "RUNNING"], case_sensitive=False),
    help="Show those that ended so.",
)
@click.option(
    "--table",
    metavar="TABLE[:VERSION]",
    shell_complete=offer_tables,
    help="Show those that read or wrote a table, or one version of it.",
)
@click.option("--commit", metavar="COMMIT", help="Show those of a commit, or the beginning of one.")
@click.option(
    "--mine", "is_mine", is_flag=True, help="Show those of this checkout, or of this user."
)
@common_options()
@click.pass_obj
def runs(
    metadata: "ProjectMetadata | None",
    limit: int | None,
    status: str | None,
    table: str | None,
    commit: str | None,
    is_mine: bool,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """List the recorded runs, newest first, and what each read, wrote and reached.

    With --env those of one environment alone; re-runs stand apart.

    \b
    Example:
        kedro runs
        kedro runs --mine --table samples:1 --status finished
        kedro runs --limit 5 --json
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import runs as room
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject
    from lakeproof.commands.run_filter import RunFilter

    project = RunProject(metadata, env)
    wanted = RunFilter.parse(env, status, table, commit)
    if is_mine:
        wanted = replace(wanted, maker=project.maker)
    found = room.gather(project.records, wanted, limit)
    emit(
        room.document(found, project.maker),
        lambda: room.render(found, bool(wanted), project.maker),
        as_json,
        output,
    )


@commands.command()
@click.argument("run", shell_complete=offer_runs)
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
    from lakeproof.attest.own_receipts import known_receipts, not_used
    from lakeproof.commands import report_page
    from lakeproof.commands import show as room
    from lakeproof.commands.for_others import attestations
    from lakeproof.commands.output import emit, remark
    from lakeproof.commands.project import RunProject
    from lakeproof.erasure.erased_inputs import erased_notes
    from lakeproof.record.mlflow_store.stored_metrics import other_metrics

    project = RunProject(metadata, env)
    record = project.records.record(project.records.resolve(run))
    notes = list(other_metrics(record.metrics, project.records.metrics(record.run.run_id)))
    notes += map(attestations.told, attestations.of_run(project, record.run.run_id))
    receipts = known_receipts(project.path)
    notes += erased_notes(receipts.own, record.run.run_id)
    notes += (not_used(one) for one in receipts.others if record.run.run_id in one.runs)
    if as_json:
        for note in notes:
            remark(note)
    if report_file is not None:
        report_page.write_record(project, record, report_file)
    if report_file is None or as_json or output is not None:
        emit(room.document(record), lambda: room.render(record, notes), as_json, output)


@commands.command()
@click.argument("run", required=False, shell_complete=offer_runs)
@click.option(
    "--engine",
    type=click.Choice(["embedded", "spark"]),
    help="Run it on this engine instead of the recorded one.",
)
@here_option("Use the interpreter and libraries of this environment as they are.")
@keep_option()
@click.option(
    "--dry-run",
    "is_dry",
    is_flag=True,
    help="Say what it would do, and what is missing; run nothing.",
)
@click.option(
    "--without-erased",
    is_flag=True,
    help="Run it without the rows that were erased since; that is never a pass.",
)
@click.option(
    "--retrained",
    metavar="RECEIPT",
    help="Make, keep and reproduce a run that never saw what was erased.",
)
@report_option("Write an HTML page about it to this file as well, whatever the verdict.")
@click.option(
    "--attest", "is_attested", is_flag=True, help="Sign a pass, and keep it on the re-run."
)
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The key to sign with, in place of your own.",
)
@common_options(has_env=False)
@click.pass_obj
def reproduce(
    metadata: "ProjectMetadata | None",
    run: str | None,
    engine: str | None,
    is_here: bool,
    keep: bool,
    is_dry: bool,
    without_erased: bool,
    retrained: str | None,
    report_file: Path | None,
    is_attested: bool,
    key: Path | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Run a recorded run again, in isolation, and say whether it is the same.

    RUN is an MLflow run id, the beginning of one, or `last`. Code, configuration, parameters,
    table versions and libraries are the recorded ones; your working tree, tables and MLflow runs
    stay as they are. Exit code 0: the same; 1: diverged; 2: inconclusive, or it could not start;
    3: the same except for rows that were erased.

    \b
    Example:
        kedro reproduce last
        kedro reproduce 3f9c2a7b --json --output verdict.json
        kedro reproduce 3f9c2a7b --report proof.html
        kedro reproduce 3f9c2a7b --attest    # say so with your signature
        kedro reproduce 3f9c2a7b --here      # does an upgrade change results?
        kedro reproduce 3f9c2a7b --dry-run   # what would it do, and is all of it there?
        kedro reproduce 3f9c2a7b --without-erased
        kedro reproduce --retrained 81d0c6aa # of the receipt of an erasure
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import report_page
    from lakeproof.commands import reproduce as room
    from lakeproof.commands.for_others import attestations
    from lakeproof.commands.output import emit, remark
    from lakeproof.commands.project import RunProject
    from lakeproof.reproduce import verdict_report
    from lakeproof.reproduce.comparison.verdict import exit_code
    from lakeproof.reproduce.stages import dry_run

    project = RunProject(metadata, None)
    if run is None and retrained is None:
        raise click.UsageError("Missing argument 'RUN'.")
    if retrained is not None and (without_erased or is_dry):
        raise click.UsageError("--retrained goes with neither --without-erased nor --dry-run.")
    wish = room.Wish(run or "", engine, is_here, keep, without_erased)
    if is_dry:
        if report_file is not None:
            raise click.UsageError("--report is about a verdict, and --dry-run gives none.")
        dry = room.plan_only(project, wish)
        emit(dry_run.document(dry), lambda: dry_run.render(dry), as_json, output)
        raise click.exceptions.Exit(dry_run.exit_code(dry))
    signing = attestations.signing_key(key) if is_attested or key is not None else None
    told: list[Comparison] = []
    compared: list[Record] = []

    def tell(one: "Comparison") -> None:
        emit(verdict_report.document(one), lambda: verdict_report.render(one), as_json, output)
        told.append(one)

    if retrained is not None:
        from lakeproof.commands.erasure import retrain

        made = retrain.retrain(project, retrained, run, wish, remark, compared.append)
        found = made.comparison
        remark(retrain.render(made))
    else:
        found = room.reproduce(project, wish, remark, tell, compared.append)
    if not told:
        tell(found)
    if signing is not None and compared:
        remark(attestations.attest(project, compared[0], found, signing))
    if report_file is not None:
        report_page.write_rerun(project, found, report_file)
    raise click.exceptions.Exit(exit_code(found.verdict))


@commands.command()
@click.argument("a", metavar="A", shell_complete=offer_runs)
@click.argument("b", metavar="B", shell_complete=offer_runs)
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
    """Compare two recorded runs without running anything: which factors and artifacts differ.

    A and B are MLflow run ids, beginnings of them, or `last`. Exit code 0: the same; 1: different;
    2: trouble.

    \b
    Example:
        kedro compare 3f9c2a7b last
        kedro compare 3f9c2a7b 81d0c6aa --json
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import compare as room
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject
    from lakeproof.commands.row_diff import row_changes

    project = RunProject(metadata, env)
    found = room.gather(project.records, project.path, a, b)
    emit(
        room.document(found),
        lambda: room.render(found, row_changes.sections(project, found.comparison)),
        as_json,
        output,
    )
    raise click.exceptions.Exit(room.exit_code(found))
