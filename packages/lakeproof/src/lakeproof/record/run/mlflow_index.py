"""Tables as MLflow dataset inputs: an index for people, not the record itself."""

import json
import os
from collections.abc import Iterable

from lakeproof.record.node_io.table_facts import TableRecorder
from lakeproof.versioned.run_tables import TableUse

_REGISTRY = "MLFLOW_REGISTRY_URI"
# MLflow keeps no longer digest.
_MOST_CHARACTERS = 36


def settle_registry() -> None:
    """Have MLflow decide now where its registry is.

    Otherwise it asks the Spark session of this process whenever a client is made: when that has
    ended, no failed run could be recorded any more.
    """
    import mlflow

    given = os.environ.get(_REGISTRY)
    mlflow.set_registry_uri(mlflow.get_registry_uri())
    if given is None:
        # It is for this run, and not for the processes of another one.
        os.environ.pop(_REGISTRY, None)


def log_tables(
    run_id: str,
    uses: Iterable[TableUse],
    recorder: TableRecorder,
    leaves_out_unreadable: bool = False,
) -> None:
    """Log each version that a run read or wrote as a dataset input of its MLflow run.

    MLflow keeps one dataset per name and digest in an experiment, with the source it saw first, and
    its own Delta source drops version 0. So the version is part of the name, and the tags, which
    are the run's own, say all of it again.

    Args:
        run_id: The MLflow run.
        uses: What the run read and wrote, in order.
        recorder: Knows the digests of table versions.
        leaves_out_unreadable: Whether a version that cannot be read is left out.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag
    from mlflow.tracking import MlflowClient

    by_version: dict[tuple[str, int], list[TableUse]] = {}
    for use in uses:
        by_version.setdefault((use.dataset, use.opened.version), []).append(use)
    inputs = []
    for (name, version), same in by_version.items():
        opened = same[0].opened
        known = next((use.digest for use in same if use.digest), None)
        if leaves_out_unreadable and recorder.crossing(same[0]).digest is None:
            continue
        digest = recorder.content(opened, known).digest
        kind = f"{opened.format}_table"
        source = {
            "path": opened.location.uri,
            f"{kind}_version": version,
            f"{kind}_id": opened.table_id,
        }
        is_committed = any(use.is_committed for use in same)
        tags = {
            "mlflow.data.context": ", ".join(sorted({use.kind for use in same})),
            "table": name,
            "version": str(version),
            "table_id": opened.table_id,
            "written": str(is_committed).lower(),
        }
        schema = [{"name": c, "type": kind} for c, kind in opened.columns.items()]
        dataset = Dataset(
            name=f"{name}@{version}",
            digest=digest[:_MOST_CHARACTERS],
            source_type=kind,
            source=json.dumps(source),
            schema=json.dumps({f"{opened.format}_schema": schema}),
            profile=json.dumps({"num_rows": opened.rows()}),
        )
        inputs.append(DatasetInput(dataset, [InputTag(key, tags[key]) for key in tags]))
    if inputs:
        MlflowClient().log_inputs(run_id, inputs)
