"""Keep tables such that either engine reads and writes every version of them.

The property values and the features that each engine honours were executed on delta-rs 1.6.6 and
delta-spark 4.4.0. Not for retention policy: what is deleted when is decided elsewhere.
"""

from types import MappingProxyType
from typing import TYPE_CHECKING

from lakeproof.errors import TableError

if TYPE_CHECKING:
    import deltalake

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
    }
)

_READER_FEATURES = frozenset({"timestampNtz"})
_WRITER_FEATURES = frozenset(
    {
        "appendOnly",
        "invariants",
        "checkConstraints",
        "changeDataFeed",
        "generatedColumns",
        "timestampNtz",
    }
)
# A legacy protocol version stands for features: reader 2 and writer 5 for column mapping, writer 6
# for identity columns.
_LEGACY_READER, _TABLE_FEATURES_READER = 1, 3
_LEGACY_WRITER, _TABLE_FEATURES_WRITER = 4, 7

_SET_BY = {
    "columnMapping": "delta.columnMapping.mode",
    "deletionVectors": "delta.enableDeletionVectors",
    "identityColumns": "GENERATED AS IDENTITY",
    "clustering": "CLUSTER BY",
    "allowColumnDefaults": "DEFAULT columns",
    "rowTracking": "delta.enableRowTracking",
    "typeWidening": "delta.enableTypeWidening",
    "inCommitTimestamp": "delta.enableInCommitTimestamps",
    "v2Checkpoint": "delta.checkpointPolicy",
    "icebergCompatV1": "delta.enableIcebergCompatV1",
    "icebergCompatV2": "delta.enableIcebergCompatV2",
}
_HARMLESS_VALUES = {
    "delta.columnMapping.mode": {"none"},
    "delta.enableDeletionVectors": {"false"},
    "delta.checkpointPolicy": {"classic"},
    "delta.enableRowTracking": {"false"},
    "delta.enableTypeWidening": {"false"},
    "delta.enableInCommitTimestamps": {"false"},
}


def require_both_engines(name: str, table: "deltalake.DeltaTable") -> None:
    """Refuse a table that the other engine could not read, naming what makes it so.

    Args:
        name: The catalog name, for the message.
        table: The opened table.

    Raises:
        TableError: If a property, a feature or the protocol version is beyond either engine.
    """
    configuration = table.metadata().configuration
    for key, harmless in _HARMLESS_VALUES.items():
        value = configuration.get(key)
        if value is not None and value.lower() not in harmless:
            raise TableError(_refusal(name, f"its property {key} is '{value}'"))
    protocol = table.protocol()
    reader, writer = protocol.min_reader_version, protocol.min_writer_version
    if reader not in (_LEGACY_READER, _TABLE_FEATURES_READER):
        raise TableError(
            _refusal(name, f"its reader protocol is {reader} (delta.columnMapping.mode)")
        )
    if writer > _LEGACY_WRITER and writer != _TABLE_FEATURES_WRITER:
        raise TableError(_refusal(name, f"its writer protocol is {writer}"))
    beyond = set(protocol.reader_features or ()) - _READER_FEATURES
    beyond |= set(protocol.writer_features or ()) - _WRITER_FEATURES
    if beyond:
        named = ", ".join(
            f"{feature} ({_SET_BY[feature]})" if feature in _SET_BY else feature
            for feature in sorted(beyond)
        )
        raise TableError(_refusal(name, f"it uses the table feature {named}"))


def _refusal(name: str, reason: str) -> str:
    return (
        f"Table '{name}' was not opened: {reason}, which one of the two engines (delta-rs, Spark) "
        "cannot read, so that a version pinned today could be lost to it tomorrow. Write the rows "
        "to a new table instead; it gets the properties that both understand."
    )
