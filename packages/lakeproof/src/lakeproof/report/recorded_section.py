"""The part of the page that says what was run: data, code, parameters, and what came out."""

import shlex
from collections.abc import Iterator
from typing import Any

from lakeproof.record.facts import Content, Metric, Record, TableRead, TableWritten
from lakeproof.record.setup.parameters import leaves
from lakeproof.report.blocks import (
    Cell,
    Listing,
    Pictures,
    Section,
    Sentences,
    Style,
    Table,
    code,
    facts,
    filled,
    table,
)

_MOST_LINES = 300
_LONGEST_LINE = 400
_VERSION: dict[str, Style] = {
    "version": "number",
    "rows": "number",
    "content, table id": "code",
    "where": "text",
}


def result(record: Record, rerun: Record | None, pictures: Pictures) -> Section:
    """Show metrics, beside those of the re-run where there is one, and pictures."""
    names = sorted(record.metrics.keys() | (rerun.metrics.keys() if rerun else set()))
    columns: dict[str, Style] = {"metric": "text", "recorded": "number"}
    sides = [record]
    if rerun is not None:
        columns["re-run"] = "number"
        sides.append(rerun)
    rows = ([name, *(_metric(side.metrics.get(name)) for side in sides)] for name in names)
    return Section("Metrics and pictures", filled(table(columns, rows), pictures))


def run(record: Record) -> Section:
    """Say which run it was and how it was asked for."""
    found = record.run
    return Section(
        "What was run",
        filled(
            facts(
                {
                    "pipelines": ", ".join(found.pipelines),
                    "Kedro environment": found.kedro_env,
                    "command": code(found.command and shlex.join(found.command)),
                    "started": _moment(found.started_at),
                    "took": f"{found.duration_s:.1f} s",
                    "ended": found.status,
                    "failed at step": found.failed_node,
                    "error": code(found.error),
                    "is itself a re-run of": code(found.reproduces),
                }
            ),
            table(
                {"step": "text", "seconds": "number", "was given": "text", "made": "text"},
                (
                    [
                        node.name,
                        Cell(f"{node.duration_s:.2f}", "number"),
                        ", ".join(one.dataset for one in node.inputs),
                        ", ".join(one.dataset for one in node.outputs),
                    ]
                    for node in record.nodes
                ),
            ),
        ),
    )


def not_controlled(record: Record) -> Section:
    """Say what the steps reached for beside their inputs, or that nobody looked."""
    rows = [
        [f"{one.kind} {one.name}", node.name, one.digest, one.note]
        for node in record.nodes
        for one in node.not_controlled
    ]
    columns: dict[str, Style] = {"what": "text", "step": "text", "content": "code", "": "text"}
    nobody = () if record.is_watched else ("Nobody looked while this run went on.",)
    return Section(
        "What the steps reached for beside their inputs",
        filled(table(columns, rows), Sentences(nobody)),
        "Seen in Python and in the readers of Polars, pandas, pyarrow and Spark. Other native "
        "code, clocks and random devices are not seen.",
    )


def data(record: Record) -> Section:
    """Say which versions were read and written, and what was in them."""
    return Section(
        "On which data",
        filled(_tables_read(record), _tables_written(record), _others(record)),
        "A version never changes once it is written. The digest tells its content: rows and "
        "types, whatever their order or the layout of files.",
    )


def source(record: Record) -> Section:
    """Say which commit ran, and what the working tree had beyond it."""
    found = record.code
    state = (
        "with the changes below, which were not committed"
        if found.is_dirty
        else "as committed, and with files that git itself does not hold"
        if found.kept_commit != found.commit
        else "exactly as committed"
    )
    snapshot = found.snapshot
    diff = found.diff
    return Section(
        "With which code",
        filled(
            facts(
                {
                    "commit": code(found.commit or "none: the code is known by digest alone"),
                    "state": state if found.commit else None,
                    "snapshot of the working tree": code(snapshot and snapshot.commit),
                    "repository": code(found.remote),
                    "digest of the source tree": code(found.tree),
                    "source files": len(found.files),
                    "digest of the configuration": code(record.configuration.digest),
                    "changed while it ran": ", ".join(found.changed_during_run) or None,
                }
            ),
            table(
                {"untracked file": "text", "bytes": "number", "content": "code", "": "text"},
                (_content(one) for one in found.untracked),
            ),
            table(
                {
                    "left out of the snapshot": "text",
                    "bytes": "number",
                    "content": "code",
                    "": "text",
                },
                (_content(one) for one in (snapshot.left_out if snapshot else ())),
            ),
            Sentences((f"The changes are not shown: {diff.withheld}.",))
            if diff is not None and diff.withheld
            else Sentences(()),
            Listing(_bounded(diff.text) if diff is not None and diff.text else ""),
        ),
    )


def parameters(record: Record) -> Section:
    """List every parameter as the steps got it."""
    sources = record.parameters.sources
    return Section(
        "With which parameters",
        filled(
            table(
                {"parameter": "text", "value": "code", "set in": "text"},
                (
                    [name, Cell(repr(value)[:_LONGEST_LINE], "code"), sources.get(name)]
                    for name, value in leaves(record.parameters.values)
                ),
            )
        ),
    )


def problems(record: Record) -> Section:
    """Say what the run itself made impossible to have again."""
    return Section("Why it cannot be had again", filled(Sentences(record.problems)))


def _tables_read(record: Record) -> Table:
    rows = []
    for one in record.inputs.tables:
        own = ", written by this run before" if one.is_own else ""
        pin = f", pinned by {one.pin}" if one.pin else ""
        said = f", whose commit says {one.committed_digest}" if one.committed_digest else ""
        rows.append([*_version(one), f"{one.uri}{own}{pin}{said}"])
    return table({"table read": "text", **_VERSION}, rows)


def _tables_written(record: Record) -> Table:
    rows = []
    for one in record.outputs.tables:
        kept = "" if one.written else ", which held these rows already"
        rows.append([*_version(one), f"{one.uri} ({one.mode}){kept}"])
    return table({"table written": "text", **_VERSION}, rows)


def _version(one: TableRead | TableWritten) -> list[Any]:
    return [one.dataset, one.version, one.rows, f"{one.digest}\n{one.table_id}"]


def _others(record: Record) -> Table:
    """List what is no table: files, and what was loaded or saved otherwise."""
    rows: list[list[Any]] = []
    for found, what in ((record.inputs, "read"), (record.outputs, "written")):
        rows += [[one.dataset, what, f"sha256:{one.sha256}", one.path] for one in found.files]
        rows += [[one.dataset, what, one.digest or one.note, one.type] for one in found.values]
    columns: dict[str, Style] = {"file or source": "text", "": "text", "content": "code"}
    return table({**columns, "where": "text"}, rows)


def _metric(metric: Metric | None) -> float | str | None:
    """Give the number; its bits where decimal digits have no word for it."""
    if metric is None:
        return None
    return f"bits {metric.bits}" if metric.value is None else metric.value


def _content(content: Content) -> list[object]:
    return [content.path, content.size, f"sha256:{content.sha256}", content.withheld]


def _moment(text: str) -> str:
    return f"{text[:19].replace('T', ' ')} UTC"


def _bounded(text: str) -> str:
    return "\n".join(_lines(text))


def _lines(text: str) -> Iterator[str]:
    lines = text.rstrip("\n").split("\n")
    for line in lines[:_MOST_LINES]:
        yield line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
    if len(lines) > _MOST_LINES:
        yield f"… and {len(lines) - _MOST_LINES} more lines, which are in the record"
