"""One version of a table, and what its log alone says of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lakeproof.delta.log.column_types import type_name
from lakeproof.delta.log.deletion_vectors import DeletionVector, read_descriptors
from lakeproof.delta.log.features import features_of
from lakeproof.delta.log.location import log_files
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    import deltalake


@dataclass(frozen=True)
class OpenedTable:
    """One version of a table, opened.

    Args:
        location: Where it is.
        version: Which one.
        table: The delta-rs handle at that version. A write through it moves it to the next one, so
            what was opened to be written is not kept to be read.
    """

    location: Location
    version: int
    table: "deltalake.DeltaTable"

    @cached_property
    def table_id(self) -> str:
        """The id that tells this table from another one made later at the same place."""
        return str(self.table.metadata().id)

    @cached_property
    def columns(self) -> dict[str, str]:
        """Delta type name by column, in the table's order."""
        return {field.name: type_name(field.type) for field in self.table.schema().fields}

    @cached_property
    def deletion_vectors(self) -> dict[str, DeletionVector]:
        """The files of which some rows are gone, by their paths in the log."""
        if "deletionVectors" not in features_of(self.table):
            return {}
        return read_descriptors(self.location, self.version)

    def rows(self) -> int:
        """Count the rows: from the statistics of the log, else from the footers of the files."""
        return sum(self.rows_by_path().values())

    def rows_by_path(self) -> dict[str, int]:
        """Count the rows of each file, by its path as the log spells it."""
        gone = {path: vector.cardinality for path, vector in self.deletion_vectors.items()}
        actions: Any = self.table.get_add_actions(flatten=True)
        paths = actions["path"].to_pylist()
        counts = actions["num_records"].to_pylist() if "num_records" in actions.column_names else []
        if len(counts) != len(paths) or None in counts:
            import pyarrow.parquet as pq

            filesystem, _ = log_files(self.location)
            footers = (pq.read_metadata(unquote(path), filesystem=filesystem) for path in paths)
            counts = [footer.num_rows for footer in footers]
        return {path: rows - gone.get(path, 0) for path, rows in zip(paths, counts, strict=True)}
