"""Tables as other writers leave them: what is changed is the log, and where the files lie."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

Values = Mapping[str, str | None]


def relaid(
    table: Path,
    place: Callable[[str, Values], str],
    value: Callable[[str | None], str | None] = lambda text: text,
) -> None:
    """Move each data file to where `place` has it, and write the log anew.

    Args:
        table: Its folder.
        place: Gives the path that the log is to have, of the old one and the partitions' values.
        value: Gives the value of a partition that the log is to have, of the old one.
    """
    for log in (table / "_delta_log").glob("*.json"):
        lines = []
        for line in log.read_text().splitlines():
            action = json.loads(line)
            if add := action.get("add"):
                new = place(unquote(add["path"]), add["partitionValues"])
                target = table / unquote(new)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(table / unquote(add["path"]), target)
                values = add["partitionValues"].items()
                add |= {"path": new, "partitionValues": {k: value(v) for k, v in values}}
            lines.append(json.dumps(action, ensure_ascii=False))
        log.write_text("\n".join(lines) + "\n")


def rewritten(table: Path, change: Callable[[dict], None]) -> None:
    """Change actions of the first commit."""
    log = table / "_delta_log" / f"{0:020d}.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        change(action)
    log.write_text("\n".join(json.dumps(action, ensure_ascii=False) for action in actions) + "\n")


def exchange(file: Path, rows: pa.Table) -> None:
    """Put other rows into a data file, which keeps its size."""
    size = file.stat().st_size
    pad = 0
    for _ in range(5):
        plain = {"compression": "zstd", "store_schema": False}
        with pq.ParquetWriter(file, rows.schema, **plain) as writer:
            writer.write_table(rows)
            writer.add_key_value_metadata({"pad": "x" * pad})
        pad += size - file.stat().st_size
        if file.stat().st_size == size:
            return
        assert pad > 0, "the rows take more room than those that were there"
    raise AssertionError(f"{file.name} does not come out at {size} bytes")
