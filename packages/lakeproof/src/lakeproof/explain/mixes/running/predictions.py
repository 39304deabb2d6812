"""The table of predictions of a run, as a file: one row for each that a model was asked about.

It is the one table that a node writes which gets a model. Not for what is reckoned with it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.explain.mixes.differing.model_parts import made_by, parts_of
from lakeproof.record.facts import Record, TableWritten
from lakeproof.reproduce.comparison.received import plain_name
from lakeproof.reproduce.todays_tables import Locate

if TYPE_CHECKING:
    import pyarrow as pa

# Of the file's schema: the columns that tell its rows apart, as JSON.
KEY = b"lakeproof.key"


def predictions_of(record: Record) -> TableWritten | None:
    """Find the one table that the nodes write which get a model; `None` if there is not one."""
    models = set(parts_of(record).models) or _given_models(record)
    makers = [
        node for node in record.nodes if models & {plain_name(one.dataset) for one in node.inputs}
    ]
    names = set[str]().union(*map(made_by, makers))
    found = [one for one in record.outputs.tables if plain_name(one.dataset) in names]
    return found[0] if len(found) == 1 else None


def export_predictions(
    record: Record, locate: Locate, places: Mapping[str, str], target: Path
) -> Path | None:
    """Write the table of predictions of a run into a Parquet file, its key in the schema.

    Args:
        record: Of the run.
        locate: Looks a table up in today's catalog, which tells its key.
        places: Where the run's tables are, by catalog name.
        target: The file.

    Returns:
        `None` where there is no such table, it has no key, or it is of another format than Delta.
    """
    written = predictions_of(record)
    table = locate(written.dataset) if written is not None else None
    key = getattr(table, "key", ())
    if written is None or table is None or not key or written.dataset not in places:
        return None
    from lakeproof.delta import DeltaTable
    from lakeproof.delta.read.scan import scan

    if not isinstance(table, DeltaTable):
        return None
    copy = DeltaTable(filepath=places[written.dataset])
    rows = scan(copy.open(written.version)).sort(list(key)).collect().to_arrow()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    import pyarrow.parquet as pq

    metadata = {**(rows.schema.metadata or {}), KEY: json.dumps(list(key)).encode()}
    pq.write_table(rows.replace_schema_metadata(metadata), partial)
    os.replace(partial, target)
    return target


def key_of(rows: "pa.Table") -> tuple[str, ...]:
    """Give the columns that tell the rows of such a file apart."""
    return tuple(json.loads(rows.schema.metadata[KEY]))


def _given_models(record: Record) -> set[str]:
    return {
        plain_name(one.dataset)
        for node in record.nodes
        for one in node.inputs
        if one.kind == "model"
    }
