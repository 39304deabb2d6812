"""Deliveries that come one after the other, and what has come of them so far.

Not for how they come: whoever follows the folder says their names. Not for whether one is taken
already: the table knows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lakeproof.deliveries.delivery import Delivery, Step
from lakeproof.deliveries.delivery_errors import DeliveryError, shown


@dataclass(frozen=True)
class Arrivals:
    """A folder of deliveries while they are taken from it.

    What has come is noted as it comes, and shared by everything that `map` makes of this: whoever
    was handed it first can tell in the end what went by.

    Args:
        folder: Where they arrive, as an absolute path.
        listed: Those that were there at the start, by name.
        find: Gives the delivery of a name; `None` where that is no delivery.
        files_per_batch: How many files are looked at together, at most.
        order: In a re-run, the names in the order in which the run took them; nothing arrives
            then, everything is there.
        steps: What is done to the rows of each, in order.
        deliveries: Those that have come so far, in the order in which they came.
        sizes: Their bytes, by name; a file may be moved away once it is taken.
    """

    folder: Path
    listed: Mapping[str, Delivery]
    find: Callable[[str], Delivery | None]
    files_per_batch: int
    order: tuple[str, ...] | None = None
    steps: tuple[Step, ...] = ()
    deliveries: list[Delivery] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    def map(self, function: Step) -> "Arrivals":
        """Return the same arrivals with one more step laid over the rows of each."""
        return replace(self, steps=(*self.steps, function))

    def batch(self, names: Iterable[str]) -> list[Delivery]:
        """Note that files have come together, and give the deliveries among them.

        Returns:
            In order of name, with all steps.
        """
        return self._note(sorted(names))

    def in_recorded_order(self) -> list[Delivery]:
        """Give all deliveries of a re-run as the recorded run took them, and note them.

        Raises:
            DeliveryError: If one is not there.
        """
        assert self.order is not None, "only a re-run knows the order beforehand"
        if absent := [name for name in self.order if name not in self.listed]:
            raise DeliveryError(
                f"Delivery {shown(absent[0])}, which the recorded run took, is not in "
                f"{self.folder}. Nothing was taken. Put it back and try again."
            )
        return self._note(self.order)

    def overdue(self) -> list[str]:
        """Name what was there at the start and has not come."""
        came = {delivery.name for delivery in self.deliveries}
        return sorted(self.listed.keys() - came)

    def _note(self, names: Iterable[str]) -> list[Delivery]:
        found = [self.listed.get(name) or self.find(name) for name in names]
        come = [replace(one, steps=self.steps) for one in found if one is not None]
        for delivery in come:
            self.deliveries.append(delivery)
            self.sizes[delivery.name] = delivery.path.stat().st_size
        return come
