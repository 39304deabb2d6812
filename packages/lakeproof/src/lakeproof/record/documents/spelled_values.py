"""Values that JSON lacks, spelled out: `{"$float": "nan"}`, and `{"$pairs": […]}`.

The pairs are for a mapping whose keys are not all text. Not for facts (`document`).
"""

import math
from typing import Any

_FLOAT, _PAIRS = "$float", "$pairs"
_OURS: tuple[set[str], ...] = ({_FLOAT}, {_PAIRS})
_NESTED = (dict, list)
# YAML's NaN has the sign bit set, Python's own has not: to the bit they are two.
_FLOATS = {"nan": math.nan, "-nan": -math.nan, "inf": math.inf, "-inf": -math.inf}


def spelled_out(value: Any, is_ordered: bool = True) -> Any:
    """Give a value as JSON can hold it.

    Args:
        value: The value.
        is_ordered: Whether mappings keep their own order; else their keys are sorted.
    """
    if isinstance(value, float) and not math.isfinite(value):
        is_signed = math.isnan(value) and math.copysign(1, value) < 0
        return {_FLOAT: "-nan" if is_signed else repr(value)}
    if isinstance(value, dict):
        # What a user calls as we call ours is spelled out, too.
        if all(isinstance(key, str) for key in value) and value.keys() not in _OURS:
            keys = value if is_ordered else sorted(value)
            return {key: spelled_out(value[key], is_ordered) for key in keys}
        pairs = [
            [spelled_out(key, is_ordered=False), spelled_out(item, is_ordered)]
            for key, item in value.items()
        ]
        return {_PAIRS: pairs if is_ordered else sorted(pairs, key=repr)}
    if isinstance(value, list | tuple):
        return [spelled_out(item, is_ordered) for item in value]
    return value


def may_spell(content: bytes) -> bool:
    """Tell whether a document may hold a value that is spelled out, by the sign that each has."""
    return b"$" in content or rb"\u0024" in content


def spelled_back(value: Any) -> Any:
    """Give the value that was spelled out."""
    if isinstance(value, dict):
        if value.keys() == {_FLOAT}:
            return _FLOATS[value[_FLOAT]]
        if value.keys() == {_PAIRS}:
            return {spelled_back(key): spelled_back(item) for key, item in value[_PAIRS]}
        # Most values are texts and numbers: nothing is begun for one of these.
        return {
            key: spelled_back(item) if type(item) in _NESTED else item
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [spelled_back(item) for item in value]
    return value
