"""Remember what is asked of a class, for a model asks it of thousands of its objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

Answer = TypeVar("Answer")


def by_class(ask: Callable[[type], Answer]) -> Callable[[type], Answer]:
    """Ask once for each class."""
    remembered: Any = lru_cache(1024)(ask)
    return cast(Callable[[type], Answer], remembered)
