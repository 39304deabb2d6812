"""The metrics of two runs on the rows that both were scored on: a change of rows taken out.

What each run predicted of these rows is in its table of predictions; the nodes that make metrics of
such a table are run on the common part of it. Nothing is predicted again.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from lakeproof.explain.mixes.differing.model_parts import is_parameter, made_by
from lakeproof.explain.mixes.facts import CommonRows, Failure
from lakeproof.explain.mixes.mixed.mixed_record import part_of
from lakeproof.explain.mixes.running.mix_run import MixRunner
from lakeproof.explain.mixes.running.predictions import key_of, predictions_of
from lakeproof.record.facts import Record, TableWritten
from lakeproof.reproduce.comparison.received import plain_name
from lakeproof.reproduce.needed_tables import NeededTable, NeededVersion

if TYPE_CHECKING:
    import pyarrow as pa

# The record of a mix, and its table of predictions.
Scored = tuple[Record, Path]


def measure_common(
    runner: MixRunner,
    records: tuple[Record, Record],
    files: Sequence[Path | None],
    folder: Path,
    others: Sequence[Sequence[Scored]] = ((), ()),
) -> CommonRows:
    """Measure both runs on the rows that both were scored on.

    Args:
        runner: Runs nodes.
        records: Of A and B.
        files: The table of predictions of either.
        folder: Where tables may be put together.
        others: Of either, the mixes that have its code and set-up: one that predicted the same of
            these very rows was measured already.
    """
    import pyarrow.parquet as pq

    tables = [pq.read_table(file) for file in files if file is not None]
    if len(tables) < len(records):
        return CommonRows(0, why_not="the runs write no table of predictions with a key")
    keys = [key_of(table) for table in tables]
    if keys[0] != keys[1]:
        return CommonRows(0, why_not="the tables of predictions have other keys")
    first, second = tables
    parts = [_common(first, second, keys[0]), _common(second, first, keys[0])]
    rows = parts[0].num_rows
    if rows != parts[1].num_rows:
        return CommonRows(0, why_not="the key does not tell the rows of the predictions apart")
    if rows == 0:
        return CommonRows(0, why_not="no row was scored by both")
    found = []
    for record, table, part, mixes in zip(records, tables, parts, others, strict=True):
        measured = _by_mix(record, part, keys[0], mixes) or _measured(
            runner, record, part, part.num_rows == table.num_rows, folder
        )
        if isinstance(measured, str):
            return CommonRows(rows, why_not=measured)
        found.append(measured)
    return CommonRows(rows, found[0], found[1])


def scoring_nodes(record: Record, table: TableWritten) -> tuple[str, ...]:
    """Name the nodes that need nothing which the run makes but its table of predictions."""
    made = {name for node in record.nodes for name in made_by(node)}
    there, found = {plain_name(table.dataset)}, list[str]()
    for node in record.nodes:
        gets = {plain_name(one.dataset) for one in node.inputs if not is_parameter(one.dataset)}
        if gets & there and not (gets & made) - there:
            found.append(node.name)
            there |= made_by(node)
    return tuple(found)


def _by_mix(
    record: Record, rows: "pa.Table", key: Sequence[str], mixes: Sequence[Scored]
) -> dict[str, float] | None:
    """Give the metrics of a mix that has these predictions, measured in the same way."""
    import pyarrow.parquet as pq

    table = predictions_of(record)
    assert table is not None, "its rows are there"
    nodes = scoring_nodes(record, table)
    wanted = _in_order(rows, key)
    for mix, file in mixes:
        if nodes and _measures(mix, nodes, table) == _measures(record, nodes, table):
            had = pq.read_table(file)
            if had.num_rows == rows.num_rows and _in_order(had, key).equals(wanted):
                return {name: one.number for name, one in mix.metrics.items()}
    return None


def _measures(record: Record, nodes: Sequence[str], table: TableWritten) -> Sequence[object]:
    """Give what some nodes got beside the predictions, and what they do not show.

    What has no digest is like nothing else.
    """
    return [
        (
            node.name,
            [
                one.digest or object()
                for one in node.inputs
                if plain_name(one.dataset) != plain_name(table.dataset)
            ],
            node.not_controlled,
        )
        for node in record.nodes
        if node.name in nodes
    ]


def _in_order(rows: "pa.Table", key: Sequence[str]) -> "pa.Table":
    ordered = rows.sort_by([(name, "ascending") for name in key])
    return ordered.select(sorted(ordered.column_names)).combine_chunks()


def _common(table: "pa.Table", other: "pa.Table", key: Sequence[str]) -> "pa.Table":
    return table.join(other.select(key), keys=list(key), join_type="left semi")


def _measured(
    runner: MixRunner, record: Record, rows: "pa.Table", is_all: bool, folder: Path
) -> dict[str, float] | str:
    """Give the metrics of some of a run's predictions, or say why there are none."""
    table = predictions_of(record)
    assert table is not None, "its rows are there"
    if is_all:
        return {name: one.number for name, one in record.metrics.items()}
    nodes = scoring_nodes(record, table)
    if not nodes:
        return f"no node makes metrics of the table '{table.dataset}' alone"
    place = folder / f"common-{record.run.run_id}"
    try:
        measured = _run(runner, record, nodes, table, rows, place)
    finally:
        rmtree(place, ignore_errors=True)
    if isinstance(measured, Failure):
        return f"they cannot be measured: {measured.message}"
    metrics = {name: one.number for name, one in measured.metrics.items()}
    return metrics or f"no metric is made of the table '{table.dataset}' alone"


def _run(
    runner: MixRunner,
    record: Record,
    nodes: Sequence[str],
    table: TableWritten,
    rows: "pa.Table",
    place: Path,
) -> Record | Failure:
    from deltalake import write_deltalake

    from lakeproof.delta import DeltaTable

    place.parent.mkdir(parents=True, exist_ok=True)
    write_deltalake(str(place), rows.replace_schema_metadata(None))
    dataset = DeltaTable(filepath=str(place))
    dataset.name_as(table.dataset)
    opened = dataset.open(0)
    part = part_of(record, nodes)
    tables = [one for one in part.inputs.tables if one.dataset != table.dataset]
    written = [one for one in part.outputs.tables if one.dataset != table.dataset]
    part = replace(
        part,
        inputs=replace(part.inputs, tables=tuple(tables)),
        outputs=replace(part.outputs, tables=tuple(written)),
    )
    given = NeededTable(
        datasets=(table.dataset,),
        recorded_uri=table.uri,
        table_id=opened.table_id,
        table=dataset,
        versions=(NeededVersion(0, opened.compute_digest()),),
        is_written=False,
        start=None,
    )
    return runner.measure(part, given)
