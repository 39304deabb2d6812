"""Datasets that keep their versions: what a run pins, records and has again, whatever the format.

A dataset is one by what it can do (`VersionedDataset`), not by what it is derived from. Delta
tables are (`lakeproof.delta`); for a format of your own, `VersionFolder` does all but read and
write one file. Importing this package imports neither: `kedro run --help` must not pay for them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakeproof.versioned.contract import VersionedDataset
    from lakeproof.versioned.table_version import TableVersion
    from lakeproof.versioned.version_folder import VersionFolder

__all__ = ["TableVersion", "VersionFolder", "VersionedDataset"]


def __getattr__(name: str) -> Any:
    if name == "VersionFolder":
        from lakeproof.versioned.version_folder import VersionFolder

        return VersionFolder
    if name == "VersionedDataset":
        from lakeproof.versioned.contract import VersionedDataset

        return VersionedDataset
    if name == "TableVersion":
        from lakeproof.versioned.table_version import TableVersion

        return TableVersion
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
