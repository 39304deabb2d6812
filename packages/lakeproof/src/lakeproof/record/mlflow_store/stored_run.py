"""A run as its store knows it, with its record, or what a list says of that, if it has one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from lakeproof.record.documents.kept_summaries import RunSummary
from lakeproof.record.facts import Record
from lakeproof.record.mlflow_store.mlflow_runs import MlflowRun


@dataclass(frozen=True, kw_only=True)
class _Run:
    """A run of the project, as MLflow has it.

    Args:
        run_id: MLflow's.
        status: MLflow's: FINISHED, FAILED, KILLED, RUNNING.
        started_at: ISO 8601 in UTC.
        duration_s: Seconds from its start to its end.
        metrics: The newest value of each.
        tags: MLflow's.
        trouble: Why there is no record, in a sentence.
    """

    run_id: str
    status: str
    started_at: str | None
    duration_s: float | None
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    trouble: str | None


@dataclass(frozen=True, kw_only=True)
class ListedRun(_Run):
    """A run as a list shows it, its record unread where that is known already.

    Args:
        summary: Of its record, where that is whole.
    """

    summary: RunSummary | None

    @classmethod
    def of(cls, run: MlflowRun, summary: RunSummary | None, trouble: str | None) -> "ListedRun":
        """Say of a run of MLflow's what its record says."""
        return cls(
            run_id=run.run_id,
            status=run.status,
            started_at=iso(run.start_time),
            duration_s=run.duration_s,
            metrics=run.metrics,
            tags=run.tags,
            summary=summary,
            trouble=trouble,
        )


@dataclass(frozen=True, kw_only=True)
class StoredRun(_Run):
    """A run, recorded or not.

    Args:
        finished_at: ISO 8601 in UTC.
        record: What it left, where it is whole.
    """

    finished_at: str | None
    record: Record | None

    @cached_property
    def summary(self) -> RunSummary | None:
        """What a list says of its record."""
        return RunSummary.of(self.record) if self.record is not None else None


AnyRun = TypeVar("AnyRun", StoredRun, ListedRun)


def iso(milliseconds: Any) -> str | None:
    """Write a moment of MLflow's, where there is one."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
