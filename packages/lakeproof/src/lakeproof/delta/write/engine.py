"""The contract behind which an engine stands: rows in, rows out, one commit.

Versions, pins, the log and the note of a commit are the same for every engine (`log`, `commit`);
an engine only moves rows.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from lakeproof.configuration import read
from lakeproof.delta.log.commit_metadata import CommitNote, Taken
from lakeproof.delta.log.features import Operation
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.write.column_contract import SchemaMode
from lakeproof.errors import TableError
from lakeproof.versioned.location import Location
from lakeproof.versioned.run_tables import RunTables

if TYPE_CHECKING:
    import polars as pl

    from lakeproof.deliveries.arrivals import Arrivals
    from lakeproof.deliveries.delivery import Delivery

Mode = Literal["overwrite", "append", "merge", "delete", "error"]
# Takes a batch; asks before each delivery of it whether it has been called off.
Take = Callable[[Sequence["Delivery"], Callable[[], bool]], None]


def operation_of(mode: Mode) -> Operation:
    """Tell what a mode does to a table's files: add to them, or write them anew."""
    return "append" if mode == "append" else "merge"


@dataclass(frozen=True)
class SaveArgs:
    """The `save_args` of a catalog entry.

    Args:
        mode: What becomes of the rows that are there.
        partition_by: Columns by whose values a new table's files are laid out.
        schema_mode: `merge` adds new columns, `overwrite` replaces the schema.
        skip_unchanged: Commit nothing when the content equals the latest version.
    """

    mode: Mode = "overwrite"
    partition_by: tuple[str, ...] = ()
    schema_mode: SchemaMode | None = None
    skip_unchanged: bool = True

    @classmethod
    def from_config(cls, name: str, config: Mapping[str, Any]) -> "SaveArgs":
        """Read the catalog's mapping.

        Raises:
            TableError: If a key or value is not one of those above.
        """
        where = f"save_args of the catalog entry '{name}'"
        columns = config.get("partition_by") or ()
        if config:
            config = {**config, "partition_by": [columns] if isinstance(columns, str) else columns}
        advice = "Nothing was written. Correct the entry in conf/<environment>/catalog.yml"
        args = read(
            cls,
            config,
            where,
            TableError,
            advice,
        )
        if args.schema_mode == "overwrite" and args.mode != "overwrite":
            raise TableError(
                f"The catalog entry '{name}' has save_args.schema_mode: overwrite with mode: "
                f"{args.mode}; a schema is replaced only together with all rows (mode: overwrite)."
            )
        return args


@dataclass(frozen=True)
class Write:
    """One thing to be written.

    Args:
        location: The table.
        current: Its latest version, read under the write lock; `None` where there is no table.
        args: How to write.
        key: The columns that tell rows apart; needed by `merge` and `delete`.
        note: What the commit says of itself; the engine adds rows and digest.
        transaction: Application id and version to be set in the same commit, also when no row
            changes.
        believes_commits: Whether `current` holds what its commit says, or is to be read.
        personal: The columns of which nothing shows a value.
        look: Looks at the rows once they are evaluated, before anything is committed; may refuse.
    """

    location: Location
    current: OpenedTable | None
    args: SaveArgs
    key: tuple[str, ...]
    note: CommitNote
    transaction: tuple[str, int] | None = None
    believes_commits: bool = True
    personal: frozenset[str] = frozenset()
    look: Callable[["pl.LazyFrame"], None] | None = None


@dataclass(frozen=True)
class Written:
    """What became of a write.

    Args:
        opened: The version that now holds the rows: our commit, or the one compared with.
        is_committed: Whether there is a new version.
        rows: Rows handed over.
        digest: Content digest of the whole table, where the write knew it.
        given: Content digest of the rows handed over, where they are not the whole table.
    """

    opened: OpenedTable
    is_committed: bool
    rows: int
    digest: str | None = field(default=None)
    given: str | None = field(default=None)


def note_of(run: RunTables, dataset: str, delivery: Taken | None = None) -> CommitNote:
    """Begin the note of a commit that a run makes; the engine adds rows and digest."""
    return CommitNote(
        run_id=run.run_id,
        git_commit=run.git_commit,
        node=run.nodes.get(dataset),
        delivery=delivery,
    )


class Engine(Protocol):
    """Moves rows between nodes and tables."""

    name: str

    def read(self, opened: OpenedTable) -> Any:
        """Give the rows of one version as the engine's own lazy frame."""
        ...

    def handed_over(self, parsed: Any, location: Location) -> AbstractContextManager[Any]:
        """Give rows that were parsed on this machine as the engine's own lazy frame.

        Args:
            parsed: A lazy frame of Polars; it may raise while it is consumed.
            location: The table that the rows are for.
        """
        ...

    def follow(self, arrivals: "Arrivals", take: Take, location: Location) -> None:
        """Hand deliveries over to be taken as they arrive, until no more are there.

        Args:
            arrivals: The folder.
            take: Takes a batch of them.
            location: The table; its write lock is held.

        Raises:
            LakeproofError: If this engine cannot, or one delivery is refused.
        """
        ...

    def write(self, rows: Any, write: Write) -> Written:
        """Write rows in one commit or none.

        Raises:
            LakeproofError: With the table as it was.
        """
        ...

    def compact(self, write: Write, current: OpenedTable, target: int) -> None:
        """Write small files together in one commit that changes no row.

        Args:
            write: Of no rows: the table, what the commit says of itself, and what it shows.
            current: The latest version, under the write lock.
            target: How large a file becomes, in bytes.

        Raises:
            LakeproofError: With the table as it was.
        """
        ...
