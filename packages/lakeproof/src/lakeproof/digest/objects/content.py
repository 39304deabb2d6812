"""Where a project teaches Lakeproof what is worth comparing of a type of its own."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

UNKNOWN: Any = object()


@singledispatch
def content_of(value: object) -> Any:
    """Give what stands for an object when it is compared; register a function for a type.

    What it returns is digested in place of the object, with the name of the object's class: plain
    values, arrays, frames, or anything else that has a digest. It must be the same for equal
    objects in every process: no address, no clock, nothing that was counted up.

    Example:
        ::

            @content_of.register
            def _(ledger: Ledger) -> object:
                return ledger.currency, ledger.entries
    """
    return UNKNOWN


def is_registered(kind: type) -> bool:
    """Tell whether somebody has registered a class or one that it is derived from."""
    # Nearly always nobody has registered anything, and a forest asks a thousand times.
    return len(content_of.registry) > 1 and content_of.dispatch(kind) is not _NOBODY


_NOBODY = content_of.dispatch(object)
