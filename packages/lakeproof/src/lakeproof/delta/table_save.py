"""One save of a table, under its lock: rows in one commit, deliveries in one of their own each.

Not for what is decided of a write before it is one (`write`), nor for how an engine makes it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from lakeproof.deliveries.arrivals import Arrivals
from lakeproof.deliveries.file_digests import digest_files
from lakeproof.delta.apply_deliveries import DeliveryWriter
from lakeproof.delta.delta_version import DeltaVersion
from lakeproof.delta.log.location import require_path
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import latest, open_table
from lakeproof.delta.write.engine import Engine, SaveArgs, Write, Written, note_of
from lakeproof.delta.write.lock import write_lock
from lakeproof.spelling import typed
from lakeproof.stores.conditional_writes import require_conditional_writes
from lakeproof.versioned.location import Location
from lakeproof.versioned.run_tables import RunTables
from lakeproof.versioned.store_errors import explained_store

if TYPE_CHECKING:
    from lakeproof.deliveries import Delivery

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TableSave:
    """How a catalog entry writes its table.

    Args:
        location: Where the table is, and what the catalog calls it.
        key: The columns whose values tell rows apart.
        args: The mode and all else that the catalog says of a save.
        engine: What writes.
        run: Is told what was there, and what was written.
        personal: The columns of which nothing shows a value.
    """

    location: Location
    key: tuple[str, ...]
    args: SaveArgs
    engine: Engine
    run: RunTables
    personal: frozenset[str] = frozenset()

    def save(self, data: Any) -> None:
        """Write what a node gave.

        Raises:
            LakeproofError: With the table as it was before the write that failed.
        """
        is_delivered = isinstance(data, Arrivals) or _are_deliveries(data)
        location = self.location
        # Before the lock, which makes a folder.
        require_path(location)
        known = f"What was committed is in its log: {typed('kedro history', location.name)}."
        with write_lock(location.name, location.uri), explained_store(location, known):
            current = latest(location)
            if current is None:
                require_conditional_writes(
                    location.name, location.uri, dict(location.storage_options or {})
                )
            opened = partial(_reopened, location, current.version) if current else None
            self.run.has_found(location.uri, opened)
            if is_delivered:
                self._deliver(data, current)
            else:
                self._note(self._write(data, current))

    def _note(self, written: Written, came: Sequence["Delivery"] | None = None) -> None:
        """Tell the run what has been written, of rows or of deliveries."""
        self.run.has_written(
            self.location.name,
            DeltaVersion.of(written.opened),
            is_committed=written.is_committed,
            rows=written.rows,
            mode=self.args.mode,
            digest=written.digest,
            given=written.given,
            deliveries=digest_files(came) if came is not None else None,
        )

    def _deliver(self, data: Any, current: OpenedTable | None) -> None:
        """Take deliveries that are all there, or those that arrive."""
        writer = DeliveryWriter(
            *(self.location, current, self.args, self.key, self.engine, self.run, self.personal)
        )
        try:
            if not isinstance(data, Arrivals):
                writer.take(data)
            elif data.order is not None:
                writer.take(data.in_recorded_order())
            else:
                self.engine.follow(data, writer.take, self.location)
        except BaseException:
            # Each delivery is a commit of its own: those before it stand.
            if (made := writer.by_then()) is not None:
                self._note(made, writer.taken)
            raise
        if (written := writer.end()) is not None:
            self._note(written, data.deliveries if isinstance(data, Arrivals) else data)

    def _write(self, data: Any, current: OpenedTable | None) -> Written:
        name = self.location.name
        write = Write(
            self.location,
            current,
            self.args,
            self.key,
            note_of(self.run, name),
            believes_commits=self.run.believes_commits,
            personal=self.personal,
        )
        written = self.engine.write(data, write)
        version = written.opened.version
        if written.is_committed:
            logger.info("Wrote %d rows to table '%s': version %d", written.rows, name, version)
        else:
            logger.info("Table '%s' holds this content already: version %d stays", name, version)
        return written


def _reopened(location: Location, version: int) -> DeltaVersion:
    return DeltaVersion.of(open_table(location, version))


def _are_deliveries(data: Any) -> bool:
    from lakeproof.deliveries import Delivery

    return isinstance(data, list | tuple) and all(isinstance(item, Delivery) for item in data)
