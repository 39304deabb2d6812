"""What a run read and wrote: versions of tables, files, and what is neither."""

from collections.abc import Iterator
from typing import Any

from lakeproof.record.facts import InputFacts, OutputFacts, Record, TableRead, TableWritten
from lakeproof.views.blocks import Cell, Section, Style, section, table

_COLUMNS: dict[str, Style] = {
    "version": "number",
    "rows": "number",
    "content": "code",
    "where": "text",
}


def inputs(record: Record) -> Section:
    """Say what was read; of tables, which version."""
    rows = [*map(_read, record.inputs.tables), *_others(record.inputs)]
    return section(
        "Inputs",
        table({"input": "text", **_COLUMNS}, rows),
        note="A version never changes once it is written. The digest tells its content: rows and "
        "types, whatever their order or the layout of files. Beneath it stands the table's id.",
    )


def left_out(record: Record) -> Section:
    """Say which rows were left out for want of a target."""
    columns: dict[str, Style] = {"rows left out": "text", "count": "number", "of": "number"}
    rows = (
        [f"{one.part}: no '{one.column}'", one.rows, one.of] for one in record.rows_left_out or ()
    )
    return section("Rows left out", table(columns, rows))


def outputs(record: Record) -> Section:
    """Say what was written; of tables, which version it became."""
    rows = [*map(_written, record.outputs.tables), *_others(record.outputs)]
    return section("Outputs", table({"output": "text", **_COLUMNS}, rows))


def _read(one: TableRead) -> list[Any]:
    own = ", written by this run" if one.is_own else ""
    pin = f", pinned by {one.pin}" if one.pin else ""
    said = f", whose commit says {one.committed_digest}" if one.committed_digest else ""
    return [*_version(one), f"{one.uri}{own}{pin}{said}"]


def _written(one: TableWritten) -> list[Any]:
    kept = "" if one.written else ", which had these rows already"
    return [*_version(one), f"{one.uri} ({one.mode}){kept}"]


def _version(one: TableRead | TableWritten) -> list[Any]:
    return [one.dataset, one.version, one.rows, Cell(one.digest, "code", beneath=one.table_id)]


def _others(found: InputFacts | OutputFacts) -> Iterator[list[Any]]:
    """List what is no table: files, and what was loaded or saved otherwise."""
    for file in found.files:
        yield [file.dataset, None, None, f"sha256:{file.sha256}", file.path]
    for model in found.models if isinstance(found, InputFacts) else ():
        meant = "" if model.asked == model.uri else f", which {model.asked} meant"
        yield [model.dataset, None, None, model.digest, f"{model.uri}{meant}"]
    for value in found.values:
        yield [value.dataset, None, None, value.digest or value.note, value.type]
