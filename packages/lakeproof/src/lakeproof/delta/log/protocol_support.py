"""Keep tables such that either engine reads and writes every version of them.

A table that is made here has no feature beyond what both do. One that was made elsewhere is read
where both engines read it, and written where nothing breaks (`features`). Not for retention policy:
what is deleted when is decided elsewhere.
"""

from types import MappingProxyType
from typing import TYPE_CHECKING

from lakeproof.delta.log.features import EngineName, Feature, Operation, features_of
from lakeproof.errors import UnsupportedError

if TYPE_CHECKING:
    import deltalake

    from lakeproof.delta.log.opened_table import OpenedTable

NO_BOUNDS = "delta.dataSkippingNumIndexedCols"
# delta-rs understands no other spelling of an interval than this one and falls back to a week
# without a word. Spark refuses a log retention below that of deleted files.
PROPERTIES = MappingProxyType(
    {
        "delta.deletedFileRetentionDuration": "interval 3650 days",
        "delta.logRetentionDuration": "interval 3660 days",
        "delta.enableExpiredLogCleanup": "false",
        "delta.checkpointInterval": "10",
        "delta.enableDeletionVectors": "false",
        "delta.columnMapping.mode": "none",
        "delta.checkpointPolicy": "classic",
        # The least and greatest values of a column are somebody's, and stay in the log when their
        # row has gone. They stand in the footers of the files, which go with it.
        NO_BOUNDS: "0",
    }
)
_ENGINES: tuple[EngineName, ...] = ("embedded", "spark")
_CALLED = {"embedded": "the embedded engine", "spark": "Spark"}


def require_readable(name: str, table: "deltalake.DeltaTable") -> None:
    """Refuse a table that one of the engines could not read, naming what makes it so.

    Args:
        name: The catalog name, for the message.
        table: The opened table.

    Raises:
        UnsupportedError: If a feature is beyond either engine.
    """
    for engine in _ENGINES:
        if beyond := _beyond(table, engine, "read"):
            raise UnsupportedError(
                f"Table '{name}' was not opened: it has {beyond}, which {_CALLED[engine]} does not "
                "read, so that a version pinned today could not be read again on the other engine. "
                "Write its rows to a new table with the engine that made it."
            )


def require_writable(opened: "OpenedTable", engine: EngineName, operation: Operation) -> None:
    """Refuse a write to a table whose features an engine does not keep.

    Raises:
        UnsupportedError: Naming the feature, the engine and the operation.
    """
    beyond = _beyond(opened.table, engine, operation)
    if not beyond:
        return
    other: EngineName = "spark" if engine == "embedded" else "embedded"
    way_out = (
        f"Write to it with {_CALLED[other]} (engine: {other}), or to a new table."
        if not _beyond(opened.table, other, operation)
        else "Write to a new table instead."
    )
    raise UnsupportedError(
        f"Table '{opened.location.name}' was not written: it has {beyond}, and a table with that "
        f"takes no {operation} by {_CALLED[engine]}. It is as it was. {way_out}"
    )


def is_writable(opened: "OpenedTable", engine: EngineName, operation: Operation) -> bool:
    """Tell whether an engine keeps all features of a table when it writes."""
    return not _beyond(opened.table, engine, operation)


def _beyond(table: "deltalake.DeltaTable", engine: EngineName, operation: Operation) -> str:
    """Name the features with which an engine does not do something; empty where it does."""
    found = features_of(table).items()
    return ", ".join(
        _told(name, feature) for name, feature in found if operation not in feature.of(engine)
    )


def _told(name: str, feature: Feature) -> str:
    return f"the table feature {name} ({feature.set_by})"
