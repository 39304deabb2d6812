"""A record as two OpenLineage events, START and how it ended, a line each.

Specification: https://openlineage.io/spec/2-0-2/OpenLineage.json. The id of the run is MLflow's.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from lakeproof.export.parts import (
    PRODUCER,
    made_files,
    outside_files,
    outside_tables,
    split_digest,
    uuid_of,
)
from lakeproof.record.facts import Record, TableRead, TableWritten

_EVENT = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = "https://openlineage.io/spec/facets"
_ENDS = {"FINISHED": "COMPLETE", "FAILED": "FAIL", "KILLED": "ABORT"}


def openlineage(record: Record, seal: str) -> str:
    """Write the events, oldest first.

    Args:
        record: The run's.
        seal: `sha256:…` of the record's own bytes.
    """
    run = record.run
    start = _event(record, seal, "START", run.started_at, with_outputs=False)
    end = _event(record, seal, _ENDS[run.status], run.finished_at, with_outputs=True)
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in (start, end))


def _event(record: Record, seal: str, kind: str, moment: str, with_outputs: bool) -> dict[str, Any]:
    run = record.run
    return {
        "eventTime": moment,
        "eventType": kind,
        "producer": PRODUCER,
        "schemaURL": _EVENT,
        "run": {"runId": uuid_of(run.run_id), "facets": dict(_run_facets(record, seal))},
        "job": {
            "namespace": "kedro",
            "name": f"{run.kedro_env}.{'+'.join(run.pipelines)}",
            "facets": dict(_job_facets(record)),
        },
        "inputs": list(_inputs(record)),
        "outputs": list(_outputs(record)) if with_outputs else [],
    }


def _run_facets(record: Record, seal: str) -> Iterator[tuple[str, Any]]:
    yield (
        "processing_engine",
        _facet(
            "1-1-1/ProcessingEngineRunFacet",
            version=record.lakeproof or "unknown",
            name=f"kedro, {record.compute.engine}",
        ),
    )
    yield "lakeproof_record", _facet("", record=seal)
    if record.run.error:
        yield (
            "errorMessage",
            _facet(
                "1-0-1/ErrorMessageRunFacet", message=record.run.error, programmingLanguage="Python"
            ),
        )


def _job_facets(record: Record) -> Iterator[tuple[str, Any]]:
    yield (
        "jobType",
        _facet(
            "2-0-4/JobTypeJobFacet", processingType="BATCH", integration="KEDRO", jobType="PIPELINE"
        ),
    )
    code = record.code
    # The facet wants an address of a repository.
    if code.commit and code.remote and "://" in code.remote:
        yield (
            "sourceCodeLocation",
            _facet(
                "1-0-1/SourceCodeLocationJobFacet",
                type="git",
                url=code.remote,
                repoUrl=code.remote,
                version=code.commit,
            ),
        )


def _inputs(record: Record) -> Iterator[dict[str, Any]]:
    yield from map(_table, outside_tables(record))
    for file in outside_files(record):
        yield _dataset(file.path, {"version": _version(f"sha256:{file.sha256}")})


def _outputs(record: Record) -> Iterator[dict[str, Any]]:
    for table in record.outputs.tables:
        count = _facet("1-0-2/OutputStatisticsOutputDatasetFacet", rowCount=table.rows)
        yield {**_table(table), "outputFacets": {"outputStatistics": count}}
    for file in made_files(record):
        yield _dataset(file.path, {"version": _version(f"sha256:{file.sha256}")})


def _table(table: TableRead | TableWritten) -> dict[str, Any]:
    algorithm, value = split_digest(table.digest)
    return _dataset(
        table.uri,
        {
            "version": _version(str(table.version)),
            "schema": _facet("1-2-0/SchemaDatasetFacet", fields=_fields(table.columns)),
            "lakeproof_content": _facet(
                "", tableId=table.table_id, algorithm=algorithm, digest=value, rows=table.rows
            ),
        },
    )


def _dataset(place: str, facets: dict[str, Any]) -> dict[str, Any]:
    scheme, separator, rest = place.partition("://")
    if not separator:
        return {"namespace": "file", "name": place, "facets": facets}
    host, _, path = rest.partition("/")
    return {"namespace": f"{scheme}://{host}", "name": path or "/", "facets": facets}


def _fields(columns: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in columns]


def _version(version: str) -> dict[str, Any]:
    return _facet("1-0-1/DatasetVersionDatasetFacet", datasetVersion=version)


def _facet(schema: str, **content: Any) -> dict[str, Any]:
    """Make a facet; one of our own has a name of ours for its schema."""
    name = schema.rpartition("/")[2]
    where = f"{_FACETS}/{schema}.json#/$defs/{name}" if schema else f"{PRODUCER}:facet:v1"
    return {"_producer": PRODUCER, "_schemaURL": where, **content}
