"""The catalog's dataset for a folder whose deliveries are taken as a stream.

Not for Spark: what follows the folder is the engine of the table that takes them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lakeproof.checksum import sha256_of
from lakeproof.deliveries.arrivals import Arrivals
from lakeproof.deliveries.declared import EDIT_THE_CATALOG
from lakeproof.deliveries.delivery import Delivery
from lakeproof.deliveries.delivery_errors import DeliveryError, shown
from lakeproof.deliveries.delivery_folder import DeliveryFolder
from lakeproof.deliveries.formats import parse


class DeliveryStream(DeliveryFolder):
    """Hand on the deliveries of a folder in the order in which they arrived; parse none of them.

    The same files are deliveries as for `DeliveryFolder`, which a batch run may take from the same
    folder: the table knows which it has, whoever brings them.

    Example of an entry in the catalog, beside one of a `DeliveryFolder`::

        delivery_stream:
          <<: *deliveries
          type: lakeproof.deliveries.DeliveryStream
          max_files_per_batch: 1000

    Args:
        max_files_per_batch: How many files Spark hands over together, at most; those of one batch
            are taken in order of name, the batches in the order of the files' times.
        **folder: As for `DeliveryFolder`.

    Raises:
        DeliveryError: An argument is not as it must be. Nothing is looked at on disk.
    """

    def __init__(self, *, max_files_per_batch: int = 1000, **folder: Any) -> None:
        super().__init__(**folder)
        if type(max_files_per_batch) is not int or max_files_per_batch < 1:
            raise DeliveryError(
                f"`max_files_per_batch` must be a whole number from 1 on, and is "
                f"{shown(str(max_files_per_batch))}. {EDIT_THE_CATALOG}"
            )
        self._max_files_per_batch = max_files_per_batch
        self._is_replayed = False
        self._order: tuple[str, ...] | None = None

    @property
    def is_replayed(self) -> bool:
        """Tell whether a recorded run's deliveries are taken again, for which nothing streams."""
        return self._is_replayed

    def replay(self, order: Sequence[str] | None) -> None:
        """Be the folder of a re-run, in which everything has arrived.

        Args:
            order: The names as the recorded run took them; `None` for their own order.
        """
        self._is_replayed = True
        self._order = tuple(order) if order is not None else None

    def load(self) -> Any:
        """Give the arrivals; which deliveries have come is known when a table has taken them.

        Raises:
            DeliveryError: As for `DeliveryFolder`.
        """
        folder = self._folder
        listed = {delivery.name: delivery for delivery in super().load()}
        return Arrivals(
            folder=folder.absolute(),
            listed=listed,
            find=self._find,
            files_per_batch=self._max_files_per_batch,
            order=(self._order or tuple(listed)) if self._is_replayed else None,
        )

    @property
    def _folder(self) -> Path:
        if self._path is None:
            raise DeliveryError(
                f"`path` is {shown(self._place)}: a stream follows a folder on a local disk. "
                "Nothing was read. Take them as a batch: kedro run --pipelines ingest"
            )
        return self._path

    def _find(self, name: str) -> Delivery | None:
        """Make a delivery of a file that came after the folder was listed."""
        path = self._folder / name
        if not (self._is_delivery(name) and path.is_file()):
            return None
        return Delivery(name, sha256_of(path), path, self.schema, parse, self._dialect)

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "max_files_per_batch": self._max_files_per_batch}
