"""Outputs that no entry of the catalog keeps, and an entry that was meant to.

A misspelt entry is none that Kedro misses: what a node hands over stays in memory and is gone.
"""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline

# As alike as `metrics` and `metricss`; not as `train_rows` and `test_rows`.
_ALIKE = 0.85


def misspelt_outputs(
    pipeline: "Pipeline", entries: Collection[str], others: Collection[str]
) -> Iterator[str]:
    """Say of outputs without an entry which entry, that nothing uses, is called nearly so.

    Args:
        pipeline: What is about to run.
        entries: The names in the catalog.
        others: What any pipeline of the project reads or writes.
    """
    idle = [name for name in entries if name not in others and not name.startswith(("_", "params"))]
    for output in sorted(pipeline.all_outputs() - set(entries)):
        near = get_close_matches(output, idle, n=1, cutoff=_ALIKE)
        if near:
            node = next(node.name for node in pipeline.nodes if output in node.outputs)
            yield (
                f"The catalog has no '{output}', which node '{node}' gives, so that it is kept in "
                f"memory alone. Nothing uses the entry '{near[0]}': is it meant? Correct the name "
                f"'{near[0]}' in catalog.yml."
            )
