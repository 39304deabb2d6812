"""`kedro runs`: the recorded runs, newest first."""

import math
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from lakeproof.commands.run_filter import RunFilter
from lakeproof.record.mlflow_store.store import REPRODUCES, VERDICT
from lakeproof.terminal import layout
from lakeproof.views.values import readable, readable_time, shortened

if TYPE_CHECKING:
    from lakeproof.record.documents.kept_summaries import RunSummary
    from lakeproof.record.facts import Maker
    from lakeproof.record.mlflow_store.stored_run import AnyRun, ListedRun
    from lakeproof.record.mlflow_store.stores import RecordStores

_ID_CHARACTERS = 8
# MLflow's own tag.
_USER_NAME = "mlflow.user"
_COLUMNS: dict[str, Literal["left", "right"]] = {
    "run": "left",
    "status": "left",
    "started (UTC)": "left",
    "duration": "right",
    "env": "left",
    "pipelines": "left",
    "commit": "left",
    "by": "left",
    "read": "left",
    "written": "left",
    "metrics": "left",
}
_OF_RERUNS: dict[str, Literal["left", "right"]] = {
    "re-run": "left",
    "status": "left",
    "started (UTC)": "left",
    "duration": "right",
    "reproduces": "left",
    "verdict": "left",
}


def document(found: "Sequence[AnyRun]", maker: "Maker | None" = None) -> dict[str, Any]:
    """Make the JSON document; what only a record knows is null or empty for a run without one."""
    return {
        "runs": [
            {
                "run_id": run.run_id,
                "status": run.status,
                "started_at": run.started_at,
                "duration_s": run.duration_s,
                "kedro_env": run.summary and run.summary.kedro_env,
                "pipelines": list(run.summary.pipelines) if run.summary else [],
                "git_commit": run.summary and run.summary.commit,
                "is_dirty": run.summary and run.summary.is_dirty,
                "inputs": _inputs(run.summary),
                "outputs": _outputs(run.summary),
                "metrics": _metrics(run),
                "reproduces": _reproduces(run),
                "verdict": run.tags.get(VERDICT),
                "trouble": run.trouble,
                "user": run.tags.get(_USER_NAME),
                "is_mine": _is_mine(run, maker),
            }
            for run in found
        ]
    }


def gather(stores: "RecordStores", wanted: RunFilter, limit: int | None) -> "list[ListedRun]":
    """Find the runs that are asked for, newest first."""
    if not wanted:
        return stores.listed(limit)
    return list(islice(wanted.of(stores.listed()), limit))


def render(
    found: "Sequence[AnyRun]", is_filtered: bool = False, maker: "Maker | None" = None
) -> str:
    """Write one line per run, re-runs apart; why a run cannot be read is said beneath.

    Args:
        found: The runs.
        is_filtered: Whether there may be others.
        maker: Who asks.
    """
    if not found:
        return (
            "No recorded run has that. All of them: kedro runs"
            if is_filtered
            else "No run is recorded yet. Record one: kedro run"
        )
    runs = [run for run in found if _reproduces(run) is None]
    reruns = [run for run in found if _reproduces(run) is not None]
    troubles = [shortened(run.trouble) for run in found if run.trouble]
    parts = [
        layout(
            _COLUMNS,
            [_row(run, maker) for run in runs],
            firm=["run", "status", "started (UTC)", "commit"],
        )
        if runs
        else "",
        layout(_OF_RERUNS, list(map(_rerun, reruns)), firm=["re-run", "reproduces"])
        if reruns
        else "",
        "\n".join(troubles),
    ]
    return "\n\n".join(filter(None, parts))


def _is_mine(run: "AnyRun", maker: "Maker | None") -> bool:
    """Tell whether a run is known to be of whoever asks."""
    return maker is not None and bool(list(RunFilter(maker=maker).of([run])))


def _by(run: "AnyRun", maker: "Maker | None") -> str | None:
    """Say who made a run: whoever asks, or the user as MLflow has it."""
    return "you" if _is_mine(run, maker) else run.tags.get(_USER_NAME)


def _row(run: "AnyRun", maker: "Maker | None") -> list[Any]:
    summary = run.summary
    return [
        *_beginning(run),
        summary and summary.kedro_env,
        summary and ", ".join(summary.pipelines),
        summary and _commit(summary),
        _by(run, maker),
        _versions(_inputs(summary)),
        _versions(_outputs(summary)),
        ", ".join(
            f"{name} {readable(value)}"
            for name, value in _metrics(run).items()
            if value is not None
        )
        or None,
    ]


def _rerun(run: "AnyRun") -> list[Any]:
    reproduces = _reproduces(run)
    return [*_beginning(run), reproduces and reproduces[:_ID_CHARACTERS], run.tags.get(VERDICT)]


def _beginning(run: "AnyRun") -> list[Any]:
    return [
        run.run_id[:_ID_CHARACTERS],
        run.status,
        run.started_at and run.started_at[:19].replace("T", " "),
        None if run.duration_s is None else readable_time(run.duration_s),
    ]


def _inputs(summary: "RunSummary | None") -> dict[str, int]:
    """Give the version of each table as it was read first, also of what the run wrote before."""
    versions: dict[str, int] = {}
    for dataset, version in summary.read if summary else ():
        versions.setdefault(dataset, version)
    return versions


def _outputs(summary: "RunSummary | None") -> dict[str, int]:
    return dict(summary.written) if summary else {}


def _metrics(run: "AnyRun") -> Mapping[str, float | None]:
    """Give the metrics as recorded, else as MLflow has them; JSON has no NaN."""
    if run.summary is not None:
        return run.summary.metrics
    return {
        name: value if math.isfinite(value) else None for name, value in sorted(run.metrics.items())
    }


def _reproduces(run: "AnyRun") -> str | None:
    recorded = run.summary.reproduces if run.summary else None
    return recorded or run.tags.get(REPRODUCES)


def _commit(summary: "RunSummary") -> str | None:
    commit = summary.commit
    if commit is None:
        return None
    return commit[:_ID_CHARACTERS] + ("*" if summary.is_dirty else "")


def _versions(versions: Mapping[str, int]) -> str | None:
    return ", ".join(f"{name}:{version}" for name, version in versions.items()) or None
