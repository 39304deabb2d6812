"""Whether what a node gave holds the time of the run: the usual reason why it is another each time.

A guess from a look at a few values, for the hint behind a divergence; nothing else hangs on it.
"""

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

# Whoever holds the time of the run mostly says so at the top.
_DEEPEST, _MOST_VALUES, _MOST_PLACES = 3, 200, 3
_UNITS = (1, 1e3, 1e6, 1e9)
_LONGEST_TEXT = 40


def clocks_in(data: Any, since: float) -> tuple[str, ...]:
    """Name where the moment between the begin of the run and now stands.

    Args:
        data: What a node gave.
        since: When the run began, in seconds since 1970.

    Returns:
        Keys and columns such as `report.made_at`; `it` where the value itself is the time.
    """
    window = since - 1, time.time() + 1
    try:
        found = (
            place or "it"
            for place, value in itertools.islice(_values(data, "", 0), _MOST_VALUES)
            if _is_within(value, *window)
        )
        return tuple(itertools.islice(dict.fromkeys(found), _MOST_PLACES))
    except Exception:
        # Whatever is odd about what a node gave, a hint less is no reason to fail its run.
        return ()


def _values(data: Any, place: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Give plain values with their places: of a frame those of its first row, of a list the first.

    What is not computed, or is not known, has none.
    """
    if isinstance(data, str | int | float | datetime):
        yield place, data
    elif depth < _DEEPEST:
        for key, value in _parts(data):
            yield from _values(
                value, f"{place}.{key}" if place and key else place or key, depth + 1
            )


def _parts(data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        yield from ((str(key)[:_LONGEST_TEXT], value) for key, value in data.items())
    elif isinstance(data, list | tuple):
        yield from (("", value) for value in data[:5])
    else:
        yield from _first_row(data)


def _first_row(data: Any) -> Iterator[tuple[str, Any]]:
    library = type(data).__module__.partition(".")[0]
    if type(data).__name__ != "DataFrame" or library not in ("pandas", "polars") or not len(data):
        return
    if library == "pandas":
        row = data.iloc[0]
        yield from ((str(name)[:_LONGEST_TEXT], value) for name, value in row.items())
    else:
        yield from data.row(0, named=True).items()


def _is_within(value: Any, start: float, end: float) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        moment = _parsed(value)
        return moment is not None and _is_within(moment, start, end)
    if isinstance(value, date):
        return isinstance(value, datetime) and any(
            start <= seconds <= end for seconds in _seconds(value)
        )
    return any(start <= value / unit <= end for unit in _UNITS)


def _parsed(text: str) -> datetime | None:
    """Read a time as it is mostly written; a day alone is none."""
    if not 15 <= len(text) <= _LONGEST_TEXT or not text[:2].isdigit():
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _seconds(moment: datetime) -> Iterator[float]:
    """Give what a time may mean: one without a zone is local or UTC."""
    try:
        yield moment.timestamp()
        yield moment.replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError, OSError):  # pandas has times that are none
        return
