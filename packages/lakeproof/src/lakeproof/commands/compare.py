"""`kedro compare`: two recorded runs, side by side, without running anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.reproduce import verdict_report, verdict_sections
from lakeproof.reproduce.comparison import verdict
from lakeproof.reproduce.outcomes import Artifact, Comparison
from lakeproof.views.blocks import Listing, Section, Sentences, Style, section, table

if TYPE_CHECKING:
    from lakeproof.record.facts import Record
    from lakeproof.record.mlflow_store.stores import RecordStores

_ID_CHARACTERS = 8


@dataclass(frozen=True)
class Compared:
    """Two runs, side by side.

    Args:
        comparison: What is the same and what is not.
        code: The changed lines of code, or why they cannot be shown; `None` where none changed.
        configuration: The changed lines of the configuration.
    """

    comparison: Comparison
    code: tuple[str, ...] | str | None
    configuration: tuple[str, ...]


def gather(store: "RecordStores", project_path: Path, first: str, second: str) -> Compared:
    """Read two records and compare them.

    Args:
        store: Where the records are, which may be several.
        project_path: The project, from whose repository the changed lines are read.
        first: A run: its id, a prefix of it or `last`.
        second: Another one.

    Raises:
        LakeproofError: If there is no such run, or it has no readable record.
    """
    from lakeproof.record.mlflow_store.stored_metrics import other_metrics
    from lakeproof.reproduce.comparison.compare import compare

    # Both names before either record: a mistyped name is told at once.
    run_ids = [store.resolve(run) for run in (first, second)]
    expected, actual = (store.record(run_id) for run_id in run_ids)
    notes = [
        f"Run {record.run.run_id[:_ID_CHARACTERS]}: {sentence}"
        for record in (expected, actual)
        for sentence in other_metrics(record.metrics, store.metrics(record.run.run_id))
    ]
    comparison = compare(expected, actual, is_rerun=False, notes=notes)
    return Compared(comparison, *_lines(project_path, expected, actual))


def document(found: Compared) -> dict[str, Any]:
    """Make the JSON document."""
    return verdict_report.document(found.comparison, found.code, found.configuration)


def exit_code(found: Compared) -> int:
    """Give the exit code: 0 same, 1 different, 2 neither can be said."""
    return verdict.exit_code(found.comparison.verdict)


def render(found: Compared, rows: Sequence[Section] = ()) -> str:
    """Write for people: the verdict, then what went in, then what came out.

    Args:
        found: The comparison.
        rows: What changed in the tables that differ.
    """
    comparison = found.comparison
    metrics = [one for one in comparison.artifacts if one.kind == "metric"]
    others = [one for one in comparison.artifacts if one.kind != "metric" and one.counts]
    nothing = Sentences(() if comparison.factors else ("No factor is known to differ.",))
    return verdict_report.beneath(
        comparison,
        [
            verdict_sections.missing(comparison),
            verdict_sections.factors(comparison),
            section("Factors", nothing),
            verdict_sections.unreached(comparison),
            *rows,
            _changed("code", found.code),
            _changed("configuration", found.configuration),
            verdict_sections.divergence(comparison),
            verdict_sections.not_controlled(comparison),
            verdict_sections.artifacts(others),
            verdict_sections.not_counted(comparison),
            _metrics(metrics),
            section("Measured on other rows", Sentences(comparison.measured)),
            verdict_sections.notes(comparison),
        ],
    )


def _lines(
    project_path: Path, expected: "Record", actual: "Record"
) -> tuple[tuple[str, ...] | str | None, tuple[str, ...]]:
    from lakeproof.reproduce.code.changed_lines import changed_configuration, changed_lines

    code = None
    if expected.code.tree != actual.code.tree:
        code = changed_lines(project_path, expected.code, actual.code)
    return code, changed_configuration(expected.configuration, actual.configuration)


def _changed(what: str, lines: Sequence[str] | str | None) -> Section:
    title = f"Changed lines of {what}"
    if isinstance(lines, str):
        return section(title, Sentences((lines,)))
    return section(title, Listing("\n".join(lines or ())))


def _metrics(found: Sequence[Artifact]) -> Section:
    columns: dict[str, Style] = {
        "metric": "text",
        "verdict": "verdict",
        "expected": "number",
        "actual": "number",
        "difference": "text",
    }
    rows = ([one.name, one.verdict, one.expected, one.actual, _difference(one)] for one in found)
    return section("Metrics", table(columns, rows))


def _difference(metric: Artifact) -> str | None:
    return metric.detail and metric.detail.replace("difference ", "")
