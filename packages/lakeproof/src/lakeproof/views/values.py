"""A value as text: in full, cut to what people compare, and as JSON has it."""

import math
import re
from collections.abc import Mapping
from typing import Any

from lakeproof.spelling import spelled
from lakeproof.terminal import MISSING

_DIGEST = re.compile(r"\b([a-z]+[0-9]*:)([0-9a-f]{12})[0-9a-f]{4,}")
_COMMIT = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{32}\b")
_MOST_CHARACTERS = 2_000


def plain(value: Any) -> Any:
    """Give a value as JSON has it, spelling out what it lacks as a record does."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": repr(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def shown(value: Any) -> str:
    """Write a value in full, but for one that would fill pages."""
    if value is None:
        return MISSING
    if isinstance(value, Mapping):
        return ", ".join(
            f"{len(item)} {key}" if isinstance(item, Mapping) else f"{key} {shown(item)}"
            for key, item in value.items()
        )
    text = value if isinstance(value, str) else repr(plain(value))
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"


def shortened(text: str) -> str:
    """Cut digests and commits to what people compare, on one line that cannot steer a terminal."""
    line = spelled(" ".join(text.split()), kept="")
    return _COMMIT.sub(r"\1", _DIGEST.sub(r"\1\2…", line))


def readable(value: float) -> str:
    """Write a number as people compare them: four digits that count, no exponent if that can be."""
    if not math.isfinite(value) or value == 0:
        return repr(value)
    size = abs(value)
    if size >= 1e15 or size < 1e-4:
        return f"{value:.3e}"
    if value == int(value) or size >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def readable_size(size: int) -> str:
    """Write a number of bytes as people compare them: `0 B`, `812 B`, `3.4 MiB`."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TiB"


def readable_time(seconds: float) -> str:
    """Write how long something took: `12.5 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def moment(recorded: str) -> str:
    """Write a recorded time, which is in UTC, for people."""
    return f"{recorded[:19].replace('T', ' ')} UTC"
