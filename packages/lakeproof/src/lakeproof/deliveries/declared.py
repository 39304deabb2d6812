"""Hold what a catalog entry declares against what can be declared.

Not for what a file holds: that is `layout` and `reading`.
"""

from typing import TYPE_CHECKING, Any, TypeVar

from lakeproof.configuration import read
from lakeproof.deliveries.delivery_errors import DeliveryError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)
else:
    T = TypeVar("T")

EDIT_THE_CATALOG = "Nothing was read. Correct the entry in conf/<environment>/catalog.yml"


def declared(kind: type[T], given: Any, where: str) -> T:
    """Read a mapping of the catalog entry as a dataclass.

    Raises:
        DeliveryError: It is no mapping, a key of it would be silently ignored, or a value is of
            another type.
    """
    return read(kind, given, where, DeliveryError, EDIT_THE_CATALOG)
