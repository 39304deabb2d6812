"""Keep a record on its MLflow run, with what people find the run by."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from lakeproof.errors import RunError
from lakeproof.record.chain import head
from lakeproof.record.chain.head import Newest
from lakeproof.record.code.bundle import NAME
from lakeproof.record.documents.rerun_request import Rerun
from lakeproof.record.facts import Record
from lakeproof.record.mlflow_store import unsent
from lakeproof.record.mlflow_store.server import address_of
from lakeproof.record.mlflow_store.tracking import Tracking
from lakeproof.watch import OwnThreads


def keep(
    record: Record,
    project_path: Path,
    rerun: Rerun | None,
    tracking: Tracking,
    name_before: str | None,
    bundle: bytes | None = None,
    newest: Newest | None = None,
) -> Path:
    """Write a record onto this disk; that of a re-run also where its parent looks for it.

    Args:
        record: The run's.
        project_path: The project, whose commit is to be kept.
        rerun: What the run is told, if it is a re-run.
        tracking: The store that it is to be sent to.
        name_before: What the MLflow run is called where nobody gave it a name.
        bundle: The code as a file, where it needs one.
        newest: The newest record of this clone a moment ago, where it is known.

    Returns:
        The folder from which it is sent.
    """
    from lakeproof.record.code.gather_code import keep_alive
    from lakeproof.record.documents.document import to_bytes

    run = record.run
    made: list[Path] = []
    kept: Future[bool] | None = None

    def packed(previous: str | None) -> str:
        if kept is not None:
            # What a record names is held before the record is there.
            kept.result()
        linked = replace(record, previous=previous)
        folder, seal = _pack(linked, project_path, tracking, name_before, bundle)
        made.append(folder)
        return seal

    if rerun is not None:
        path = Path(rerun.record_path)
        partial = path.with_suffix(".partial")
        partial.write_bytes(to_bytes(record))
        partial.replace(path)
        # Its parent links it, as the record of another store.
        packed(None)
    else:
        with OwnThreads(1) as threads:
            if record.code.kept_commit is not None:
                commit = record.code.kept_commit
                kept = threads.submit(keep_alive, project_path, run.run_id, commit)
            head.link(project_path, run.run_id, packed, newest)
    return made[-1]


def _pack(
    record: Record,
    project_path: Path,
    tracking: Tracking,
    name_before: str | None,
    bundle: bytes | None,
) -> tuple[Path, str]:
    from lakeproof.record.documents.kept_records import digest_of
    from lakeproof.record.documents.sealed import readable
    from lakeproof.record.mlflow_store import mlflow_labels, store
    from lakeproof.record.run.command import to_yaml

    run = record.run
    content = readable(record)
    seal = digest_of(content)
    files = {store.RUN_CONFIG: to_yaml(run.config).encode(), store.RECORD: content}
    tags = {
        **mlflow_labels.tags_of(record),
        mlflow_labels.NOTE: mlflow_labels.description_of(record),
        store.TAG: seal,
    }
    parcel = unsent.Parcel(
        run_id=run.run_id,
        store=address_of(tracking.uri),
        tags=tags,
        name=mlflow_labels.name_of(record),
        name_before=name_before,
        status=run.status,
        ended_ms=round(datetime.fromisoformat(run.finished_at).timestamp() * 1000),
    )
    folder = unsent.pack(project_path, parcel, files | ({NAME: bundle} if bundle else {}))
    return folder, seal


def refuse_second(run_id: str, tags: Mapping[str, str]) -> None:
    """Refuse to keep a record of a run that has one: another process has kept it meanwhile.

    Raises:
        RunError: If it has.
    """
    if unsent.TAG in tags:
        raise RunError(
            f"Run {run_id[:8]} has a record already, which was left as it is. What this "
            "run did has none."
        )


def name_by_nobody(tracking: Any, pipelines: Sequence[str]) -> str | None:
    """Give what kedro-mlflow calls a run which nobody named; `None` where `mlflow.yml` names it."""
    asked = tracking.run if tracking is not None else None
    is_asked = asked is None or bool(asked.name or asked.id)
    return None if is_asked else "+".join(pipelines)


def why_untracked(tracking: Any, pipelines: Sequence[str]) -> str | None:
    """Say why kedro-mlflow makes no run of some pipelines; `None` where it makes one."""
    disabled = (tracking.disable_tracking.pipelines or ()) if tracking is not None else ()
    if not all(name in disabled for name in pipelines):
        return None
    named = ", ".join(pipelines)
    return f"mlflow.yml turns tracking off for {named} (tracking.disable_tracking.pipelines)"


def forget_last_run() -> None:
    """Keep kedro-mlflow from taking up the last run of this process while it makes none.

    Its hook keeps the id and opens that run again for each node of a pipeline that is not tracked
    (kedro-mlflow 2.0.3).
    """
    from kedro_mlflow.framework.hooks.mlflow_hook import mlflow_hook

    mlflow_hook.run_id = None


def is_open() -> bool:
    """Tell whether an MLflow run is open in this thread: whoever has opened it ends it."""
    import mlflow

    return mlflow.active_run() is not None


def mlflow_uri() -> str:
    """Give the store that MLflow writes to: whoever opened a run first has chosen it."""
    import mlflow

    return mlflow.get_tracking_uri()


def refuse_recorded(tracking: Any) -> None:
    """Refuse to write to an MLflow run that has a record: it would no longer be that run's.

    Args:
        tracking: What `mlflow.yml` says of the run, where kedro-mlflow makes one.

    Raises:
        RunError: If kedro-mlflow is about to take such a run up again.
    """
    import mlflow
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    from lakeproof.record.mlflow_store import store

    active = mlflow.active_run()
    asked = tracking.run.id if tracking is not None else None
    if active is not None:
        run_id, who = active.info.run_id, "it is open in this process"
        cure = "End it first: mlflow.end_run()"
    elif asked:
        run_id, who = asked, "mlflow.yml asks for it (tracking.run.id)"
        cure = "Take that line out"
    else:
        run_id = os.environ.get("MLFLOW_RUN_ID", "")
        who, cure = "MLFLOW_RUN_ID asks for it", "A run of its own: unset MLFLOW_RUN_ID"
    if not run_id:
        return
    try:
        tags = MlflowClient().get_run(run_id).data.tags
    except MlflowException:
        return  # it says itself that there is no such run
    if store.TAG in tags:
        raise RunError(
            f"Run {run_id[:8]} has a record already, and {who}: a second run would write over it. "
            f"Nothing was run. {cure}."
        )
