"""A record as a CycloneDX 1.7 ML-BOM: models with their cards, data with versions, libraries.

Specification: https://cyclonedx.org/docs/1.7/json. Digests of ours, which CycloneDX does not know
(`rs1`, `model2`), are properties; hashes are sha256 of bytes alone.
"""

from collections.abc import Iterator
from typing import Any

from lakeproof.export.parts import (
    as_json,
    made_files,
    outside_files,
    outside_tables,
    purls,
    split_digest,
    uuid_of,
)
from lakeproof.record.facts import FileFacts, Metric, ModelFacts, NodeIO, Record

_SCHEMA = "http://cyclonedx.org/schema/bom-1.7.schema.json"


def cyclonedx(record: Record, seal: str) -> str:
    """Write the bill of materials.

    Args:
        record: The run's.
        seal: `sha256:…` of the record's own bytes.
    """
    run = record.run
    models = list(_models(record))
    data, libraries = list(_data(record)), list(_libraries(record))
    of_data = [one["bom-ref"] for one in data]
    of_libraries = [one["bom-ref"] for one in libraries]
    return as_json(
        {
            "$schema": _SCHEMA,
            "bomFormat": "CycloneDX",
            "specVersion": "1.7",
            "serialNumber": f"urn:uuid:{uuid_of(run.run_id)}",
            "version": 1,
            "metadata": {
                "timestamp": run.finished_at,
                "tools": {
                    "components": [
                        {
                            "type": "application",
                            "name": "lakeproof",
                            "version": record.lakeproof or "unknown",
                        }
                    ]
                },
                "component": {
                    "type": "application",
                    "bom-ref": "run",
                    "name": "+".join(run.pipelines),
                    "version": record.code.kept_commit or record.code.tree,
                },
                "properties": _properties(
                    {
                        "run": run.run_id,
                        "record": seal,
                        "status": run.status,
                        "code": record.code.tree,
                        "commit": record.code.commit,
                        "configuration": record.configuration.digest,
                        "python": record.environment.python,
                        "cpu": record.compute.cpu,
                        "os": record.compute.os,
                        "cores": str(record.compute.cores),
                        "memory_gib": str(record.compute.memory_gib),
                    }
                ),
            },
            "components": [*models, *data, *libraries],
            "dependencies": [
                {"ref": "run", "dependsOn": [*(one["bom-ref"] for one in models), *of_libraries]},
                *({"ref": one["bom-ref"], "dependsOn": of_data} for one in models),
            ],
            "formulation": [_formula(record)],
        }
    )


def _models(record: Record) -> Iterator[dict[str, Any]]:
    files = {file.dataset: file for file in made_files(record)}
    for model in record.models:
        kept = files.get(model.dataset)
        yield {
            "type": "machine-learning-model",
            "bom-ref": f"model:{model.dataset}",
            "name": model.dataset,
            "version": record.run.run_id,
            **({"hashes": _hashes(kept)} if kept is not None else {}),
            "modelCard": _card(record, model),
            "properties": _properties(
                {"digest": model.digest, "predictions": model.predictions, "note": model.note}
            ),
        }


def _card(record: Record, model: ModelFacts) -> dict[str, Any]:
    return {
        "bom-ref": f"card:{model.dataset}",
        "modelParameters": {"datasets": [{"ref": one["bom-ref"]} for one in _data(record)]},
        "quantitativeAnalysis": {
            "performanceMetrics": [
                {"type": name, "value": _number(metric)} for name, metric in record.metrics.items()
            ]
        },
        "properties": _properties(
            {f"setting:{name}": str(value) for name, value in model.settings.items()}
        ),
    }


def _number(metric: Metric) -> str:
    # Not every number is one of JSON.
    return repr(metric.number)


def _data(record: Record) -> Iterator[dict[str, Any]]:
    for table in outside_tables(record):
        yield {
            "type": "data",
            "bom-ref": f"table:{table.dataset}:{table.version}:{split_digest(table.digest)[1][:8]}",
            "name": table.dataset,
            "version": str(table.version),
            "data": [{"type": "dataset", "name": table.dataset}],
            "properties": _properties(
                {
                    "place": table.uri,
                    "table_id": table.table_id,
                    "digest": table.digest,
                    "rows": str(table.rows),
                }
            ),
        }
    for file in outside_files(record):
        yield {
            "type": "data",
            "bom-ref": f"file:{file.path}:{file.sha256[:8]}",
            "name": file.path,
            "hashes": _hashes(file),
            "data": [{"type": "dataset", "name": file.dataset}],
            "properties": _properties({"bytes": str(file.size)}),
        }


def _libraries(record: Record) -> Iterator[dict[str, Any]]:
    for name, version, purl in purls(record):
        yield {
            "type": "library",
            "bom-ref": f"package:{name}",
            "name": name,
            "version": version,
            **({"purl": purl} if purl else {}),
        }


def _formula(record: Record) -> dict[str, Any]:
    """Say how it came to be: the run as a workflow, its nodes as its tasks."""
    run = record.run
    return {
        "bom-ref": "formula",
        "workflows": [
            {
                "bom-ref": "workflow",
                "uid": run.run_id,
                "name": "+".join(run.pipelines),
                "taskTypes": ["build"],
                "timeStart": run.started_at,
                "timeEnd": run.finished_at,
                "tasks": [
                    {
                        "bom-ref": f"node:{number}",
                        "uid": f"{run.run_id}:{number}",
                        "name": node.name,
                        "taskTypes": ["build"],
                        "properties": [
                            *(_crossed("input", one) for one in node.inputs),
                            *(_crossed("output", one) for one in node.outputs),
                        ],
                    }
                    for number, node in enumerate(record.nodes)
                ],
            }
        ],
    }


def _crossed(way: str, one: NodeIO) -> dict[str, str]:
    return {"name": f"lakeproof:{way}:{one.dataset}", "value": one.digest or one.kind}


def _hashes(file: FileFacts) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": file.sha256}]


def _properties(facts: dict[str, str | None]) -> list[dict[str, str]]:
    return [
        {"name": f"lakeproof:{name}", "value": value}
        for name, value in facts.items()
        if value is not None
    ]
