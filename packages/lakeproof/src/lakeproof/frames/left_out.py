"""What a node leaves out of the rows that it is given, told to whoever keeps a record of the run.

A node neither knows who listens nor whether anybody does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class LeftOut:
    """Rows of one part that were left out.

    Args:
        part: As in "the training rows".
        column: The column that has no value in them.
        rows: How many they are.
        of: How many the part has, these among them.
    """

    part: str
    column: str
    rows: int
    of: int


_listeners: list[Callable[[LeftOut], None]] = []


def tell(left_out: LeftOut) -> None:
    """Say what was left out."""
    for listener in tuple(_listeners):
        listener(left_out)


@contextmanager
def listening(listener: Callable[[LeftOut], None]) -> Iterator[None]:
    """Hear what is left out meanwhile, in whichever thread."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
