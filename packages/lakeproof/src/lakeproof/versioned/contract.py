"""What Lakeproof needs of a dataset to pin it, record it and reproduce it.

The data that flow, and who owns what:

- The *dataset* (`VersionedDataset`) owns how versions are found, opened, read, written and copied.
- A *version* (`TableVersion`) is what it gives out: plain facts of one version, and the digest of
  what it holds. It never changes; whoever holds it needs no dataset to ask it.
- The *run* (`RunTables`) owns which version each reader sees. Before the first node it is told what
  was resolved, and each dataset is told the run (`join`). A load asks it which version to read and
  notes that it has; a save notes what it has written.
- The *record* is made of the versions that the run has noted, after its last node.
- A *re-run* opens the recorded versions through today's catalog, holds their digests against the
  record, copies those that will be written to scratch (`copy_to`), and in the process of the re-run
  moves each dataset there (`move_to`). What is only read is read where it is.

A dataset is one by what its class has, not by what it is derived from: see `is_versioned`.
"""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import ClassVar, Protocol, TypeGuard

from lakeproof.versioned.location import Location
from lakeproof.versioned.pins import Pin
from lakeproof.versioned.run_tables import RunTables
from lakeproof.versioned.table_version import TableVersion, VersionFacts

Say = Callable[[str], None]


class VersionedDataset(Protocol):
    """A dataset of Kedro whose versions are numbered from 0 and never change.

    Attributes:
        versioned: True, and then Kedro hands `--load-versions` on as `version`.
    """

    versioned: ClassVar[bool]

    @property
    def location(self) -> Location:
        """Where the table is, and what the catalog calls it."""
        ...

    @property
    def pin(self) -> Pin | None:
        """The version asked for, by the flag or the catalog (`choose_pin`)."""
        ...

    def name_as(self, name: str) -> None:
        """Be told the catalog name, which Kedro tells a dataset nowhere."""
        ...

    def check(self) -> None:
        """Refuse an entry that could not be used, without opening the table.

        Raises:
            LakeproofError: Naming the entry.
        """
        ...

    def join(self, run: RunTables | None) -> None:
        """Be part of a run, or of none any more.

        Until then, `load` reads what `run.to_read` says and calls `run.has_read`; `save` calls
        `run.has_found` before it writes and `run.has_written` afterwards.
        """
        ...

    def is_there(self) -> bool:
        """Tell whether there is a table.

        Raises:
            TableError: If its store cannot be asked.
        """
        ...

    def versions(self) -> list[int]:
        """List the versions that can be opened, oldest first."""
        ...

    def open(self, version: int | None = None) -> TableVersion:
        """Open one version, the latest where none is given.

        Raises:
            TableError: If there is no table.
            PinError: If there is a table but not this version, with the versions that there are.
        """
        ...

    def resolve(self) -> TableVersion:
        """Open the version that a load would read now, and see that it is whole.

        Raises:
            PinError: If the pinned version cannot be read.
            TableError: If there is no table.
        """
        ...

    def require_readable(self, opened: TableVersion, *, believes_commits: bool) -> None:
        """Refuse, before the first node, a version that a node could not read.

        Args:
            opened: What was resolved.
            believes_commits: Whether nobody has read it yet; a re-run has verified it.

        Raises:
            LakeproofError: Naming the table.
        """
        ...

    def move_to(self, uri: str) -> None:
        """Be another copy of the table from now on, and touch the old place no more."""
        ...

    def copy_to(self, target: Path, version: int | None, also: Collection[int], say: Say) -> None:
        """Build in a new folder the table as of a version, so that its next version is the next.

        The table itself is only read. Whatever is written to the copy must not reach it: link only
        files that no writer changes in place.

        Args:
            target: A folder that is not there yet.
            version: Where the run found the table; `None` where there was none, and nothing is
                made.
            also: Older versions that the re-run reads of the same table.
            say: Gets a sentence before anything large is copied.

        Raises:
            LakeproofError: If one of them cannot be read.
        """
        ...

    def history(self, limit: int | None = None) -> Iterable[VersionFacts]:
        """Yield what is known of each version, newest first."""
        ...


class EngineDataset(Protocol):
    """A versioned dataset that can be read and written by more than one engine."""

    @property
    def engine_name(self) -> str:
        """The engine that the catalog entry names."""
        ...

    def use_engine(self, engine: str) -> None:
        """Read and write on another engine than the catalog's: a re-run may be asked to."""
        ...


_NEEDED = ("versioned", *(name for name in vars(VersionedDataset) if not name.startswith("_")))


def is_versioned(dataset: object) -> TypeGuard[VersionedDataset]:
    """Tell whether a dataset is a `VersionedDataset`."""
    return is_versioned_class(type(dataset))


def is_versioned_class(kind: type) -> bool:
    """Tell it by the class: no property is asked, so an entry that nobody uses breaks nothing."""
    return all(hasattr(kind, name) for name in _NEEDED)


def has_engine(dataset: object) -> TypeGuard[EngineDataset]:
    """Tell whether an engine can be chosen for a dataset."""
    return all(hasattr(type(dataset), name) for name in ("engine_name", "use_engine"))
