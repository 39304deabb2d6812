"""Deliveries on their way into a table: each once, in one commit of its own.

Not for how they come: a batch hands over a list, a stream one list after the other.
"""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lakeproof.delta.log.commit_metadata import Taken
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.write.engine import Engine, SaveArgs, Write, Written, note_of
from lakeproof.errors import LakeproofError, RowKeyError
from lakeproof.versioned.location import Location
from lakeproof.versioned.run_tables import RunTables

if TYPE_CHECKING:
    from lakeproof.deliveries import Delivery

logger = logging.getLogger(__name__)


class DeliveryWriter:
    """Take deliveries that a table has not taken yet; its write lock is held meanwhile.

    Which ones those are is read from the table: the transaction identifier of a delivery is set in
    the commit of its rows, so neither a crash nor a second process can take one twice or lose one.

    Args:
        location: The table.
        current: Its latest version, read under the lock; `None` where there is no table.
        args: How it is written.
        key: The columns that tell its rows apart.
        engine: Moves the rows.
        run: Knows who writes.

    Raises:
        RowKeyError: If the table does not merge.
    """

    def __init__(
        self,
        location: Location,
        current: OpenedTable | None,
        args: SaveArgs,
        key: tuple[str, ...],
        engine: Engine,
        run: RunTables,
    ) -> None:
        if args.mode != "merge":
            raise RowKeyError(
                f"Table '{location.name}' was handed deliveries, but its save_args.mode is "
                f"{args.mode}. Set mode: merge and a key, so that a correction finds its row."
            )
        self._location = location
        self._current = current
        self._args = args
        self._key = key
        self._engine = engine
        self._run = run
        self._written: Written | None = None
        self._seen = 0
        self._taken = 0

    def take(
        self, deliveries: Sequence["Delivery"], is_called_off: Callable[[], bool] = lambda: False
    ) -> None:
        """Take the new ones among deliveries, in their order.

        Args:
            deliveries: All of them; the table knows which are new.
            is_called_off: Asked before each: one that is in progress is taken to its end.

        Raises:
            LakeproofError: If one is refused; those before it stay taken.
        """
        from lakeproof.delta.log.transactions import taken_deliveries

        self._seen += len(deliveries)
        taken = taken_deliveries(self._current) if self._current is not None else {}
        new = [d for d in deliveries if taken.get(d.name, ("", 0))[0] != d.sha256]
        for number, delivery in enumerate(new, start=1):
            if is_called_off():
                return
            count = taken.get(delivery.name, ("", 0))[1] + 1
            try:
                written = self._write(delivery, count)
            except LakeproofError:
                if self._taken:
                    logger.warning(
                        "Table '%s' keeps the %d new deliveries taken before '%s'.",
                        self._location.name,
                        self._taken,
                        delivery.name,
                    )
                raise
            self._written, self._current = written, written.opened
            self._taken += 1
            logger.info(
                "Table '%s' took delivery '%s' (%d of %d new): %d rows, version %d",
                self._location.name,
                delivery.name,
                number,
                len(new),
                written.rows,
                written.opened.version,
            )

    def end(self) -> Written | None:
        """Say what became of it: the last commit, or the version that had everything already."""
        if self._written is None and self._current is not None:
            logger.info(
                "Table '%s' has taken all %d deliveries already: version %d stays",
                self._location.name,
                self._seen,
                self._current.version,
            )
            return Written(self._current, is_committed=False, rows=0)
        return self._written

    def _write(self, delivery: "Delivery", count: int) -> Written:
        from lakeproof.delta.log.transactions import delivery_transaction

        write = Write(
            self._location,
            self._current,
            self._args,
            self._key,
            note_of(self._run, self._location.name, Taken(delivery.name, delivery.sha256)),
            delivery_transaction(delivery.name, delivery.sha256, count),
        )
        with self._engine.handed_over(delivery.parse(delivery), self._location) as rows:
            return self._engine.write(delivery.cleaned(rows), write)
