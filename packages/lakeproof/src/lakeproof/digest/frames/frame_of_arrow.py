"""The columns of an Arrow table, and what its schema notes beside them."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from lakeproof.digest.frames.columns import Column, of_arrow

# Which library wrote it, in which version: no fact about the table.
_WRITERS = ("creator", "pandas_version")


def arrow_columns(data: Any) -> tuple[list[Column], dict[str, Any]]:
    """Give the columns in order, and the metadata of the schema and of its fields.

    Whether a field may be null is not among them: engines say it differently of the same rows.
    """
    if not isinstance(data, pa.Table | pa.RecordBatch):
        return [of_arrow(None, str(data.type), data)], {}
    schema = data.schema
    columns = [
        of_arrow(field.name, str(field.type), data.column(place))
        for place, field in enumerate(schema)
    ]
    noted = {"fields": [_noted(field.metadata) for field in schema]} if _has_notes(schema) else {}
    return columns, {"metadata": _noted(schema.metadata), **noted}


def _has_notes(schema: pa.Schema) -> bool:
    return any(field.metadata for field in schema)


def _noted(metadata: dict[bytes, bytes] | None) -> list[tuple[bytes, Any]]:
    return [
        (key, _without_writers(value) if key == b"pandas" else value)
        for key, value in sorted((metadata or {}).items())
    ]


def _without_writers(content: bytes) -> Any:
    try:
        noted = json.loads(content)
    except ValueError:
        return content
    if not isinstance(noted, dict):
        return content
    return {key: value for key, value in noted.items() if key not in _WRITERS}
