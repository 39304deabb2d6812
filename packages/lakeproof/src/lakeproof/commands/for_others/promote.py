"""`kedro promote`: a registered model gets its alias if somebody else has reproduced its run."""

import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.commands.command_errors import ExportError
from lakeproof.commands.for_others.evidence import Evidence, judge
from lakeproof.commands.for_others.model_files import faults, models_of
from lakeproof.project_settings import settings_of
from lakeproof.record.mlflow_store.tracking import local_path
from lakeproof.record.redaction.secret_text import without_secrets
from lakeproof.record.setup.maker import maker_of

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

    from lakeproof.commands.project import RunProject
    from lakeproof.record.facts import Record

_PROMOTED = "lakeproof.promoted."
_SHORT = 8
_MOST_SHOWN = 10
# Which MLflow would ask for the files, whoever wrote it there.
_ELSEWHERE = re.compile(r"\s*(?:https?|s?ftps?):", re.IGNORECASE)


@dataclass(frozen=True)
class Promoted:
    """What became of it.

    Args:
        run_id: The run.
        model: The registered model.
        version: Its version.
        alias: What it was to be called.
        is_promoted: Whether it is.
        policy: What was asked for.
        evidence: Why it may be; `None` where it may not.
        refusals: Why not, in sentences.
        at: When, in UTC.
        checkout: Of whoever did it: the random id of the project's folder.
        user: Their digest.
    """

    run_id: str
    model: str
    version: str
    alias: str
    is_promoted: bool
    policy: str
    evidence: Evidence | None
    refusals: tuple[str, ...]
    at: str
    checkout: str | None
    user: str


def promote(project: "RunProject", run: str, alias: str, model: str | None) -> Promoted:
    """Judge, and give the alias, or leave everything as it is.

    Args:
        project: The project.
        run: An id, a prefix of one, or `last`.
        alias: To give.
        model: The registered model, where the run's is registered under several names.

    Raises:
        LakeproofError: If there is no such run, or no such registered model.
    """
    policy = settings_of(project.path).promote
    run_id = project.records.resolve(run)
    record = project.records.record(run_id)
    client = project.records.of(run_id).client
    version = _version(client, run_id, model)
    refusals: list[str] = []
    evidence = None
    if record.run.status != "FINISHED" or record.run.reproduces:
        refusals.append("A run that did not finish, or is a re-run, is not promoted.")
    else:
        judged = judge(project, record, policy)
        evidence = judged.evidence[0] if judged.evidence else None
        refusals += () if evidence is not None else judged.refusals
        if evidence is not None:
            refusals += _of_model(project, run_id, version, record)
    maker = maker_of(project.path)
    done = Promoted(
        run_id=run_id,
        model=version.name,
        version=str(version.version),
        alias=alias,
        is_promoted=not refusals,
        policy=policy.policy,
        evidence=evidence if not refusals else None,
        refusals=tuple(refusals),
        at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        checkout=maker.checkout,
        user=maker.user,
    )
    if done.is_promoted:
        _write(client, done)
    return done


def document(done: Promoted) -> dict[str, Any]:
    """Give the JSON document."""
    from dataclasses import asdict

    return asdict(done)


def render(done: Promoted) -> str:
    """Write it for people."""
    named = f"{done.model} version {done.version}"
    if done.is_promoted and done.evidence is not None:
        by = f", signed by '{done.evidence.signer}'" if done.evidence.signer else ""
        return (
            f"{named} is now '{done.alias}': run {done.run_id[:_SHORT]} was "
            f"{done.evidence.verdict} by another {' and '.join(done.evidence.another)} "
            f"(re-run {done.evidence.rerun_id[:_SHORT]}{by})."
        )
    told = "\n".join(done.refusals[:_MOST_SHOWN])
    asked = " --attest" if done.policy == "signed" else ""
    return (
        f"{named} was not promoted (policy '{done.policy}'), and '{done.alias}' is where it was.\n"
        f"{told}\nIn another checkout, by another person or on another machine: kedro reproduce "
        f"{done.run_id[:_SHORT]}{asked}"
    )


def exit_code(done: Promoted) -> int:
    """Give 0 where it was promoted, 1 where the policy refused it."""
    return int(not done.is_promoted)


def _version(client: "MlflowClient", run_id: str, model: str | None) -> "ModelVersion":
    found = [
        one
        for one in client.search_model_versions(f"run_id='{run_id}'")
        if model is None or one.name == model
    ]
    if not found:
        of = f" as '{model}'" if model else ""
        raise ExportError(
            f"No model of run {run_id[:_SHORT]} is registered{of}. Nothing was promoted. Register "
            "it: mlflow.register_model, or registered_model in the catalog entry."
        )
    names = sorted({one.name for one in found})
    if len(names) > 1:
        raise ExportError(
            f"Run {run_id[:_SHORT]} has registered models {', '.join(names)}. Nothing was "
            "promoted. Name one: --model"
        )
    return max(found, key=lambda one: int(one.version))


def _of_model(
    project: "RunProject", run_id: str, version: "ModelVersion", record: "Record"
) -> list[str]:
    """Hold the registered files against the record."""
    from mlflow.artifacts import download_artifacts

    if not models_of(record):
        return ["Its record knows no file of a model: only one that SklearnModel kept can be held."]
    source = version.source or ""
    if _ELSEWHERE.match(source):
        return [f"The registered model is from an address, {without_secrets(source)[:80]!a}."]
    if (near := local_path(source)) is not None:
        # Looked at where it lies: whoever wrote the place might have had anything copied.
        return [f"The registered model is not the run's: {one}." for one in faults(near, record)]
    uri = project.records.of(run_id).tracking.uri
    with tempfile.TemporaryDirectory() as folder:
        try:
            place = download_artifacts(
                artifact_uri=f"models:/{version.name}/{version.version}",
                dst_path=folder,
                tracking_uri=uri,
            )
        except Exception as error:
            said = without_secrets(" ".join(str(error).split()))[:200]
            return [f"The registered files cannot be brought here: {said}"]
        return [
            f"The registered model is not the run's: {one}." for one in faults(Path(place), record)
        ]


def _write(client: "MlflowClient", done: Promoted) -> None:
    """Say who and when on the version, and move the alias last."""
    facts = {
        "run": done.run_id,
        "at": done.at,
        "as": done.alias,
        "policy": done.policy,
        "by_checkout": done.checkout or "",
        "by_user": done.user,
        "rerun": done.evidence.rerun_id if done.evidence else "",
        "signer": (done.evidence.signer if done.evidence else None) or "",
    }
    for name, value in facts.items():
        if value:
            client.set_model_version_tag(done.model, done.version, f"{_PROMOTED}{name}", value)
    client.set_registered_model_alias(done.model, done.alias, done.version)
