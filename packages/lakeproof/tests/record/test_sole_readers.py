"""What one node alone gets from memory is not copied once more, and is still its own."""

from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pytest
from kedro.framework.hooks import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node
from kedro.runner import SequentialRunner, ThreadRunner

from lakeproof.record.places.sole_readers import SoleReaders
from lakeproof.record.run.session_hooks import SessionHooks
from lakeproof.record.run.shared_nodes import are_copies

FRAME = pd.DataFrame({"x": [1.0, 2.0], "name": ["a", "b"]})


class Kept(MemoryDataset):
    """As a user's own, of which nothing is known."""


def run(*nodes, catalog=(), runner=SequentialRunner):
    """Run nodes as a session does."""
    pipeline, held = Pipeline(nodes), DataCatalog(dict(catalog))
    hooks, manager = SessionHooks(), _create_hook_manager()
    hooks._catalog = held
    hooks._session = MagicMock(resets_random=False, sole_readers=SoleReaders(pipeline))
    manager.register(hooks)
    runner().run(pipeline, held, hook_manager=manager)
    return held


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
@pytest.mark.parametrize("data", [FRAME, np.arange(4.0)])
def test_who_alone_reads_gets_what_is_kept(data, runner):
    """Not what the other node gave: that node may go on to change it."""
    kept, got = MemoryDataset(), []

    def read(rows):
        got.append((rows is kept._data, rows is data))
        return 1

    run(
        node(lambda: data, None, "rows", name="give"),
        node(read, "rows", "one", name="read"),
        catalog={"rows": kept},
        runner=runner,
    )
    assert got == [(True, False)]


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
def test_what_several_read_is_copied_for_each(runner):
    """One that changes it in place changes it for nobody else."""
    seen = []

    def spoil(rows):
        seen.append(rows["x"].sum())
        rows.loc[:, "x"] = 0.0
        return 1

    run(
        node(lambda: FRAME, None, "rows", name="give"),
        *(node(spoil, "rows", f"out{n}", name=f"spoil{n}") for n in range(2)),
        runner=runner,
    )
    assert seen == [3.0, 3.0]
    assert FRAME["x"].sum() == 3


def test_what_was_there_before_the_run_is_copied():
    """Whoever calls Kedro from Python has it still."""
    given = MemoryDataset(FRAME)
    run(node(lambda rows: rows.pop("x"), "rows", "x", name="take"), catalog={"rows": given})
    assert list(FRAME) == ["x", "name"]
    assert given.load().equals(FRAME)


@pytest.mark.parametrize(
    ("dataset", "data"),
    [
        (MemoryDataset(copy_mode="copy"), FRAME),
        (MemoryDataset(copy_mode="deepcopy"), FRAME),
        (MemoryDataset(), {"rows": [1]}),
        (Kept(), FRAME),
    ],
)
def test_how_others_are_handed_on_is_left_as_it_is(dataset, data):
    """A mode that somebody has said, a value that is copied in depth, a class of one's own."""
    got = []
    run(
        node(lambda: data, None, "rows", name="give"),
        node(lambda rows: got.append(rows is dataset._data) or 1, "rows", "one", name="read"),
        catalog={"rows": dataset},
    )
    assert got == [False]


def test_a_node_still_counts_as_having_got_its_own():
    """An explanation takes nodes from another run where that is so."""
    pipeline = Pipeline(
        [
            node(lambda: FRAME, None, "rows", name="give"),
            node(len, "rows", "count", name="read"),
        ]
    )
    readers, dataset = SoleReaders(pipeline), MemoryDataset(FRAME)
    readers.loads("rows", dataset)
    assert dataset.load() is dataset._data
    readers.loaded("rows", dataset)
    assert are_copies([dataset])
    assert dataset.load() is not dataset._data
