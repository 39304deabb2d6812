"""What a file of the embedded engine tells of its least and greatest values, which filters trust.

delta-rs 1.6 writes those of a decimal as a number that JSON cuts to the digits of a double, or to
64 bits: a filter of either engine then leaves out files that hold what it looks for. Values of 15
digits survive; a column that may hold more goes without. To go once delta-rs writes them whole
(issue 3905).

Those of floats pass over NaN, which is greater than all others to Spark: it then leaves out the
files that hold one. Whether there is one is known of the rows that come, not of those that a merge
writes again, so that floats go without.

A table that is made here asks for none at all in its log (`protocol_support`): this is for those
that were made elsewhere, and for the footers.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lakeproof.delta.log.column_types import has_safe_digits

_FLOAT = re.compile(r"\b(?:float|double)\b")


def silenced(
    columns: Mapping[str, str], personal: Collection[str] = (), plain: Collection[str] = ()
) -> dict[str, Any]:
    """Keep quiet about columns of which delta-rs would tell something untrue, or somebody's own.

    Args:
        columns: The Delta type by column of what the files will hold.
        personal: The columns of which nothing shows a value, whatever the table's properties ask.
        plain: The columns that need no dictionary (`embedded.file_encodings`).

    Returns:
        Keyword arguments of a write of delta-rs; none where its own choice is right.
    """
    from deltalake import ColumnProperties, WriterProperties

    truthful = [column for column in _truthful(columns) if column not in personal]
    is_all = len(truthful) == len(columns)
    if is_all and not plain:
        return {}
    named = plain if is_all else {*truthful, *plain}
    properties = WriterProperties(
        compression="SNAPPY",
        # By default none: the fields of a struct cannot be named here.
        default_column_properties=None if is_all else ColumnProperties(statistics_enabled="NONE"),
        column_properties={
            column: ColumnProperties(
                dictionary_enabled=False if column in plain else None,
                statistics_enabled=None if is_all else "CHUNK" if column in truthful else "NONE",
            )
            for column in named
        },
    )
    return {"writer_properties": properties}


def has_floats(kind: str) -> bool:
    """Tell whether a column of this Delta type may hold a NaN."""
    return bool(_FLOAT.search(kind))


def _truthful(columns: Mapping[str, str]) -> Iterable[str]:
    for column, kind in columns.items():
        if has_safe_digits(kind) and not has_floats(kind):
            yield column
