"""Hold what `kedro export` writes against the validators of others: `make test-export`.

It runs in an environment of its own, which has the validators and not Lakeproof: 71 MB that no
other test needs. Nothing is fetched: the schemas and shapes are those that the validators carry,
the contexts of RO-Crate that of the package `rocrate` and the one term of another one that we use.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_RUN_TERMS = {"@context": {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}}
_PROFILE = "provenance-run-crate-0.5"


def faults_of_cyclonedx(text: str) -> Iterator[str]:
    """Ask CycloneDX's own library, strictly: no key that version 1.7 does not know."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    error = JsonStrictValidator(SchemaVersion.V1_7).validate_str(text)
    if error is not None:
        yield str(error)


def faults_of_openlineage(text: str) -> Iterator[str]:
    """Have OpenLineage's client make its own objects of each event and each facet it knows."""
    from openlineage.client import event_v2
    from openlineage.client.generated import (
        dataset_version_dataset,
        error_message_run,
        job_type_job,
        output_statistics_output_dataset,
        processing_engine_run,
        schema_dataset,
        source_code_location_job,
    )

    kinds: dict[str, Any] = {
        "version": dataset_version_dataset.DatasetVersionDatasetFacet,
        "schema": schema_dataset.SchemaDatasetFacet,
        "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
        "jobType": job_type_job.JobTypeJobFacet,
        "sourceCodeLocation": source_code_location_job.SourceCodeLocationJobFacet,
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet,
        "errorMessage": error_message_run.ErrorMessageRunFacet,
    }
    for line in text.splitlines():
        event = json.loads(line)
        run, job = event["run"], event["job"]
        event_v2.RunEvent(
            eventTime=event["eventTime"],
            eventType=event_v2.RunState(event["eventType"]),
            run=event_v2.Run(runId=run["runId"]),
            job=event_v2.Job(namespace=job["namespace"], name=job["name"]),
            producer=event["producer"],
        )
        holders = [run, job, *event["inputs"], *event["outputs"]]
        for holder in holders:
            for name, facet in {**holder["facets"], **holder.get("outputFacets", {})}.items():
                if not {"_producer", "_schemaURL"} <= facet.keys():
                    yield f"the facet {name} says not whose it is"
                if name not in kinds:
                    continue
                content = {k: v for k, v in facet.items() if not k.startswith("_")}
                known = kinds[name](**content)
                # Under which schema the client itself would write it.
                if known._get_schema() != facet["_schemaURL"]:
                    yield f"{name} is of {facet['_schemaURL']}, not {known._get_schema()}"


def faults_of_ro_crate(text: str) -> Iterator[str]:
    """Ask roc-validator for all that its profile of Provenance Run Crates requires."""
    import rocrate
    from rocrate_validator import models, services

    _load_from_here(Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "ro-crate-metadata.json").write_text(text, encoding="utf-8")
        settings = services.ValidationSettings(
            rocrate_uri=folder,
            profile_identifier=_PROFILE,
            requirement_severity=models.Severity.REQUIRED,
            metadata_only=True,
        )
        for issue in services.validate(settings).get_issues():
            yield f"{issue.check.identifier}: {issue.message}"


def _load_from_here(crate: Path) -> None:
    """Have contexts read from this disk: roc-validator asks this function of its own for them."""
    from rocrate_validator.utils import document_loader

    known = json.loads(crate.read_text(encoding="utf-8"))
    # It is that of RO-Crate 1.3; 1.1, which the profiles stand on, has another name for this one.
    known["@context"]["ComputationalWorkflow"] = "https://bioschemas.org/ComputationalWorkflow"

    def fetch(url: str) -> Any:
        if url.startswith("https://w3id.org/ro/crate/"):
            return known
        if url.startswith("https://w3id.org/ro/terms/workflow-run"):
            return _RUN_TERMS
        raise LookupError(url)

    document_loader._fetch_json_ld = fetch


def faults_of_in_toto(text: str) -> Iterator[str]:
    """Look for what Statement v1 requires; there is no schema of it."""
    statement = json.loads(text)
    if statement["_type"] != "https://in-toto.io/Statement/v1":
        yield "it is no Statement v1"
    for one in statement["subject"]:
        if not one["name"] or not one["digest"]:
            yield f"the subject {one} has no digest"


def faults_of_dsse(text: str, public_key: Path) -> Iterator[str]:
    """Verify an envelope with securesystemslib, as in-toto's and sigstore's tools do."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey

    key = SSlibKey.from_crypto(load_pem_public_key(public_key.read_bytes()))
    envelope = Envelope.from_dict(json.loads(text))
    # It looks keys up by the id that the envelope gives.
    key.keyid = next(iter(envelope.signatures))
    envelope.verify([key], 1)
    envelope.payload = envelope.payload.replace(b"PASS", b"FAIL") + b" "
    try:
        envelope.verify([key], 1)
    except Exception:
        return
    yield "another payload verifies, too"


CHECKS: dict[str, Callable[[str], Iterator[str]]] = {
    "cyclonedx": faults_of_cyclonedx,
    "openlineage": faults_of_openlineage,
    "ro-crate": faults_of_ro_crate,
    "in-toto": faults_of_in_toto,
}


def main(folder: Path) -> int:
    """Check each file by its ending; `key.pub` is the key of the envelopes.

    Returns:
        How many faults there are.
    """
    found, looked_at = 0, 0
    for path in sorted(folder.rglob("*")):
        ending = path.suffix.removeprefix(".")
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if ending == "dsse":
            faults = faults_of_dsse(text, path.with_name("key.pub"))
        elif ending in CHECKS:
            faults = CHECKS[ending](text)
        else:
            continue
        looked_at += 1
        for fault in faults:
            found += 1
            print(f"{path}: {fault}")
    print(f"{looked_at} files, {found} faults")
    if shutil.which("cosign") is None:
        print("cosign is not here; securesystemslib has verified the envelopes.")
    return found if looked_at else 1


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1])), 1))
