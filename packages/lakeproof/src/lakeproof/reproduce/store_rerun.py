"""Write a re-run into the user's MLflow store: as a run of its own, which says what it repeats.

The re-run itself logs to a store in scratch, for MLflow refuses a database of another version's
schema. What is kept is its record, its parameters and metrics, its small artifacts and the verdict;
not the model, which is the recorded one's or is not.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.record.chain import head
from lakeproof.record.facts import Content, FileFacts, Record, leaves
from lakeproof.record.mlflow_store import mlflow_labels, store, unsent
from lakeproof.record.mlflow_store.server import address_of, no_answer
from lakeproof.record.mlflow_store.tracking import StoreError
from lakeproof.record.places.project_paths import relative_to_project
from lakeproof.record.run.command import to_yaml
from lakeproof.record.setup.maker import maker_of
from lakeproof.reproduce import verdict_sections
from lakeproof.reproduce.outcomes import Comparison
from lakeproof.reproduce.verdict_report import document, meaning
from lakeproof.views.blocks import Section, facts, section

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Run
    from mlflow.tracking import MlflowClient

_COMPARISON = "comparison.json"
_LONGEST_PARAMETER = 6_000


def begin(records: store.RecordStore, record: Record) -> str:
    """Make the MLflow run that a re-run becomes, and give its id.

    Args:
        records: The user's store.
        record: That of the re-run.

    Raises:
        StoreError: It does not answer now.
    """
    _require_answer(records)
    # That of the run that was repeated, which may have been renamed since.
    original = records.client.get_run(str(record.run.reproduces))
    run = records.client.create_run(
        original.info.experiment_id,
        start_time=milliseconds(record.run.started_at),
        run_name=f"re-run of {_original(record)}",
        tags={
            store.REPRODUCES: str(record.run.reproduces),
            "mlflow.parentRunId": str(record.run.reproduces),
        },
    )
    return str(run.info.run_id)


def give_up(records: store.RecordStore, run_id: str) -> None:
    """End the MLflow run of a re-run that has no verdict.

    Raises:
        StoreError: The store does not answer now.
    """
    _require_answer(records)
    records.client.set_terminated(run_id, "KILLED")


def _require_answer(records: store.RecordStore) -> None:
    """Refuse a server that has gone since: MLflow would wait for minutes, three times."""
    uri = records.tracking.uri
    if (why := no_answer(uri)) is not None:
        raise StoreError(f"The tracking server {address_of(uri)} does not answer: {why}")


def as_run(record: Record, run_id: str, recorded: Record, project_path: Path) -> Record:
    """Make the record of a re-run one of the user's store.

    It gets the id that it has there, and names nothing of scratch. What the recorded run withheld,
    because it held a secret, stays withheld: the re-run may not have known the secret. Older code
    left `..` in places, which a record of today's schema must not have.

    Args:
        record: That of the re-run, in whatever schema the recorded code wrote it.
        run_id: The id that it has in the user's store.
        recorded: That of the run which it repeats.
        project_path: The user's project, from which its places lead.
    """

    def straight(place: str) -> str:
        return relative_to_project(place, project_path) if ".." in place else place

    scratch_id = record.run.run_id
    withheld = {
        content.sha256: content
        for content in recorded.configuration.files
        if content.withheld and content.sha256
    }

    def kept(content: Content) -> Content:
        known = withheld.get(content.sha256)
        return replace(known, path=content.path) if known is not None else content

    def with_source(options: Mapping[str, Any]) -> dict[str, Any]:
        rest = {name: value for name, value in options.items() if name != "conf_source"}
        source = recorded.run.options.get("conf_source")
        return {**rest, "conf_source": straight(str(source))} if source else rest

    def moved(file: FileFacts) -> FileFacts:
        is_kept = file.artifact is not None and file.artifact.startswith(f"runs:/{scratch_id}/")
        artifact = file.artifact.replace(scratch_id, run_id) if is_kept and file.artifact else None
        return replace(file, path=straight(file.path), artifact=artifact)

    return replace(
        record,
        run=replace(
            record.run,
            run_id=run_id,
            options=with_source(record.run.options),
            config=with_source(record.run.config),
            # Not scratch, which is nobody's checkout.
            made_by=maker_of(project_path),
        ),
        # It ran what the recorded run had; of git it saw scratch.
        code=replace(
            recorded.code,
            files=record.code.files,
            tree=record.code.tree,
            changed_during_run=record.code.changed_during_run,
        ),
        configuration=replace(
            record.configuration,
            source=straight(recorded.configuration.source),
            files=tuple(map(kept, record.configuration.files)),
        ),
        inputs=replace(
            record.inputs,
            files=tuple(map(moved, record.inputs.files)),
            tables=tuple(replace(one, uri=straight(one.uri)) for one in record.inputs.tables),
        ),
        outputs=replace(
            record.outputs,
            files=tuple(map(moved, record.outputs.files)),
            tables=tuple(replace(one, uri=straight(one.uri)) for one in record.outputs.tables),
        ),
    )


def _not_its_own(folder: str, names: list[str]) -> set[str]:
    """Leave out our own, and what is no artifact: a link that would bring a file from elsewhere."""
    return {name for name in names if name == store.FOLDER or Path(folder, name).is_symlink()}


def finish(
    records: store.RecordStore,
    record: Record,
    artifacts: Path | None,
    comparison: Comparison,
    project_path: Path,
) -> None:
    """Keep what came of a re-run, the verdict last.

    Args:
        records: The user's store.
        record: That of the re-run, with its id there.
        artifacts: What it logged.
        comparison: What it is worth.
        project_path: The user's project, of whose clone it becomes the newest record.

    Raises:
        StoreError: The store does not answer now.
    """
    _require_answer(records)
    client: MlflowClient = records.client
    run_id = record.run.run_id
    log_contents(client, record, artifacts)
    inputs = list(_same_inputs(client.get_run(str(record.run.reproduces)), record))
    if inputs:
        client.log_inputs(run_id, inputs)
    tags = {
        **mlflow_labels.tags_of(record),
        mlflow_labels.NOTE: mlflow_labels.description_of(record, _outcome(record, comparison)),
    }

    def write(previous: str | None) -> str:
        linked = replace(record, previous=previous)
        return store.write(client, linked, to_yaml(record.run.config), tags)

    head.link(project_path, run_id, write)
    text = json.dumps({"schema": 1, **document(comparison)}, indent=1, ensure_ascii=False)
    client.log_text(run_id, text, f"{store.FOLDER}/{_COMPARISON}")
    unsent.rename(client, run_id, f"re-run of {_original(record)}: {comparison.verdict}")
    unsent.log_tags(client, run_id, {store.VERDICT: comparison.verdict})
    ended = milliseconds(record.run.finished_at)
    client.set_terminated(run_id, record.run.status, end_time=ended)


def log_contents(client: "MlflowClient", record: Record, artifacts: Path | None) -> None:
    """Log what a run in isolation gave: metrics, parameters and small artifacts.

    Args:
        client: Of the user's store.
        record: That of the run, with its id there.
        artifacts: What it logged.
    """
    from mlflow.entities import Metric, Param

    run_id = record.run.run_id
    moment = milliseconds(record.run.finished_at)
    metrics = [
        Metric(name, metric.value, moment, 0)
        for name, metric in record.metrics.items()
        if metric.value is not None
    ]
    params = [
        Param(mlflow_labels.key_of(name), str(value)[:_LONGEST_PARAMETER])
        for name, value in leaves(record.parameters.values)
    ]
    client.log_batch(run_id, metrics=metrics, params=params[:1_000], synchronous=True)
    if artifacts is not None:
        with tempfile.TemporaryDirectory() as folder:
            kept = Path(folder, "artifacts")
            shutil.copytree(artifacts, kept, ignore=_not_its_own)
            client.log_artifacts(run_id, str(kept))


def _same_inputs(original: "Run", record: Record) -> "Iterator[DatasetInput]":
    """Give the dataset inputs of the recorded run that were the re-run's too, to the digest."""
    read = {f"{one.dataset}@{one.version}": one.digest for one in record.inputs.tables}
    written = {f"{one.dataset}@{one.version}": one.digest for one in record.outputs.tables}
    digests = {**written, **read}
    for entry in original.inputs.dataset_inputs if original.inputs else ():
        if digests.get(entry.dataset.name) == entry.dataset.digest:
            yield entry


def _outcome(record: Record, comparison: Comparison) -> Iterator[Section]:
    """Say what came of the re-run, for its description in MLflow."""
    claim = f"{comparison.verdict}: {meaning(comparison)}"
    yield section(claim, facts({"Re-run of": _original(record)}))
    yield verdict_sections.missing(comparison)
    yield verdict_sections.divergence(comparison)
    yield verdict_sections.factors(comparison, verdict_sections.RECORDED)


def _original(record: Record) -> str:
    return str(record.run.reproduces)[:8]


def milliseconds(moment: str) -> int:
    """Give a moment of a record as MLflow counts it."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
