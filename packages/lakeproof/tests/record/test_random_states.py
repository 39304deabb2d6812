"""The random states that nodes share, in a run that is told to set them anew before each."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
from kedro.io import MemoryDataset
from kedro.pipeline import Node

from lakeproof.record.node_io import random_states
from lakeproof.record.node_io.node_io_recorder import NodeIORecorder
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.run.session_hooks import SessionHooks
from lakeproof.versioned.run_tables import RunTables


@pytest.fixture(autouse=True)
def _states_stay():
    """What a test draws, no other one sees."""
    states = random.getstate(), np.random.get_state()
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])


class Session:
    """A run in progress, as far as a node needs one."""

    def __init__(self, resets_random):
        self.resets_random, self.secrets = resets_random, None
        nothing = SimpleNamespace(begins=lambda *_: None, computes=lambda *_: None)
        self.seen = SimpleNamespace(
            node_io=nothing, watcher=nothing, params_together=self, runs=lambda *_: None
        )

    def __call__(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def before_node(resets_random):
    hooks = SessionHooks()
    hooks._session, hooks._catalog = Session(resets_random), {}
    going = hooks.before_node_run(Node(lambda: 1, None, "x", name="draw"), {})
    next(going)
    try:
        going.send([])
    except StopIteration:
        return random.random(), float(np.random.random())


def test_a_node_of_a_mix_draws_what_it_draws_alone():
    """Whatever the node before it has drawn."""
    first, again = before_node(True), before_node(True)
    assert first == again
    assert before_node(False) != before_node(False)
    random_states.reset()
    assert first == (random.random(), float(np.random.random()))


class Nothing:
    """Takes note of no file, and of nothing that a node reached for."""

    here = ()

    def saves(self, *_):
        pass

    def saved(self, *_):
        return []

    def of(self, _):
        return ()


@pytest.mark.parametrize(
    ("draws", "moves"),
    [
        (lambda: 1, False),
        (lambda: np.random.default_rng(1).random(), False),
        (lambda: float(np.random.random()), True),
        (random.random, True),
        (lambda: np.random.seed(1) or 1, True),
    ],
)
def test_a_node_that_moves_a_state_of_all_is_known(draws, moves):
    """Also one that sets it by itself; one that has a generator of its own does not."""
    recorder = NodeIORecorder(RunTables(), Nothing(), Secrets([]))
    node = Node(draws, None, "x", name="draw")
    recorder.begins(node)
    recorder.computes(node)
    outputs = node.run({})
    recorder.computed(node, {}, outputs)
    # As what names a model at random does.
    random.random()
    recorder.saved(node, "x", MemoryDataset(), outputs["x"])
    (found,) = recorder.nodes(None, Nothing())
    assert found.moves_random is moves


@pytest.mark.parametrize("draws", [True, False])
def test_a_generator_that_moves_one_between_its_chunks_is_known(draws):
    """What is drawn while a chunk is saved is not its doing."""

    def chunks():
        yield 1
        if draws:
            random.random()
        yield 2

    recorder = NodeIORecorder(RunTables(), Nothing(), Secrets([]))
    node = Node(chunks, None, "x", name="draw")
    recorder.begins(node)
    recorder.computes(node)
    found = node.run({})
    recorder.computed(node, {}, found)
    for chunk in found["x"]:
        recorder.saves(node, "x", MemoryDataset())
        random.random()
        recorder.saved(node, "x", MemoryDataset(), chunk)
    (passed,) = recorder.nodes(None, Nothing())
    assert passed.moves_random is draws
