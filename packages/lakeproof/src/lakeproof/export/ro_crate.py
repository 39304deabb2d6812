"""A record as the metadata of a Provenance Run Crate: what Zenodo and WorkflowHub take in.

Profile: https://w3id.org/ro/wfrun/provenance/0.5, on RO-Crate 1.1. Files keep the paths that they
have in the project; versions of tables, and what passed between nodes in memory, are known by
digest and are in no crate.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from lakeproof.export.parts import (
    as_json,
    made_files,
    outside_files,
    outside_tables,
    uuid_of,
)
from lakeproof.record.facts import FileFacts, NodeFacts, NodeIO, Record

Entity = dict[str, Any]

_CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/terms/workflow-run/context",
]
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
_ROOT, _KEDRO, _LICENSE, _RUN = "./", "#kedro", "#license", "#run"
_REGISTRY = "pipeline_registry.py"
_ENDS = {"FINISHED": "CompletedActionStatus"}


def ro_crate(record: Record, seal: str) -> str:
    """Write `ro-crate-metadata.json`.

    Args:
        record: The run's.
        seal: `sha256:…` of the record's own bytes.
    """
    graph = [
        _descriptor(),
        _root(record, seal),
        *_contextual(record),
        _workflow(record),
        _run(record),
        _organisation(record),
        *(entity for node in enumerate(record.nodes) for entity in _node(*node)),
        *map(_file, _files(record)),
        *_values(record),
    ]
    known = {entity["@id"]: entity for entity in reversed(graph)}
    return as_json({"@context": _CONTEXT, "@graph": list(reversed(known.values()))})


def _descriptor() -> Entity:
    return {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": _ref(_ROOT),
        "conformsTo": [
            _ref("https://w3id.org/ro/crate/1.1"),
            _ref("https://w3id.org/workflowhub/workflow-ro-crate/1.0"),
        ],
    }


def _root(record: Record, seal: str) -> Entity:
    return {
        "@id": _ROOT,
        "@type": "Dataset",
        "name": f"Run {record.run.run_id} of {'+'.join(record.run.pipelines)}",
        "description": f"A recorded Kedro run, {record.run.status}; its record is {seal}",
        "datePublished": record.run.finished_at,
        "identifier": f"urn:uuid:{uuid_of(record.run.run_id)}",
        "license": _ref(_LICENSE),
        "conformsTo": [_ref(one) for one in _PROFILES],
        "mainEntity": _ref(_workflow_path(record)),
        "hasPart": _refs([_workflow_path(record), *map(_path, _files(record))]),
        "mentions": [_ref(_RUN)],
    }


def _contextual(record: Record) -> Iterator[Entity]:
    for address, name in _PROFILES.items():
        version = address.rpartition("/")[2]
        yield {"@id": address, "@type": "CreativeWork", "name": name, "version": version}
    yield {
        "@id": _LICENSE,
        "@type": "CreativeWork",
        "name": "Not stated",
        "description": "The record of a run says nothing of a license.",
    }
    versions = {one.name: one.version for one in record.environment.distributions}
    kedro = versions.get("kedro", "unknown")
    yield {
        "@id": _KEDRO,
        "@type": ["ComputerLanguage", "SoftwareApplication"],
        "name": "Kedro",
        "url": _ref("https://kedro.org"),
        "version": kedro,
        "softwareVersion": kedro,
    }


def _workflow(record: Record) -> Entity:
    path = _workflow_path(record)
    kept = record.code.kept_commit
    return {
        "@id": path,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "name": "+".join(record.run.pipelines),
        "programmingLanguage": _ref(_KEDRO),
        **({"version": kept} if kept else {}),
        **({"codeRepository": record.code.remote} if record.code.remote else {}),
        "hasPart": [_ref(_tool(number)) for number, _ in enumerate(record.nodes)],
        "step": [_ref(_step(number)) for number, _ in enumerate(record.nodes)],
    }


def _run(record: Record) -> Entity:
    run = record.run
    got = [*map(_path, outside_files(record)), *(_value_id(*one) for one in _tables_read(record))]
    made = [*map(_path, made_files(record)), *(_value_id(*one) for one in _tables_made(record))]
    return {
        "@id": _RUN,
        "@type": "CreateAction",
        "name": f"Run {run.run_id}",
        "identifier": run.run_id,
        "instrument": _ref(_workflow_path(record)),
        "startTime": run.started_at,
        "endTime": run.finished_at,
        "actionStatus": _ref(f"http://schema.org/{_ENDS.get(run.status, 'FailedActionStatus')}"),
        "object": _refs(got),
        "result": _refs(made),
    }


def _organisation(record: Record) -> Entity:
    return {
        "@id": "#organisation",
        "@type": "OrganizeAction",
        "name": f"Kedro's run of {len(record.nodes)} nodes",
        "instrument": _ref(_KEDRO),
        "object": [_ref(_control(number)) for number, _ in enumerate(record.nodes)],
        "result": _ref(_RUN),
    }


def _node(number: int, node: NodeFacts) -> Iterator[Entity]:
    tool, action = _tool(number), f"#action-{number}"
    yield {
        "@id": _step(number),
        "@type": "HowToStep",
        "position": str(number),
        "workExample": _ref(tool),
    }
    yield {"@id": tool, "@type": "SoftwareApplication", "name": node.name}
    yield {
        "@id": _control(number),
        "@type": "ControlAction",
        "name": f"Orchestrate {node.name}",
        "instrument": _ref(_step(number)),
        "object": _ref(action),
    }
    yield {
        "@id": action,
        "@type": "CreateAction",
        "name": f"Run of {node.name}",
        "instrument": _ref(tool),
        "object": _refs(_value_id(one.dataset, one.digest) for one in node.inputs),
        "result": _refs(_value_id(one.dataset, one.digest) for one in node.outputs),
    }


def _files(record: Record) -> Iterator[FileFacts]:
    """Give each place once: a file that was read and written over is the one that was written."""
    files = [*outside_files(record), *made_files(record)]
    yield from {file.path: file for file in files}.values()


def _file(file: FileFacts) -> Entity:
    return {
        "@id": _path(file),
        "@type": "File",
        "name": file.dataset,
        "contentSize": str(file.size),
        "sha256": file.sha256,
    }


def _values(record: Record) -> Iterator[Entity]:
    crossed: list[NodeIO] = [one for node in record.nodes for one in (*node.inputs, *node.outputs)]
    named = [(one.dataset, one.digest) for one in crossed]
    for dataset, digest in dict.fromkeys([*named, *_tables_read(record), *_tables_made(record)]):
        yield {
            "@id": _value_id(dataset, digest),
            "@type": "PropertyValue",
            "name": dataset,
            "value": digest or "no digest",
        }


def _tables_read(record: Record) -> Iterator[tuple[str, str | None]]:
    for table in outside_tables(record):
        yield f"{table.dataset}@{table.version}", table.digest


def _tables_made(record: Record) -> Iterator[tuple[str, str | None]]:
    for table in record.outputs.tables:
        yield f"{table.dataset}@{table.version}", table.digest


def _value_id(dataset: str, digest: str | None) -> str:
    return f"#value-{quote(dataset, safe='')}-{(digest or 'none').replace(':', '-')}"


def _workflow_path(record: Record) -> str:
    found = sorted(path for path in record.code.files if path.endswith(_REGISTRY))
    return quote(found[0] if found else _REGISTRY)


def _path(file: FileFacts) -> str:
    scheme, separator, _ = file.path.partition("://")
    if separator and scheme:
        return quote(file.path, safe=":/")
    # An absolute path is none of a crate.
    return quote(file.path.lstrip("/"))


def _tool(number: int) -> str:
    return f"#node-{number}"


def _step(number: int) -> str:
    return f"#step-{number}"


def _control(number: int) -> str:
    return f"#control-{number}"


def _ref(name: str) -> dict[str, str]:
    return {"@id": name}


def _refs(names: Iterable[str]) -> list[dict[str, str]]:
    return [_ref(name) for name in dict.fromkeys(names)]
