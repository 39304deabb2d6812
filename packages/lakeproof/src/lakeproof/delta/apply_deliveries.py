"""Deliveries on their way into a table: each once, in one commit of its own.

Not for how they come: a batch hands over a list, a stream one list after the other.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lakeproof.delta.kept_deliveries import keep_beside
from lakeproof.delta.log.commit_metadata import Taken
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import latest
from lakeproof.delta.write.decision import ATTEMPTS, LostRaceError, pause
from lakeproof.delta.write.engine import Engine, SaveArgs, Write, Written, note_of
from lakeproof.errors import LakeproofError, RowKeyError
from lakeproof.versioned.location import Location
from lakeproof.versioned.run_tables import Corrected, RunTables

if TYPE_CHECKING:
    from lakeproof.deliveries import Delivery
    from lakeproof.delta.log.transactions import TakenDeliveries

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
        personal: The columns of which nothing shows a value, beside those of the deliveries.

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
        personal: frozenset[str] = frozenset(),
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
        self._personal = personal
        self._written: Written | None = None
        self._seen = 0
        self.taken: list[Delivery] = []

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
        self._seen += len(deliveries)
        taken = self._taken()
        new = self._new(deliveries, taken)
        # Before the commits: what is taken is kept.
        keep_beside(self._location, deliveries)
        number = lost = 0
        while new and not is_called_off():
            delivery = new.pop(0)
            try:
                self._written = written = self._write(delivery, taken)
            except LostRaceError:
                lost += 1
                if lost == ATTEMPTS:
                    raise
                pause(lost)
                # What came may be this delivery, or a later one that corrects it.
                self._current = latest(self._location)
                taken = self._taken()
                new = self._new(deliveries, taken)
                continue
            except LakeproofError:
                self._tell_kept(delivery)
                raise
            number, lost, self._current = number + 1, 0, written.opened
            self.taken.append(delivery)
            taken.note(delivery.name, delivery.sha256, taken.count(delivery.name) + 1)
            logger.info(
                "Table '%s' took delivery '%s' (%d of %d new): %d rows, version %d",
                self._location.name,
                delivery.name,
                number,
                number + len(new),
                written.rows,
                written.opened.version,
            )

    def _taken(self) -> "TakenDeliveries":
        """Read what the table has taken by its version that is known."""
        from lakeproof.delta.log.transactions import TakenDeliveries, taken_deliveries

        return TakenDeliveries() if self._current is None else taken_deliveries(self._current)

    def _tell_kept(self, delivery: "Delivery") -> None:
        if self.taken:
            logger.warning(
                "Table '%s' keeps the %d new deliveries taken before '%s'.",
                self._location.name,
                len(self.taken),
                delivery.name,
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

    def by_then(self) -> Written | None:
        """Say what has been committed when one is not taken."""
        return self._written

    def _new(self, deliveries: Sequence["Delivery"], taken: "TakenDeliveries") -> list["Delivery"]:
        """Choose what the table has not taken: under its name or, of a new name, any other.

        A name that was taken before brings a correction, even to what another file says as well.
        """
        new: list[Delivery] = []
        first = {one.sha256: one.name for one in reversed(deliveries)}
        for one in deliveries:
            if not taken.is_new(one.name, one.sha256):
                continue
            other = first[one.sha256] if first[one.sha256] != one.name else None
            other = taken.other_name(one.name, one.sha256) or other
            if other is None or taken.count(one.name):
                new.append(one)
                continue
            logger.warning(
                "Table '%s' does not take delivery '%s': it is, byte for byte, '%s', whose rows it "
                "has. If these are other rows, let the file differ, by an empty line at its end.",
                self._location.name,
                one.name,
                other,
            )
        return new

    def _write(self, delivery: "Delivery", taken: "TakenDeliveries") -> Written:
        from lakeproof.delta.log.transactions import delivery_transaction
        from lakeproof.delta.moved_rows import MovedRows

        schema, count, current = delivery.schema, taken.count(delivery.name), self._current
        args = self._args
        if count and current is not None:
            was = taken.latest[delivery.name][0]
            logger.info(
                "Delivery '%s' has changed since table '%s' took it: it corrects what it brought",
                *(delivery.name, self._location.name),
            )
            # Which runs need it as it was is known where they are kept.
            self._run.corrected.append(Corrected(self._location.name, delivery.name, was))
        is_first = taken.beginning and not taken.latest
        if is_first:
            # The table begins anew: what it held gives way in the commit that takes the first one.
            args = replace(args, mode="overwrite", schema_mode="overwrite", skip_unchanged=False)
        look = MovedRows(delivery, self._location.name, current) if count and current else None
        noted = Taken(
            delivery.name,
            delivery.sha256,
            schema.told,
            list(schema.key),
            delivery.dialect.differing() or None,
        )
        write = Write(
            self._location,
            current,
            args,
            self._key,
            note_of(self._run, self._location.name, noted),
            delivery_transaction(delivery.name, delivery.sha256, count + 1, taken.beginning),
            look=look,
            personal=self._personal | schema.personal,
        )
        with self._engine.handed_over(delivery.parse(delivery), self._location) as rows:
            return self._engine.write(delivery.cleaned(rows), write)
