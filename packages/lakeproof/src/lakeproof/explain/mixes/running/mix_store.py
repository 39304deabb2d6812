"""A mix in the user's store: a run of its own, which `kedro reproduce` has again and no list shows.

It has no parent and is no re-run of either; its tag says of which runs it is mixed. Its models are
kept with it, since another mix may ask them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lakeproof.record.facts import FileFacts, Record
from lakeproof.record.mlflow_store import mlflow_labels, store
from lakeproof.record.run.command import to_yaml
from lakeproof.reproduce import store_rerun
from lakeproof.views.blocks import facts, section

_SHORT = 8
_LONGEST_NAME = 200
MODELS = "mix"


def keep_mix(
    records: store.RecordStore,
    record: Record,
    mixed: Record,
    between: tuple[str, str],
    takes: Sequence[str],
    models: Mapping[FileFacts, Path],
    artifacts: Path | None,
    project_path: Path,
) -> Record:
    """Store a mix, its record last, and give that.

    Args:
        records: The user's store.
        record: As the mix wrote it.
        mixed: What it was asked for with: its code, and the models that it was given.
        between: The ids of A and B.
        takes: The names of what came from B.
        models: Where each file of a model lies that it has fitted.
        artifacts: What else it logged.
        project_path: The user's project.
    """
    client = records.client
    a, b = between
    short = f"mix of {a[:_SHORT]} and {b[:_SHORT]}"
    told = ", ".join(takes) or "nothing"
    run = client.create_run(
        client.get_run(a).info.experiment_id,
        start_time=store_rerun.milliseconds(record.run.started_at),
        run_name=f"{short}: {told} of {b[:_SHORT]}"[:_LONGEST_NAME],
        # From the beginning: it is in no list while it is written.
        tags={store.MIX: f"{a}-{b}"},
    )
    run_id = str(run.info.run_id)
    try:
        kept = _as_mix(record, run_id, mixed, models, project_path)
        store_rerun.log_contents(client, kept, artifacts)
        for file, path in models.items():
            client.log_artifact(run_id, str(path), _folder(file))
        outcome = section(
            short, facts({f"From {b[:_SHORT]}": told, f"Else from {a[:_SHORT]}": "all"})
        )
        tags = {
            **mlflow_labels.tags_of(kept),
            mlflow_labels.NOTE: mlflow_labels.description_of(kept, [outcome]),
        }
        store.write(client, kept, to_yaml(kept.run.config), tags)
    except BaseException:
        client.set_terminated(run_id, "KILLED")
        raise
    ended = store_rerun.milliseconds(kept.run.finished_at)
    client.set_terminated(run_id, kept.run.status, end_time=ended)
    return kept


def _as_mix(
    record: Record,
    run_id: str,
    mixed: Record,
    models: Mapping[FileFacts, Path],
    project_path: Path,
) -> Record:
    """Make a run of the user's store of it, with the place of each model in that store."""
    found = store_rerun.as_run(record, run_id, mixed, project_path)
    given = {(file.dataset, file.sha256): file.artifact for file in mixed.inputs.files}
    fitted = {(file.dataset, file.sha256): _artifact(run_id, file) for file in models}
    return replace(
        found,
        run=replace(found.run, reproduces=None, command=None),
        inputs=replace(
            found.inputs,
            files=tuple(
                replace(file, artifact=file.artifact or given.get((file.dataset, file.sha256)))
                for file in found.inputs.files
            ),
        ),
        outputs=replace(
            found.outputs,
            files=tuple(
                replace(file, artifact=fitted.get((file.dataset, file.sha256)) or file.artifact)
                for file in found.outputs.files
            ),
        ),
    )


def _artifact(run_id: str, file: FileFacts) -> str:
    return f"runs:/{run_id}/{_folder(file)}/{PurePosixPath(file.path).name}"


def _folder(file: FileFacts) -> str:
    # Two files of a folder may have one name in different places of it.
    return f"{MODELS}/{mlflow_labels.key_of(file.dataset)}/{file.sha256[:_SHORT]}"
