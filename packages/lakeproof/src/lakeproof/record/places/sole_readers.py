"""Frames in memory that one node alone reads: it gets the very one that Kedro keeps.

Kedro copies a frame of pandas, or an array of NumPy, when it takes it of a node and again for each
node that gets it. Who alone gets it may have the copy that was taken: nobody sees what becomes of
it. Not for what is there before the run, nor for what several nodes read, perhaps at once.
"""

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline

# Of Kedro's own, not promised: a run without these names has one more copy.
_DATASET = ("kedro.io.memory_dataset", "MemoryDataset")
_MODE, _DATA = "_copy_mode", "_data"
_COPIED = {("pandas", "DataFrame"), ("numpy", "ndarray")}


class SoleReaders:
    """What a run hands on without a second copy.

    Args:
        pipeline: All of the run.
    """

    def __init__(self, pipeline: "Pipeline") -> None:
        reads = Counter(name for node in pipeline.nodes for name in node.inputs)
        self._names = {name for name in pipeline.all_outputs() if reads[name] == 1}
        self._given: set[str] = set()

    def loads(self, name: str, dataset: Any) -> None:
        """Have a dataset give what it keeps, where its next reader is the only one."""
        kind = type(dataset)
        if name not in self._names or (kind.__module__, kind.__name__) != _DATASET:
            return
        held = vars(dataset)
        if held.get(_MODE, "") is None and _is_copied(held.get(_DATA)):
            setattr(dataset, _MODE, "assign")
            self._given.add(name)

    def loaded(self, name: str, dataset: Any) -> None:
        """Let it be as it was: what its reader has got is the reader's own."""
        if name in self._given:
            self._given.remove(name)
            setattr(dataset, _MODE, None)


def _is_copied(data: Any) -> bool:
    """Tell what Kedro copies as it is; all else it copies in depth, or not at all."""
    kind = type(data)
    return (kind.__module__.partition(".")[0], kind.__name__) in _COPIED
