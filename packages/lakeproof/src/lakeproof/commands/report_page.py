"""What `--report` writes: the page about a run, or about a re-run of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.commands.output import remark, write_atomically
from lakeproof.record.documents.document import RecordError

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.explain.explanation import Explanation
    from lakeproof.record.facts import Record
    from lakeproof.reproduce.outcomes import Comparison, Verification
    from lakeproof.views.blocks import Page


def write_record(project: "RunProject", record: "Record", target: Path) -> None:
    """Write the page about a recorded run.

    Raises:
        OutputError: If the file cannot be written.
    """
    from lakeproof.report.pictures import pictures_of
    from lakeproof.report.view import page_of_record

    pictures = pictures_of(project.find_artifact, record, None)
    seal = project.records.seal(record.run.run_id)
    _write(page_of_record(record, pictures, seal, _now()), target)


def write_rerun(project: "RunProject", found: "Comparison", target: Path) -> None:
    """Write the page about a re-run, whatever came of it.

    Raises:
        OutputError: If the file cannot be written.
    """
    from lakeproof.commands.row_diff import row_changes
    from lakeproof.report.pictures import pictures_of
    from lakeproof.report.view import page_of_rerun

    record, rerun = _record(project, found.run_id), _record(project, found.rerun_id)
    pictures = pictures_of(project.find_artifact, record, rerun)
    seal = project.records.seal(found.run_id)
    rows = row_changes.sections(project, found)
    _write(page_of_rerun(found, record, rerun, pictures, seal, _now(), rows), target)


def write_verification(project: "RunProject", found: "Verification", target: Path) -> None:
    """Write the page about a change that was verified on a run.

    Raises:
        OutputError: If the file cannot be written.
    """
    from lakeproof.report.pictures import pictures_of
    from lakeproof.report.view import page_of_rerun
    from lakeproof.reproduce.verdict_sections import metrics

    pictures = pictures_of(project.find_artifact, found.record, None)
    seal = project.records.seal(found.comparison.run_id)
    page = page_of_rerun(
        *(found.comparison, found.record, found.rerun, pictures, seal, _now()),
        rows=[metrics(found.metrics)],
        tested=found.commit,
    )
    _write(page, target)


def write_explanation(found: "Explanation", target: Path) -> None:
    """Write the page about why two runs differ.

    Raises:
        OutputError: If the file cannot be written.
    """
    from lakeproof.explain.told.page import page

    _write(page(found, _now()), target)


def _record(project: "RunProject", run_id: str | None) -> "Record | None":
    """Read a record; what is wrong with one that cannot be read is in the comparison."""
    if run_id is None:
        return None
    try:
        return project.records.record(run_id)
    except RecordError:
        return None


def _write(page: "Page", target: Path) -> None:
    from lakeproof.views.html import render

    write_atomically(target, render(page).encode())
    remark(f"Wrote {target}")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
