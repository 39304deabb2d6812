"""`kedro show`: the record of one run, in the order in which a reader asks."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lakeproof.record.setup.parameters import leaves
from lakeproof.reproduce.verdict_report import shortened
from lakeproof.terminal import layout

if TYPE_CHECKING:
    from lakeproof.record.facts import (
        ComputeFacts,
        Content,
        Crossing,
        EnvironmentFacts,
        Record,
        SnapshotFacts,
        Surroundings,
    )

_MOST_FILES = 10


def document(record: "Record") -> dict[str, Any]:
    """Make the JSON document: the record itself, whose schema number takes the place of ours."""
    from lakeproof.record.documents.document import to_document

    return to_document(record)


def render(record: "Record", notes: Iterable[str] = ()) -> str:
    """Write the record for people; what is long is counted, and whole in JSON.

    Args:
        record: Of the run.
        notes: Sentences on what stands elsewhere otherwise.
    """
    said = "\n".join(map(shortened, notes))
    return "\n\n".join(filter(None, (*_sections(record), said)))


def _sections(record: "Record") -> Iterator[str]:
    yield _facts("run", _run(record))
    yield _facts("code", _code(record))
    yield _facts("configuration", _configuration(record))
    yield _rows(["parameter", "value", "from"], _parameters(record))
    yield _rows(["input", "version", "rows", "content", "where"], _inputs(record))
    yield _rows(["output", "version", "rows", "content", "where"], _outputs(record))
    yield _rows(["node", "seconds", "got", "gave"], _nodes(record))
    yield _rows(["not controlled", "by node", "content", "note"], _not_controlled(record))
    yield _rows(
        ["model", "content", "predictions", "note"],
        ([one.dataset, one.digest, one.predictions, one.note] for one in record.models),
    )
    yield _rows(
        ["metric", "value", "bits"],
        ([name, one.value, one.bits] for name, one in sorted(record.metrics.items())),
    )
    yield _rows(
        ["logged by a node", "kind", "content", "note"],
        (
            [one.name, one.kind, one.digest, one.shown if one.counts else "does not count"]
            for one in record.logged or ()
        ),
    )
    yield _facts("environment", _environment(record.environment))
    yield _facts("compute", _compute(record.compute))
    yield _rows(["does not count in a comparison"], ([name] for name in record.not_compared))
    yield "\n".join(f"It cannot be had again: {shortened(problem)}" for problem in record.problems)


def _run(record: "Record") -> dict[str, Any]:
    run = record.run
    return {
        "id": run.run_id,
        "status": run.status,
        "reproduces": run.reproduces,
        "failed at node": run.failed_node,
        "error": run.error and " ".join(run.error.split()),
        "started (UTC)": run.started_at[:19].replace("T", " "),
        "duration": f"{run.duration_s:.1f} s",
        "environment": run.kedro_env,
        "pipelines": ", ".join(run.pipelines),
        "command": run.command and shlex.join(run.command),
    }


def _code(record: "Record") -> dict[str, Any]:
    code = record.code
    return {
        "commit": code.commit or "no commit",
        "remote": code.remote,
        "digest": f"{code.tree} of {len(code.files)} files",
        "changes": code.diff and _content(code.diff),
        "untracked": _listed(map(_content, code.untracked)),
        "changed during the run": _listed(code.changed_during_run),
        **(_snapshot(code.snapshot) if code.snapshot is not None else {}),
    }


def _snapshot(snapshot: "SnapshotFacts") -> dict[str, Any]:
    bundle = snapshot.bundle
    return {
        "snapshot": snapshot.commit or f"none: {snapshot.note}",
        "left out of it": _listed(map(_content, snapshot.left_out)),
        "bundle": bundle and f"{bundle.artifact} ({bundle.size} bytes)",
        "left out of the bundle": _listed(map(_content, bundle.left_out)) if bundle else None,
        "no bundle": snapshot.not_bundled,
    }


def _configuration(record: "Record") -> dict[str, Any]:
    found = record.configuration
    withheld = [file for file in found.files if file.withheld]
    return {
        "folder": found.source,
        "environments": ", ".join(found.environments),
        "digest": f"{found.digest} of {len(found.files)} files",
        "withheld": _listed(map(_content, withheld)),
    }


def _content(content: "Content") -> str:
    reason = f", withheld: {content.withheld}" if content.withheld else ""
    return f"{content.path} ({content.size} bytes{reason})"


def _parameters(record: "Record") -> Iterator[list[Any]]:
    sources = record.parameters.sources
    for name, value in leaves(record.parameters.values):
        yield [name, repr(value), sources.get(name)]


def _inputs(record: "Record") -> Iterator[list[Any]]:
    found = record.inputs
    for table in found.tables:
        where = f"{table.uri}, written by this run" if table.is_own else table.uri
        pin = f", pinned by {table.pin}" if table.pin else ""
        said = f", whose commit says {table.committed_digest}" if table.committed_digest else ""
        yield [table.dataset, table.version, table.rows, table.digest, where + pin + said]
    for file in found.files:
        yield [file.dataset, None, None, f"sha256:{file.sha256}", file.path]
    for value in found.values:
        yield [value.dataset, None, None, value.digest or value.note, value.type]


def _outputs(record: "Record") -> Iterator[list[Any]]:
    found = record.outputs
    for table in found.tables:
        where = table.uri if table.written else f"{table.uri}, which had these rows already"
        yield [table.dataset, table.version, table.rows, table.digest, where]
    for file in found.files:
        yield [file.dataset, None, None, f"sha256:{file.sha256}", file.path]
    for value in found.values:
        yield [value.dataset, None, None, value.digest or value.note, value.type]


def _nodes(record: "Record") -> Iterator[list[Any]]:
    for node in record.nodes:
        yield [node.name, f"{node.duration_s:.2f}", _crossed(node.inputs), _crossed(node.outputs)]


def _not_controlled(record: "Record") -> Iterator[list[Any]]:
    for node in record.nodes:
        for one in node.not_controlled:
            yield [f"{one.kind} {one.name}", node.name, one.digest, one.note]
    if record.nodes and not record.is_watched:
        yield ["nobody looked at what the nodes reached for", None, None, None]


def _crossed(crossings: "Iterable[Crossing]") -> str:
    return ", ".join(one.dataset for one in crossings)


def _environment(found: "EnvironmentFacts") -> dict[str, Any]:
    elsewhere = [one for one in found.distributions if one.origin not in (None, "project")]
    return {
        "python": f"{found.implementation} {found.python} ({found.build})",
        "packages": len(found.distributions),
        "not from an index": _listed(
            f"{one.name} {one.version} ({one.origin})" for one in elsewhere
        ),
        "changed files": _listed(
            f"{one.distribution or 'of nobody'}: {one.path}" for one in found.changed_files or ()
        ),
        "locks": _listed(f"{path} {digest}" for path, digest in sorted(found.locks.items())),
        "java": found.java,
        "jars": _listed(sorted(found.jars)),
    }


def _compute(found: "ComputeFacts") -> dict[str, Any]:
    return {
        "engine": found.engine,
        "engine configuration": _pairs(found.engine_configuration),
        "settings": found.recipe,
        "threads": _pairs(found.threads),
        "libraries": _listed(
            f"{one.internal_api} {one.version or ''} {one.architecture or ''} on "
            f"{one.threads} thread(s)"
            for one in found.libraries
        ),
        "cpu": f"{found.cpu} ({found.machine}), {found.cores} core(s)",
        "memory": f"{found.memory_gib} GiB",
        "system": found.os,
        "runner": found.runner and found.runner + (" --async" if found.is_async else ""),
        **_surroundings(found.surroundings),
    }


def _surroundings(found: "Surroundings | None") -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "time zone": found.time_zone,
        "locale": found.locale,
        "variables": _pairs(found.variables),
        "umask": found.umask,
        "c library": found.c_library,
    }


def _pairs(values: Mapping[str, Any]) -> str | None:
    return _listed(f"{name}={value}" for name, value in sorted(values.items()) if value is not None)


def _listed(names: Iterable[str]) -> str | None:
    found = [" ".join(name.split()) for name in names]
    more = len(found) - _MOST_FILES
    return ", ".join(found[:_MOST_FILES]) + (f" and {more} more" if more > 0 else "") or None


def _facts(title: str, facts: Mapping[str, Any]) -> str:
    """Lay out facts one a line; what there is nothing to say of is left out."""
    return _rows([title, ""], ([name, value] for name, value in facts.items() if value is not None))


def _rows(headings: list[str], rows: Iterable[list[Any]]) -> str:
    cells = [[_cell(cell) for cell in row] for row in rows]
    numbers = ("version", "rows", "seconds")
    columns = {name: "right" if name in numbers else "left" for name in headings}
    return layout(columns, cells, firm=headings[:1]) if cells else ""  # type: ignore[arg-type]


def _cell(cell: Any) -> Any:
    return shortened(cell) if isinstance(cell, str) else cell
