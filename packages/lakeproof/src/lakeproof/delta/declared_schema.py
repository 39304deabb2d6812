"""Hold what the catalog declares of deliveries against what a table took them by.

A table takes a file once. What is declared otherwise afterwards changes nothing of what it has, and
a file that comes later would not fit: that is said before the first node, with the way out.
"""

import logging
from typing import TYPE_CHECKING

from lakeproof.advice import concrete
from lakeproof.delta.begin_anew import NODE
from lakeproof.delta.log.commits import entries
from lakeproof.delta.log.opening import exists, open_table
from lakeproof.errors import SchemaError
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    from lakeproof.deliveries import DeliveryFolder
    from lakeproof.delta.log.commit_metadata import Taken

logger = logging.getLogger(__name__)

# How far back a commit that took a delivery is looked for.
_MOST_COMMITS = 200


def require_same_declaration(location: Location, folder: "DeliveryFolder") -> None:
    """Refuse a declaration by which new deliveries would not fit; say what else has changed.

    Args:
        location: The table that takes the deliveries.
        folder: The deliveries, as the catalog declares them today.

    Raises:
        SchemaError: A column, or the key, is declared otherwise than when the table took its last
            delivery.
    """
    if not exists(location):
        return
    name, taken = location.name, _last_taken(location)
    if taken is None or taken.columns is None:
        return
    way_out = (
        "Declare it as before; or take all files anew, which keeps the older versions: "
        f"kedro deliveries anew {name}"
    )
    declared = folder.schema.told
    if taken.key is not None and list(folder.schema.key) != taken.key:
        raise SchemaError(
            f"Table '{name}' took its deliveries by the key {', '.join(taken.key)}, and the "
            f"catalog declares {', '.join(folder.schema.key)}: rows would be told apart by another "
            f"column than those that are there. Nothing was run. {way_out}"
        )
    for column, kind in declared.items():
        was = taken.columns.get(column)
        if was is not None and was != kind:
            raise SchemaError(
                f"Table '{name}' took column '{column}' of its deliveries as {was}, and the "
                f"catalog declares {kind}: what is taken stays as it is, and new files would not "
                f"fit. Nothing was run. {way_out}"
            )
    _say(name, taken, declared, folder)


def _say(name: str, taken: "Taken", declared: dict[str, str], folder: "DeliveryFolder") -> None:
    """Warn of what has changed and does not keep new deliveries from fitting."""
    was = taken.columns or {}
    anew = concrete(f"to have it in all rows, take all files anew: kedro deliveries anew {name}")
    if gone := [column for column in was if column not in declared]:
        logger.warning(
            "Table '%s' keeps column %s, which the schema of its deliveries declares no more: new "
            "rows have nothing there.",
            name,
            ", ".join(gone),
        )
    if joining := [column for column in declared if column not in was]:
        logger.warning(
            "Table '%s' gets column %s with the next delivery; rows that it has stay without; %s",
            name,
            ", ".join(joining),
            anew,
        )
    if (taken.dialect or {}) != folder.dialect.differing():
        logger.warning(
            "`csv` has changed since table '%s' took '%s': it counts for new deliveries alone; %s",
            name,
            taken.name,
            anew,
        )


def _last_taken(location: Location) -> "Taken | None":
    newest = open_table(location).version
    for entry in entries(location, newest, max(0, newest - _MOST_COMMITS)):
        if entry.note is not None and entry.note.node == NODE:
            return None
        if entry.note is not None and entry.note.delivery is not None:
            return entry.note.delivery
    return None
