"""A run as its store knows it, with its record if it has one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakeproof.record.facts import Record


@dataclass(frozen=True)
class StoredRun:
    """A run of the project, recorded or not.

    Args:
        run_id: MLflow's.
        status: MLflow's: FINISHED, FAILED, KILLED, RUNNING.
        started_at: ISO 8601 in UTC.
        finished_at: The same.
        duration_s: Seconds between the two.
        metrics: The newest value of each.
        tags: MLflow's.
        record: What it left, where it is whole.
        trouble: Why there is no record, in a sentence.
    """

    run_id: str
    status: str
    started_at: str | None
    finished_at: str | None
    duration_s: float | None
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    record: Record | None
    trouble: str | None


def iso(milliseconds: Any) -> str | None:
    """Write a moment of MLflow's, where there is one."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
