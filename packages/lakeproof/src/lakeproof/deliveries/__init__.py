"""Take files that arrive: what a delivery is, what it must look like, and how it is read.

Not for deciding whether a delivery is taken already: the table knows, under its write lock. Until
then a delivery is a name and a digest, so nothing here reads rows before it is asked to, and the
names below are imported on first use: the catalog is opened by every command, Polars is not needed
by most.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery
    from lakeproof.deliveries.delivery_errors import DeliveryError
    from lakeproof.deliveries.delivery_folder import DeliveryFolder
    from lakeproof.deliveries.delivery_stream import DeliveryStream
    from lakeproof.deliveries.dialect import Dialect
    from lakeproof.deliveries.schema import Column, Schema

__all__ = [
    "Column",
    "Delivery",
    "DeliveryError",
    "DeliveryFolder",
    "DeliveryStream",
    "Dialect",
    "Schema",
]

_ROOMS = {
    "Column": "schema",
    "Delivery": "delivery",
    "DeliveryError": "delivery_errors",
    "DeliveryFolder": "delivery_folder",
    "DeliveryStream": "delivery_stream",
    "Dialect": "dialect",
    "Schema": "schema",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for.

    Raises:
        AttributeError: No such public name.
    """
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value
