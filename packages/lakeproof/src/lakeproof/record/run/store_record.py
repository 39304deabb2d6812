"""Keep a record on its MLflow run, with what people find the run by."""

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lakeproof.errors import RunError
from lakeproof.record.code.bundle import NAME
from lakeproof.record.documents.rerun_request import Rerun
from lakeproof.record.facts import Record

if TYPE_CHECKING:
    from mlflow.entities import Run


def keep(
    record: Record,
    run: "Run",
    project_path: Path,
    rerun: Rerun | None,
    has_no_name: bool,
    bundle: bytes | None = None,
) -> None:
    """Write a record where it belongs; that of a re-run also where its parent looks for it.

    Args:
        record: The run's.
        run: Its MLflow run, as it is now.
        project_path: The project, whose commit is to be kept.
        rerun: What the run is told, if it is a re-run.
        has_no_name: Whether nobody has given the MLflow run a name.
        bundle: The code as a file, where it needs one.

    Raises:
        RunError: If the MLflow run has a record already: another process has kept one meanwhile.
    """
    from mlflow.tracking import MlflowClient

    from lakeproof.record.code.gather_code import keep_alive
    from lakeproof.record.documents.document import to_bytes
    from lakeproof.record.mlflow_store import mlflow_labels, store
    from lakeproof.record.run.command import to_yaml

    if store.TAG in run.data.tags:
        raise RunError(
            f"Run {record.run.run_id[:8]} has a record already, which was left as it is. What this "
            "run did has none."
        )
    if rerun is not None:
        path = Path(rerun.record_path)
        partial = path.with_suffix(".partial")
        partial.write_bytes(to_bytes(record))
        partial.replace(path)
    elif record.code.kept_commit is not None:
        keep_alive(project_path, record.run.run_id, record.code.kept_commit)
    client = MlflowClient()
    # What the user has named or described stays so.
    if has_no_name:
        client.update_run(record.run.run_id, name=mlflow_labels.name_of(record))
    if bundle is not None:
        with TemporaryDirectory(prefix="lakeproof-bundle-") as folder:
            file = Path(folder, NAME)
            file.write_bytes(bundle)
            client.log_artifact(record.run.run_id, str(file), store.FOLDER)
    tags = mlflow_labels.tags_of(record)
    if mlflow_labels.NOTE not in run.data.tags:
        tags[mlflow_labels.NOTE] = mlflow_labels.description_of(record)
    store.write(client, record, to_yaml(record.run.config), tags)


def is_unnamed(run: "Run", tracking: Any, pipelines: Sequence[str]) -> bool:
    """Tell whether nobody named the MLflow run, in `mlflow.yml` or meanwhile."""
    asked = tracking.run if tracking is not None else None
    is_asked = asked is None or bool(asked.name or asked.id)
    return not is_asked and run.info.run_name == "+".join(pipelines)


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
