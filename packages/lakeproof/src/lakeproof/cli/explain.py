"""The command that runs mixes of two recorded runs: `explain`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import common_options, here_option, offer_runs, report_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@commands.command()
@click.argument("a", metavar="A", shell_complete=offer_runs)
@click.argument("b", metavar="B", shell_complete=offer_runs)
@click.option("--metric", metavar="M", help="Explain this metric alone.")
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    metavar="N",
    help="Run N mixes at most; shares get bounds where that is not all of them.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=2),
    metavar="N",
    help="Run A and B with N other seeds each, and label what is no more than that chance.",
)
@click.option("--rows", is_flag=True, help="Say whose prediction changed most.")
@click.option(
    "--find", is_flag=True, help="Look for the few among many, and for the commit, that did it."
)
@click.option("--trust", is_flag=True, help="Do not reproduce A and B before they are mixed.")
@here_option("Use the interpreter and libraries of this environment for every mix.")
@report_option("Write an HTML page about it to this file as well.")
@common_options()
@click.pass_obj
def explain(
    metadata: "ProjectMetadata | None",
    a: str,
    b: str,
    metric: str | None,
    budget: int | None,
    seeds: int | None,
    rows: bool,
    find: bool,
    trust: bool,
    is_here: bool,
    report_file: Path | None,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Explain how much each difference between two runs did to each metric.

    Runs mixes: some of what differs from B, the rest from A; data that was learnt from and data
    that was scored apart. Your working tree, tables and runs stay as they are; what was run is
    kept, and the same command goes on from there. Exit code 0: explained; 1: no metric differs; 2:
    inconclusive.

    \b
    Example:
        kedro explain 3f9c2a7b last
        kedro explain 3f9c2a7b last --metric log_loss --seeds 7 --report why.html
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import explain as room
    from lakeproof.commands import report_page
    from lakeproof.commands.output import emit, remark
    from lakeproof.commands.project import RunProject
    from lakeproof.explain.told import document, text
    from lakeproof.explain.whole import Wish

    wish = Wish(metric, budget, seeds or 0, trust, find, rows)
    found = room.gather(RunProject(metadata, env), (a, b), wish, is_here, remark)
    emit(document.document(found), lambda: text.render(found), as_json, output)
    if report_file is not None:
        report_page.write_explanation(found, report_file)
    raise click.exceptions.Exit(found.exit_code)
