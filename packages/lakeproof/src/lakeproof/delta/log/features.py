"""Which features of tables each engine reads and writes: the one place that says so.

Reading was tried of each that is listed, on delta-rs 1.6.6 and delta-spark 4.4.0. Of Spark's writes
deletion vectors, row tracking and clustering were; the others are what delta-spark says that it
supports (`tests/delta/test_features_on_both.py`, one of the long tests, tries all). Of features
that are not listed the protocol says this much: one for writers only changes nothing for readers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import deltalake

EngineName = Literal["embedded", "spark"]
# To append is to add files; to merge, that files are written anew: deletions and overwrites too.
Operation = Literal["read", "append", "merge"]
_ALL: frozenset[Operation] = frozenset({"read", "append", "merge"})
_READ: frozenset[Operation] = frozenset({"read"})
_NOTHING: frozenset[Operation] = frozenset()


@dataclass(frozen=True)
class Feature:
    """What becomes of a table that has a feature.

    Args:
        set_by: What somebody said to have it.
        embedded: What the embedded engine does with such a table.
        spark: What Spark does.
    """

    set_by: str
    embedded: frozenset[Operation] = _READ
    spark: frozenset[Operation] = _ALL

    def of(self, engine: EngineName) -> frozenset[Operation]:
        """Say what an engine does."""
        return self.embedded if engine == "embedded" else self.spark


def _both(set_by: str) -> Feature:
    return Feature(set_by, _ALL, _ALL)


FEATURES: Mapping[str, Feature] = MappingProxyType(
    {
        "appendOnly": _both("delta.appendOnly"),
        "invariants": _both("NOT NULL"),
        "checkConstraints": _both("ADD CONSTRAINT"),
        "changeDataFeed": _both("delta.enableChangeDataFeed"),
        "generatedColumns": _both("GENERATED ALWAYS AS"),
        "timestampNtz": _both("TIMESTAMP_NTZ"),
        "rowTracking": Feature("delta.enableRowTracking"),
        "domainMetadata": Feature("other features"),
        "clustering": Feature("CLUSTER BY"),
        "inCommitTimestamp": Feature("delta.enableInCommitTimestamps"),
        "identityColumns": Feature("GENERATED AS IDENTITY"),
        "allowColumnDefaults": Feature("DEFAULT"),
        "checkpointProtection": Feature("DROP FEATURE"),
        "collations": Feature("COLLATE"),
        "collations-preview": Feature("COLLATE"),
        "icebergCompatV1": Feature("delta.enableIcebergCompatV1"),
        "icebergCompatV2": Feature("delta.enableIcebergCompatV2"),
        "deletionVectors": Feature("delta.enableDeletionVectors", _READ | {"append"}),
        "columnMapping": Feature("delta.columnMapping.mode"),
        "typeWidening": Feature("delta.enableTypeWidening"),
        "typeWidening-preview": Feature("delta.enableTypeWidening"),
        "v2Checkpoint": _both("delta.checkpointPolicy"),
        "vacuumProtocolCheck": Feature("Databricks"),
        "variantType": Feature("VARIANT", _NOTHING),
        "variantType-preview": Feature("VARIANT", _NOTHING),
        "variantShredding": Feature("VARIANT", _NOTHING),
        "variantShredding-preview": Feature("VARIANT", _NOTHING),
        "catalogManaged": Feature("a catalog", _NOTHING, _NOTHING),
        "catalogOwned-preview": Feature("a catalog", _NOTHING, _NOTHING),
    }
)
_UNKNOWN_OF_WRITERS = Feature("its maker", _READ, _READ)
_UNKNOWN = Feature("its maker", _NOTHING, _NOTHING)

# A version of before features stands for some of them.
_FEATURES_READER, _FEATURES_WRITER = 3, 7
_OF_READERS = {2: "columnMapping"}
_OF_WRITERS = {5: "columnMapping", 6: "identityColumns"}


def features_of(table: "deltalake.DeltaTable") -> dict[str, Feature]:
    """List the features that a table has, by the names that the protocol gives them."""
    protocol = table.protocol()
    readers, writers = protocol.min_reader_version, protocol.min_writer_version
    found: dict[str, Feature] = {}
    for name in _named(writers, protocol.writer_features, _FEATURES_WRITER, _OF_WRITERS):
        found[name] = FEATURES.get(name, _UNKNOWN_OF_WRITERS)
    for name in _named(readers, protocol.reader_features, _FEATURES_READER, _OF_READERS):
        found[name] = FEATURES.get(name, _UNKNOWN)
    return found


def _named(version: int, named: object, with_features: int, before: dict[int, str]) -> list[str]:
    if version > with_features:
        return [f"protocol {version}"]
    if version == with_features:
        return sorted(named) if isinstance(named, list | tuple | set) else []
    return [feature for since, feature in before.items() if since <= version]
