"""`kedro compare`: two recorded runs, side by side, without running anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.reproduce import verdict_report
from lakeproof.reproduce.comparison import verdict
from lakeproof.reproduce.outcomes import Artifact, Comparison
from lakeproof.terminal import layout

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


def render(found: Compared) -> str:
    """Write for people: the verdict, then what went in, then what came out."""
    comparison = found.comparison
    metrics = [one for one in comparison.artifacts if one.kind == "metric"]
    others = [one for one in comparison.artifacts if one.kind != "metric"]
    parts = [
        verdict_report.headline(comparison),
        verdict_report.missing(comparison.missing),
        verdict_report.factors(comparison.factors) or "Nothing that went in is known to differ.",
        found.code if isinstance(found.code, str) else _changed("code", found.code),
        _changed("configuration", found.configuration),
        verdict_report.divergences(comparison),
        verdict_report.not_controlled(comparison),
        verdict_report.artifacts(others),
        _metrics(metrics),
        verdict_report.missing(comparison.notes),
    ]
    return "\n\n".join(filter(None, parts))


def _lines(
    project_path: Path, expected: "Record", actual: "Record"
) -> tuple[tuple[str, ...] | str | None, tuple[str, ...]]:
    from lakeproof.reproduce.code.changed_lines import changed_configuration, changed_lines

    code = None
    if expected.code.tree != actual.code.tree:
        code = changed_lines(project_path, expected.code, actual.code)
    return code, changed_configuration(expected.configuration, actual.configuration)


def _changed(what: str, lines: Sequence[str] | None) -> str:
    if not lines:
        return ""
    return layout({f"changed lines of {what}": "left"}, [[line] for line in lines])


def _metrics(found: Sequence[Artifact]) -> str:
    if not found:
        return ""
    return layout(
        {
            "metric": "left",
            "verdict": "left",
            "expected": "right",
            "actual": "right",
            "difference": "left",
        },
        [
            [one.name, one.verdict, _number(one.expected), _number(one.actual), _difference(one)]
            for one in found
        ],
        firm=["metric", "verdict"],
    )


def _number(value: Any) -> str | None:
    return None if value is None else repr(value)


def _difference(metric: Artifact) -> str | None:
    return metric.detail and metric.detail.replace("difference ", "")
