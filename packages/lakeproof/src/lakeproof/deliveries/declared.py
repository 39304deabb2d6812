"""Hold what a catalog entry declares against what can be declared.

Not for what a file holds: that is `layout` and `reading`.
"""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from lakeproof.deliveries.delivery_errors import DeliveryError, shown

EDIT_THE_CATALOG = "Nothing was read. Correct the entry in conf/<environment>/catalog.yml"


def similar(name: str, others: Collection[str]) -> str:
    """Word a guess at what was meant, or nothing where no other name is close."""
    closest = get_close_matches(name, others, n=1)
    return f" Did you mean {shown(closest[0])}?" if closest else ""


def refuse_unknown(given: Any, known: Collection[str], where: str) -> Mapping[str, Any]:
    """Return the mapping as it is, once every key of it is known.

    Raises:
        DeliveryError: It is no mapping, or a key of it would be silently ignored.
    """
    if not isinstance(given, Mapping):
        raise DeliveryError(
            f"{where} must be a mapping of {', '.join(known)}, and is {shown(str(given))}. "
            f"{EDIT_THE_CATALOG}"
        )
    for key in given:
        if key not in known:
            raise DeliveryError(
                f"{where} has the unknown key {shown(str(key))}: known are {', '.join(known)}."
                f"{similar(str(key), known)} {EDIT_THE_CATALOG}"
            )
    return given
