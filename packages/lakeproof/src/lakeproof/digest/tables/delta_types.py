"""The name that Delta gives to the type of a column.

Encodings (dictionary, view, run-end, large) and nullability vanish, because engines change them
at will; the width of a number stays, because a changed width is a changed table.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pyarrow as pa
from pyarrow import types

from lakeproof.digest.digest_errors import NotDigestibleError

# Delta has no unsigned numbers; delta-rs stores them in the signed type of the same width.
_PLAIN: dict[pa.DataType, str] = {
    pa.null(): "void",
    pa.bool_(): "boolean",
    pa.int8(): "byte",
    pa.uint8(): "byte",
    pa.int16(): "short",
    pa.uint16(): "short",
    pa.int32(): "integer",
    pa.uint32(): "integer",
    pa.int64(): "long",
    pa.uint64(): "long",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.date32(): "date",
    pa.date64(): "date",
    pa.string(): "string",
    pa.large_string(): "string",
    pa.string_view(): "string",
    pa.binary(): "binary",
    pa.large_binary(): "binary",
    pa.binary_view(): "binary",
}
_MOST_DIGITS = 38


def is_list(kind: pa.DataType) -> bool:
    """Tell whether a type is an array in Delta's sense, whatever its layout in memory."""
    tests: tuple[Callable[[pa.DataType], bool], ...] = (
        types.is_list,
        types.is_large_list,
        types.is_fixed_size_list,
    )
    return any(test(kind) for test in tests)


def is_decimal(kind: pa.DataType) -> bool:
    """Tell whether a type is a decimal that fits Delta's 38 digits."""
    return bool(types.is_decimal(kind) and kind.precision <= _MOST_DIGITS and kind.scale >= 0)


def delta_type(kind: pa.DataType) -> str:
    """Name an Arrow type as Delta does, such as `array<struct<"x":integer>>`.

    Raises:
        NotDigestibleError: Delta has no such type, or a struct repeats a field name.
    """
    if kind in _PLAIN:
        return _PLAIN[kind]
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return delta_type(kind.value_type)
    if types.is_timestamp(kind):
        return "timestamp" if kind.tz else "timestamp_ntz"
    if types.is_fixed_size_binary(kind) and not types.is_decimal(kind):
        return "binary"
    if is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if types.is_map(kind):
        return f"map<{delta_type(kind.key_type)},{delta_type(kind.item_type)}>"
    if is_list(kind):
        return f"array<{delta_type(kind.value_type)}>"
    if types.is_struct(kind):
        fields = list(kind)
        refuse_repeated([field.name for field in fields], f"the struct {kind}")
        inner = (f"{json.dumps(f.name, ensure_ascii=False)}:{delta_type(f.type)}" for f in fields)
        return f"struct<{','.join(inner)}>"
    raise NotDigestibleError(
        f"Arrow type '{kind}' has no counterpart in Delta. Nothing was digested. "
        "Cast the column to a Delta type first."
    )


def refuse_repeated(names: list[str], where: str) -> None:
    """Raise if a field name occurs twice, since its cells could be swapped unseen.

    Raises:
        NotDigestibleError: naming the first repeated name.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise NotDigestibleError(
                f"The name '{name}' occurs twice in {where[:200]}. Nothing was digested. "
                "Rename one of the two."
            )
        seen.add(name)
