"""Whether a value names the place of the project: it is another value wherever the project lies.

Looks at texts and paths in what a node hands over, at its first rows where it is a frame. Not a
digest, and no proof: what it does not find may still be there.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from lakeproof.digest import is_frame

_MOST_ITEMS, _MOST_ROWS, _DEEPEST = 2_000, 100, 6
_TEXTS = (str, PurePath)
_WITH_TEXT = {"str", "string", "object", "category", "categorical"}


def mentions(value: Any, texts: Sequence[str]) -> bool:
    """Tell whether one of the texts stands in a value.

    Args:
        value: Anything; it is read, never changed.
        texts: Names of one place.
    """
    left = [_MOST_ITEMS]
    return _mentions(value, texts, left, _DEEPEST)


def _mentions(value: Any, texts: Sequence[str], left: list[int], depth: int) -> bool:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        return False
    if isinstance(value, _TEXTS):
        said = str(value)
        return any(text in said for text in texts)
    items: Any = ()
    if isinstance(value, Mapping):
        items = (part for item in list(value.items())[:_MOST_ITEMS] for part in item)
    elif isinstance(value, list | tuple | set | frozenset):
        items = list(value)[:_MOST_ITEMS]
    elif is_frame(value):
        items = _texts_of(value)
    return any(_mentions(item, texts, left, depth - 1) for item in items)


def _texts_of(frame: Any) -> list[Any]:
    """Give the texts of a frame's first rows, column by column."""
    if hasattr(frame, "to_native"):
        frame = frame.to_native()
    head = frame.slice(0, _MOST_ROWS) if hasattr(frame, "slice") else frame.head(_MOST_ROWS)
    columns: Any = [head]
    if hasattr(head, "to_pydict"):
        columns = list(head.to_pydict().values())
    elif hasattr(head, "columns"):
        columns = [head[name] for name in head.columns] if hasattr(head, "get_columns") else []
        columns = columns or [
            # Of pandas, which makes each column anew.
            head.iloc[:, place]
            for place, kind in enumerate(head.dtypes)
            if _holds_text(kind)
        ]
    return [
        [item for item in list(column) if isinstance(item, _TEXTS)]
        for column in columns
        if _holds_text(getattr(column, "dtype", "str"))
    ]


def _holds_text(kind: Any) -> bool:
    return str(kind).lower() in _WITH_TEXT
