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


def moment(recorded: str) -> str:
    """Write a recorded time, which is in UTC, for people."""
    return f"{recorded[:19].replace('T', ' ')} UTC"
