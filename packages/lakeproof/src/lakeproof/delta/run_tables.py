"""The tables of one run: at which version each is read, and what the run wrote.

One object per run, shared by all its datasets and threads. It is what makes a run a snapshot: a
table is resolved once, and whatever others commit meanwhile is not seen.
"""

import threading
from dataclasses import dataclass, field
from typing import Literal

from lakeproof.delta.log.commit_metadata import CommitNote, Taken
from lakeproof.delta.log.data_files import other_times
from lakeproof.delta.log.location import Location
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.log.pins import Pin
from lakeproof.delta.write.engine import Written


@dataclass(frozen=True)
class TableUse:
    """One reading or writing of a table by a run.

    Args:
        dataset: The catalog name.
        kind: Which of the two.
        opened: The version that was read or that holds what was handed over.
        node: The node that wrote it.
        is_committed: Whether a write made a new version.
        rows: Rows handed over to be written.
        digest: Content digest of the version, where known without reading it.
        pin: Who asked for the version that was read, if somebody did.
        mode: How it was written.
        deliveries: `sha256:` of the names and contents of the deliveries that were handed over.
        given: Content digest of the rows handed over, where they are not the whole table.
        other_times: The files that had another time than the log says when they were read.
    """

    dataset: str
    kind: Literal["read", "written"]
    opened: OpenedTable
    node: str | None = None
    is_committed: bool = False
    rows: int | None = None
    digest: str | None = None
    pin: str | None = None
    mode: str | None = None
    deliveries: str | None = None
    given: str | None = None
    other_times: tuple[tuple[str, int], ...] = ()


@dataclass
class RunTables:
    """What a run knows of its tables.

    Args:
        git_commit: The commit that is checked out.
        nodes: The node that writes a dataset, by dataset.
        run_id: The MLflow run, known once it has started.
        believes_commits: Whether a table is taken to hold what its last commit says; a re-run
            reads it instead.
    """

    git_commit: str | None = None
    nodes: dict[str, str] = field(default_factory=dict)
    run_id: str | None = None
    believes_commits: bool = True
    uses: list[TableUse] = field(default_factory=list)
    _at_start: dict[tuple[str, Pin | None], OpenedTable] = field(default_factory=dict)
    _now: dict[str, OpenedTable] = field(default_factory=dict)
    _before: dict[str, tuple[Location, int] | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def resolved(self, pin: Pin | None, opened: OpenedTable) -> None:
        """Remember what was resolved before the first node."""
        self._at_start[opened.location.uri, pin] = opened

    def at_start(self) -> list[tuple[Pin | None, OpenedTable]]:
        """List what was resolved before the first node, with who asked for it."""
        with self._lock:
            return [(pin, opened) for (_, pin), opened in self._at_start.items()]

    def to_read(self, uri: str, pin: Pin | None) -> OpenedTable | None:
        """Give the version to read: the pinned one, else what this run wrote, else the start's."""
        with self._lock:
            if pin is None and uri in self._now:
                return self._now[uri]
            return self._at_start.get((uri, pin))

    def has_read(self, dataset: str, opened: OpenedTable, pin: Pin | None) -> None:
        """Remember a reading, so that a later one sees the same version."""
        source = pin.source if pin is not None else None
        use = TableUse(dataset, "read", opened, pin=source, other_times=other_times(opened))
        with self._lock:
            self._at_start.setdefault((opened.location.uri, pin), opened)
            self.uses.append(use)

    def has_found(self, uri: str, opened: OpenedTable | None) -> None:
        """Remember the version of a table when this run first writes it; `None` for no table."""
        found = (opened.location, opened.version) if opened is not None else None
        with self._lock:
            self._before.setdefault(uri, found)

    def before(self, uri: str) -> OpenedTable | None:
        """Open the version that a table had when this run first wrote it.

        Anew: a write moves the handle that it goes through.
        """
        found = self._before.get(uri)
        return open_table(*found) if found is not None else None

    def last_use(self, dataset: str, kind: Literal["read", "written"]) -> TableUse | None:
        """Give the latest reading or writing of a dataset."""
        with self._lock:
            for use in reversed(self.uses):
                if (use.dataset, use.kind) == (dataset, kind):
                    return use
        return None

    def has_written(
        self, dataset: str, written: Written, mode: str, deliveries: str | None = None
    ) -> None:
        """Remember a writing; the run reads the table at that version from now on."""
        with self._lock:
            self._now[written.opened.location.uri] = written.opened
            self.uses.append(
                TableUse(
                    dataset,
                    "written",
                    written.opened,
                    node=self.nodes.get(dataset),
                    is_committed=written.is_committed,
                    rows=written.rows,
                    digest=written.digest,
                    mode=mode,
                    deliveries=deliveries,
                    given=written.given,
                )
            )

    def note(self, dataset: str, delivery: Taken | None = None) -> CommitNote:
        """Begin the note of a commit that this run makes."""
        return CommitNote(
            run_id=self.run_id,
            git_commit=self.git_commit,
            node=self.nodes.get(dataset),
            delivery=delivery,
        )
