"""The tables of one run: at which version each is read, and what the run wrote.

One object per run, shared by all its datasets and threads. It is what makes a run a snapshot: a
table is resolved once, and whatever others commit meanwhile is not seen.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from lakeproof.versioned.pins import Pin
from lakeproof.versioned.table_version import TableVersion


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
        state: What tells at the end whether it still is what was read.
    """

    dataset: str
    kind: Literal["read", "written"]
    opened: TableVersion
    node: str | None = None
    is_committed: bool = False
    rows: int | None = None
    digest: str | None = None
    pin: str | None = None
    mode: str | None = None
    deliveries: str | None = None
    given: str | None = None
    state: Any = None


@dataclass(frozen=True)
class Corrected:
    """A delivery that has changed since a table took it.

    Args:
        table: The catalog name.
        delivery: The file's name.
        sha256: Of its bytes as they were taken.
    """

    table: str
    delivery: str
    sha256: str


@dataclass
class RunTables:
    """What a run knows of its tables.

    Args:
        git_commit: The commit that is checked out.
        nodes: The node that writes a dataset, by dataset.
        run_id: The MLflow run, known once it has started.
        believes_commits: Whether a table is taken to hold what its last commit says; a re-run
            reads it instead.
        uses: Its readings and writings, in order.
        corrected: The deliveries that were not what a table took of them before.
    """

    git_commit: str | None = None
    nodes: dict[str, str] = field(default_factory=dict)
    run_id: str | None = None
    believes_commits: bool = True
    uses: list[TableUse] = field(default_factory=list)
    corrected: list[Corrected] = field(default_factory=list)
    _at_start: dict[tuple[str, Pin | None], TableVersion] = field(default_factory=dict)
    _now: dict[str, TableVersion] = field(default_factory=dict)
    _before: dict[str, Callable[[], TableVersion] | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def resolved(self, pin: Pin | None, opened: TableVersion) -> None:
        """Remember what was resolved before the first node."""
        self._at_start[opened.location.uri, pin] = opened

    def at_start(self) -> list[tuple[Pin | None, TableVersion]]:
        """List what was resolved before the first node, with who asked for it."""
        with self._lock:
            return [(pin, opened) for (_, pin), opened in self._at_start.items()]

    def to_read(self, uri: str, pin: Pin | None) -> TableVersion | None:
        """Give the version to read: the pinned one, else what this run wrote, else the start's."""
        with self._lock:
            if pin is None and uri in self._now:
                return self._now[uri]
            return self._at_start.get((uri, pin))

    def has_read(self, dataset: str, opened: TableVersion, pin: Pin | None) -> None:
        """Remember a reading, so that a later one sees the same version."""
        source = pin.source if pin is not None else None
        use = TableUse(dataset, "read", opened, pin=source, state=opened.state())
        with self._lock:
            self._at_start.setdefault((opened.location.uri, pin), opened)
            self.uses.append(use)

    def has_found(self, uri: str, reopen: Callable[[], TableVersion] | None) -> None:
        """Remember the version of a table when this run first writes it.

        Args:
            uri: Its place.
            reopen: Opens that version anew, for a write may move the handle that it goes through;
                `None` for no table.
        """
        with self._lock:
            self._before.setdefault(uri, reopen)

    def before(self, uri: str) -> TableVersion | None:
        """Open the version that a table had when this run first wrote it."""
        reopen = self._before.get(uri)
        return reopen() if reopen is not None else None

    def last_use(self, dataset: str, kind: Literal["read", "written"]) -> TableUse | None:
        """Give the latest reading or writing of a dataset."""
        with self._lock:
            for use in reversed(self.uses):
                if (use.dataset, use.kind) == (dataset, kind):
                    return use
        return None

    def committed(self) -> dict[str, int]:
        """Give the last version that the run has committed of each table, by catalog name."""
        with self._lock:
            made = [use for use in self.uses if use.kind == "written" and use.is_committed]
        return {use.dataset: use.opened.version for use in made}

    def has_written(
        self,
        dataset: str,
        opened: TableVersion,
        *,
        is_committed: bool,
        rows: int,
        mode: str = "overwrite",
        digest: str | None = None,
        given: str | None = None,
        deliveries: str | None = None,
    ) -> None:
        """Remember a writing; the run reads the table at that version from now on.

        Args:
            dataset: The catalog name.
            opened: The version that now holds what was handed over.
            is_committed: Whether it is a new one.
            rows: Rows handed over.
            mode: How they were written.
            digest: Of the whole version, where the write knew it.
            given: Of the rows handed over, where they are not the whole table.
            deliveries: Of the deliveries that were handed over.
        """
        with self._lock:
            self._now[opened.location.uri] = opened
            self.uses.append(
                TableUse(
                    dataset,
                    "written",
                    opened,
                    node=self.nodes.get(dataset),
                    is_committed=is_committed,
                    rows=rows,
                    digest=digest,
                    mode=mode,
                    deliveries=deliveries,
                    given=given,
                )
            )
