"""What a factor of the set-up is: one thing about where a run ran that may decide its result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lakeproof.record.facts import ComputeFacts

# What a record from before somebody looked has of a factor; `None` is what somebody saw.
NOT_LOOKED: Any = object()


def _always(ours: ComputeFacts, theirs: ComputeFacts) -> bool:
    return True


@dataclass(frozen=True)
class SetupFactor:
    """One factor: where the record has it, when it is another, and what people read of it.

    Args:
        name: Of the factor, in verdicts and their JSON.
        recorded: Gives the value; a mapping is compared part by part; `NOT_LOOKED` is never
            another one.
        title: What stands before it where a record is shown; `None` where another one's line tells
            it too.
        shown: Gives what stands there; the value, if nothing is said.
        is_comparable: Tells whether two records' values can be held against each other.
        compared: Gives both values where they are not the same, in place of the above.
    """

    name: str
    recorded: Callable[[ComputeFacts], Any]
    title: str | None = None
    shown: Callable[[ComputeFacts], Any] | None = None
    is_comparable: Callable[[ComputeFacts, ComputeFacts], bool] = _always
    compared: Callable[[ComputeFacts, ComputeFacts], tuple[Any, Any] | None] | None = None

    def other(self, ours: ComputeFacts, theirs: ComputeFacts) -> tuple[Any, Any] | None:
        """Give both values where they are not the same, of mappings what differs alone."""
        if self.compared is not None:
            return self.compared(ours, theirs)
        one, other = self.recorded(ours), self.recorded(theirs)
        if NOT_LOOKED in (one, other) or not self.is_comparable(ours, theirs):
            return None
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            return other_parts(one, other)
        return (one, other) if one != other else None

    def line(self, compute: ComputeFacts) -> Any:
        """Give what stands behind its title; `None` for nothing."""
        value = (self.shown or self.recorded)(compute)
        return None if value is NOT_LOOKED else value


def other_parts(
    expected: Mapping[str, Any], actual: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Give of two mappings what differs alone; a part that is not there is `None`."""
    names = [
        name
        for name in sorted(expected.keys() | actual.keys())
        if expected.get(name) != actual.get(name)
    ]
    if not names:
        return None
    return {name: expected.get(name) for name in names}, {name: actual.get(name) for name in names}
