"""A record as an in-toto Statement v1 with SLSA's provenance v1: what came out, and of what.

Specifications: https://github.com/in-toto/attestation/tree/main/spec/v1 and
https://slsa.dev/spec/v1.0/provenance. The statement is not signed.
"""

from collections.abc import Iterator
from typing import Any

from lakeproof.export.parts import (
    BUILDER,
    KIND_OF_RUN,
    as_json,
    made_files,
    outside_files,
    outside_tables,
    purls,
    source_uri,
    split_digest,
)
from lakeproof.record.documents.spelled_values import spelled_out
from lakeproof.record.facts import Record

STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"


def in_toto(record: Record, seal: str) -> str:
    """Write the statement.

    Args:
        record: The run's.
        seal: `sha256:…` of the record's own bytes.
    """
    return as_json(
        {
            "_type": STATEMENT,
            "subject": list(subjects(record, seal)),
            "predicateType": PROVENANCE,
            "predicate": _provenance(record),
        }
    )


def subjects(record: Record, seal: str) -> Iterator[dict[str, Any]]:
    """Yield what the statement is about: the record, models, files, and versions of tables."""
    yield {"name": "record.json", "digest": _digest_set(seal)}
    for model in record.models:
        if model.digest is not None:
            yield {"name": f"model:{model.dataset}", "digest": _digest_set(model.digest)}
    for file in made_files(record):
        yield {"name": file.path, "digest": {"sha256": file.sha256}}
    for table in record.outputs.tables:
        yield {"name": f"{table.uri}@{table.version}", "digest": _digest_set(table.digest)}


def materials(record: Record) -> Iterator[dict[str, Any]]:
    """Yield what the run was made of: code, tables at their versions, files, locks, packages."""
    code = record.code
    commits = dict.fromkeys(filter(None, (code.commit, code.kept_commit)))
    for commit in commits:
        yield {"uri": source_uri(record), "digest": {"gitCommit": commit}, "name": "code"}
    yield {"name": "source files", "digest": _digest_set(code.tree)}
    yield {"name": "configuration", "digest": _digest_set(record.configuration.digest)}
    for table in outside_tables(record):
        yield {
            "name": f"{table.uri}@{table.version}",
            "digest": _digest_set(table.digest),
            "annotations": {
                "dataset": table.dataset,
                "tableId": table.table_id,
                "version": table.version,
                "rows": table.rows,
            },
        }
    for file in outside_files(record):
        yield {"name": file.path, "digest": {"sha256": file.sha256}}
    for path, digest in sorted(record.environment.locks.items()):
        yield {"name": path, "digest": _digest_set(digest)}
    yield from ({"uri": purl, "name": name} for name, _, purl in purls(record) if purl)


def _provenance(record: Record) -> dict[str, Any]:
    run, compute, environment = record.run, record.compute, record.environment
    return {
        "buildDefinition": {
            "buildType": KIND_OF_RUN,
            "externalParameters": {
                "pipelines": list(run.pipelines),
                "environment": run.kedro_env,
                "parameters": spelled_out(dict(record.parameters.values)),
            },
            "internalParameters": {
                "engine": compute.engine,
                "python": f"{environment.implementation} {environment.python}",
                "threads": dict(compute.threads),
            },
            "resolvedDependencies": list(materials(record)),
        },
        "runDetails": {
            "builder": {"id": BUILDER, "version": {"lakeproof": record.lakeproof or "unknown"}},
            "metadata": {
                "invocationId": run.run_id,
                "startedOn": run.started_at,
                "finishedOn": run.finished_at,
            },
        },
    }


def _digest_set(digest: str) -> dict[str, str]:
    algorithm, value = split_digest(digest)
    return {algorithm: value}
