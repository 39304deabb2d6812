"""Keep a run that was made in isolation as one of its own: it is no re-run of any other.

Mixes of two runs, and runs without rows that were erased. What they fitted is kept with them, since
nothing else has it. Not for re-runs (`store_rerun`), of which the recorded run has the models.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lakeproof.record.facts import FileFacts, Record
from lakeproof.record.mlflow_store import mlflow_labels, store
from lakeproof.record.run.command import to_yaml
from lakeproof.reproduce import store_rerun
from lakeproof.views.blocks import Section

_SHORT = 8
_LONGEST_NAME = 200

Link = Callable[[str, Callable[[str | None], str]], None]


@dataclass(frozen=True)
class Own:
    """What such a run is called, and where its models go.

    Args:
        like: A run in whose experiment it is.
        name: For people.
        tags: What it has from the beginning.
        told: What its description says first.
        folder: Below which its models are kept.
    """

    like: str
    name: str
    tags: Mapping[str, str]
    told: Section
    folder: str


def keep_own(
    records: store.RecordStore,
    record: Record,
    asked: Record,
    own: Own,
    models: Mapping[FileFacts, Path],
    artifacts: Path | None,
    project_path: Path,
    link: Link | None = None,
) -> Record:
    """Store such a run, its record last, and give that.

    Args:
        records: The user's store.
        record: As the run wrote it.
        asked: What it was asked for with: its code, and the models that it was given.
        own: What it is called.
        models: Where each file of a model lies that it has fitted; a folder with what MLflow needs
            beside it is kept whole.
        artifacts: What else it logged.
        project_path: The user's project.
        link: Puts the record into a chain; given its id and what writes it behind another one.
            Without, it stands beside the chain and names none before it.

    Returns:
        The record as it stands in the store, with the one that it follows.
    """
    client, linked = records.client, record
    run = client.create_run(
        client.get_run(own.like).info.experiment_id,
        start_time=store_rerun.milliseconds(record.run.started_at),
        run_name=own.name[:_LONGEST_NAME],
        # From the beginning: it is in no list while it is written.
        tags=dict(own.tags),
    )
    run_id = str(run.info.run_id)
    try:
        kept = _as_own(record, run_id, asked, own, models, project_path)
        store_rerun.log_contents(client, kept, artifacts)
        for file, path in models.items():
            folder = folder_of(own, file)
            if (path.parent / "MLmodel").is_file():
                client.log_artifacts(run_id, str(path.parent), folder)
            else:
                client.log_artifact(run_id, str(path), folder)
        tags = {
            **mlflow_labels.tags_of(kept),
            mlflow_labels.NOTE: mlflow_labels.description_of(kept, [own.told]),
        }

        def write(previous: str | None) -> str:
            nonlocal linked
            linked = replace(kept, previous=previous)
            return store.write(client, linked, to_yaml(kept.run.config), tags)

        if link is None:
            write(None)
        else:
            link(run_id, write)
    except BaseException:
        client.set_terminated(run_id, "KILLED")
        raise
    ended = store_rerun.milliseconds(kept.run.finished_at)
    client.set_terminated(run_id, kept.run.status, end_time=ended)
    return linked


def _as_own(
    record: Record,
    run_id: str,
    asked: Record,
    own: Own,
    models: Mapping[FileFacts, Path],
    project_path: Path,
) -> Record:
    """Make a run of the user's store of it, with the place of each model in that store."""
    found = store_rerun.as_run(record, run_id, asked, project_path)
    given = {(file.dataset, file.sha256): file.artifact for file in asked.inputs.files}
    fitted = {
        (file.dataset, file.sha256): f"runs:/{run_id}/{folder_of(own, file)}/{path.name}"
        for file, path in models.items()
    }
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


def folder_of(own: Own, file: FileFacts) -> str:
    """Name the folder of a model: two files of a run may have one name in different places."""
    return f"{own.folder}/{mlflow_labels.key_of(file.dataset)}/{file.sha256[:_SHORT]}"
