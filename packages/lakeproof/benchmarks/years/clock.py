"""A clock for Lakeproof that is some days behind this machine's.

The engines' own clocks cannot be set. So a month is lived at once, each of its nights some days ago
by Lakeproof's clock; at the end of the month that is today, and what the engines do is done then.
"""

import importlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

DAY = 86_400
_BEHIND = timedelta()
# Whoever asks the time in these is told it; they are imported first, so that none is forgotten.
_ASKING = (
    "cli.check",
    "commands.check",
    "commands.erasure.erase",
    "commands.leases.keep",
    "commands.leases.leased_project",
    "commands.leases.raw_files",
    "commands.leases.vacuum",
    "delta.retention.lifetime",
    "erasure.found_versions",
    "leases.vacuum",
    "record.run.ending.leasing",
    "record.run.observation",
)


class _Moments(type):
    def __instancecheck__(cls, one: Any) -> bool:
        return isinstance(one, datetime)


class Behind(datetime, metaclass=_Moments):
    """`datetime`, but for what time it is."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        """Tell Lakeproof's time."""
        return datetime.now(tz) - _BEHIND


def _now() -> float:
    return time.time() - _BEHIND.total_seconds()


def now() -> datetime:
    """Tell Lakeproof's time."""
    return Behind.now(UTC)


def install() -> None:
    """Have Lakeproof ask this clock."""
    for name in _ASKING:
        importlib.import_module(f"lakeproof.{name}")
    faked = SimpleNamespace(**{**vars(time), "time": _now})
    for name, module in list(sys.modules.items()):
        if name.startswith("lakeproof."):
            if getattr(module, "datetime", None) is datetime:
                module.datetime = Behind  # type: ignore[attr-defined]
            if name.partition(".")[2] in _ASKING and getattr(module, "time", None) is time:
                module.time = faked  # type: ignore[attr-defined]


def set_behind(days: float) -> None:
    """Be some days behind; fewer than none are in the future."""
    global _BEHIND
    _BEHIND = timedelta(days=days)


@contextmanager
def ahead(days: float) -> Iterator[None]:
    """Be some days later for a while."""
    before = _BEHIND
    set_behind(before / timedelta(days=1) - days)
    try:
        yield
    finally:
        set_behind(before / timedelta(days=1))
