"""Runs as MLflow has them, through its own client.

The same is read from a SQLite store without MLflow by `mlflow_database`, which this module stands
in for wherever that does not know the store.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

_PAGE = 200


@dataclass(frozen=True)
class MlflowRun:
    """What MLflow knows of a run.

    Args:
        run_id: Its id.
        status: FINISHED, FAILED, KILLED, RUNNING or SCHEDULED.
        start_time: Milliseconds since 1970.
        end_time: The same; `None` while it goes on, and for ever where it was killed at once.
        artifact_uri: The folder of its artifacts.
        metrics: The newest value of each.
        tags: All of them.
    """

    run_id: str
    status: str
    start_time: int | None
    end_time: int | None
    artifact_uri: str
    metrics: Mapping[str, float]
    tags: Mapping[str, str]

    @property
    def duration_s(self) -> float | None:
        """Seconds from its start to its end; `None` where MLflow lacks one of them."""
        if self.start_time is None or self.end_time is None:
            return None
        return (self.end_time - self.start_time) / 1000


@dataclass(frozen=True)
class Wanted:
    """Which runs of an experiment are asked for; never the deleted ones.

    Args:
        prefix: Those whose id begins so; hexadecimal digits alone.
        sealed_by: Those that have finished and have a digest as this tag.
        without: Those that have none of these tags.
        tag: Those that have this tag, with this value.
    """

    prefix: str = ""
    sealed_by: str | None = None
    without: tuple[str, ...] = ()
    tag: tuple[str, str] | None = None


def search(
    client: "MlflowClient", experiment_id: str, wanted: Wanted, limit: int | None = None
) -> Iterator[MlflowRun]:
    """Ask MLflow for runs, newest first."""
    clauses = [f"attributes.run_id LIKE '{wanted.prefix}%'"] if wanted.prefix else []
    if wanted.sealed_by is not None:
        clauses += [f"tags.`{wanted.sealed_by}` LIKE 'sha256:%'", "attributes.status = 'FINISHED'"]
    if wanted.tag is not None:
        clauses.append("tags.`{}` = '{}'".format(*wanted.tag))
    left, token = limit, None
    while left is None or left > 0:
        page = client.search_runs(
            [experiment_id],
            filter_string=" AND ".join(clauses),
            max_results=_PAGE if left is None or wanted.without else min(left, _PAGE),
            order_by=["attributes.start_time DESC"],
            page_token=token,
        )
        # What lacks a tag cannot be asked for.
        found = [one for one in page if not one.data.tags.keys() & set(wanted.without)][:left]
        yield from map(as_run, found)
        left = None if left is None else left - len(found)
        token = page.token
        if not token:
            return


def as_run(run: "Run") -> MlflowRun:
    """Take what counts from MLflow's own entity."""
    return MlflowRun(
        run_id=str(run.info.run_id),
        status=str(run.info.status),
        start_time=run.info.start_time,
        end_time=run.info.end_time,
        artifact_uri=run.info.artifact_uri or "",
        metrics=dict(run.data.metrics),
        tags=dict(run.data.tags),
    )
