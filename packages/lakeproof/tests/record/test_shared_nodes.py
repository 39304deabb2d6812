"""Nodes that are taken from another run: only those that depend on nothing but their inputs."""

from copy import deepcopy
from dataclasses import replace
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from kedro.io import CachedDataset, MemoryDataset
from kedro.pipeline import node
from kedro_datasets.pandas import CSVDataset
from sklearn.linear_model import LinearRegression

from lakeproof.model import SklearnModel
from lakeproof.record.facts import NodeFacts, NodeIO, NotControlled
from lakeproof.record.node_io.node_io import cross
from lakeproof.record.run.session_hooks import SessionHooks
from lakeproof.record.run.shared_nodes import SharedNodes, are_copies, key_of

INPUT = pd.DataFrame({"x": [1.0, 2.0]})
HEARD = (0, 0)
COLUMNS = np.asfortranarray(np.ones((2, 3)))


def double(rows):
    """Stand for any node."""
    return rows * 2


def both(rows):
    return rows * 2, float(rows["x"].sum())


def named(rows):
    return {"twice": rows * 2, "sum": float(rows["x"].sum())}


def lazily(rows):
    return pl.from_pandas(rows).lazy()


def chunks(rows):
    yield rows


def a_node(function=double, outputs="twice"):
    return node(function, "rows", outputs, name="compute")


def run_in(folder, one, facts=None, heard=HEARD, is_watched=True, rows=INPUT, tables=()):
    """Run a node as a session does; give what it gave, and which nodes were taken."""
    shared = SharedNodes(folder, folder / "told")
    got = [cross("rows", rows)]
    shared.begins(one, got, {"rows": rows}, HEARD)
    outputs = one.run({"rows": rows})
    shared.ends(one, outputs, tables, heard)
    crossings = tuple(cross(name, value) for name, value in outputs.items())
    found = NodeFacts("compute", 0.1, tuple(got), crossings, moves_random=False)
    shared.keep([facts(found) if facts else found], is_watched)
    return outputs, (folder / "told").read_text()


class Holding(MemoryDataset):
    """Hand on the very object, whatever its copy mode says."""

    def load(self):
        return self._data


def never(*_):
    raise AssertionError("it ran")


@pytest.mark.parametrize(
    ("function", "outputs"),
    [(double, "twice"), (both, ["twice", "sum"]), (named, {"twice": "a", "sum": "b"})],
)
def test_a_node_gives_what_one_like_it_gave(tmp_path, monkeypatch, function, outputs):
    """In each form that a node returns, and without its function, which it has again afterwards."""
    first, told = run_in(tmp_path, a_node(function, outputs))
    assert told == "[]"
    again = a_node(function, outputs)
    monkeypatch.setattr(function, "__code__", never.__code__)
    second, told = run_in(tmp_path, again)
    assert told == '["compute"]'
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert cross(name, second[name]) == cross(name, value)
    assert again.func is function


@pytest.mark.parametrize(
    "changes",
    [
        {"moves_random": True},
        {"moves_random": None},
        {"not_controlled": (NotControlled("variable", "SEASON", None, None),)},
        {"clocks": ("twice: at",)},
        {"outputs": ()},
        {"outputs": (NodeIO("twice", "lazy", None),)},
        {"outputs": (NodeIO("twice", "picture", None),)},
        {"outputs": (replace(cross("twice", 1), holds_place=True),)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_one_that_reached_for_something_else_is_run_again(tmp_path, changes):
    run_in(tmp_path, a_node(), lambda found: replace(found, **changes))
    assert run_in(tmp_path, a_node())[1] == "[]"


@pytest.mark.parametrize("other", [{"heard": (1, 0)}, {"heard": (0, 1)}, {"is_watched": False}])
def test_one_that_told_or_logged_or_at_which_nobody_looked_is_run_again(tmp_path, other):
    run_in(tmp_path, a_node(), **other)
    assert run_in(tmp_path, a_node())[1] == "[]"


def test_of_other_inputs_nothing_is_taken(tmp_path):
    """Nor by another function, nor for other datasets."""
    run_in(tmp_path, a_node())
    assert run_in(tmp_path, a_node(), rows=INPUT + 1)[1] == "[]"
    got = [cross("rows", INPUT)]
    nodes = a_node(), a_node(both), a_node(outputs="other")
    keys = {key_of(one, got, {"rows": INPUT}) for one in nodes}
    assert len(keys) == 3


def test_what_has_no_digest_and_what_gives_chunks_has_no_key():
    given = {"rows": INPUT}
    assert key_of(a_node(chunks), [cross("rows", INPUT)], given) is None
    assert key_of(a_node(), [NodeIO("rows", "opaque", None)], given) is None
    assert key_of(a_node(), [], given) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([np.ones((2, 3))], [COLUMNS]),
        (pd.DataFrame(np.ones((2, 3)), copy=False), pd.DataFrame(COLUMNS, copy=False)),
        (pa.table({"x": [1, 2]}), pa.concat_tables([pa.table({"x": [n]}) for n in (1, 2)])),
        (pl.DataFrame({"x": [1, 2]}), pl.concat([pl.DataFrame({"x": [n]}) for n in (1, 2)])),
        (pl.Series([1, 2]), pl.concat([pl.Series([1]), pl.Series([2])])),
        ({"model": LinearRegression(n_jobs=1)}, {"model": LinearRegression(n_jobs=2)}),
    ],
    ids=["array", "pandas", "arrow", "polars", "series", "threads"],
)
def test_what_a_sum_may_feel_and_no_digest_says_is_part_of_the_key(one, other):
    """One content, of which a later node may make other last bits: it is run on each."""
    got = [cross("rows", one)]
    assert got == [cross("rows", other)]
    assert got[0].digest is not None
    assert key_of(a_node(), got, {"rows": one}) != key_of(a_node(), got, {"rows": other})
    assert key_of(a_node(), got, {"rows": one}) == key_of(a_node(), got, {"rows": deepcopy(one)})


def test_one_that_may_change_what_a_later_one_gets_is_run():
    """Kedro hands on the very object where it is told to; of an unknown dataset nobody knows."""
    read_anew = CSVDataset(filepath="rows.csv")
    assert are_copies([MemoryDataset(INPUT), read_anew, SklearnModel(filepath="model.skops")])
    assert not are_copies([read_anew, MemoryDataset(INPUT, copy_mode="assign")])
    assert not are_copies([CachedDataset(read_anew, copy_mode="assign")])
    assert not are_copies([Holding()])


@pytest.mark.parametrize(
    ("data", "is_own"),
    [
        (INPUT, True),
        (pl.from_pandas(INPUT), False),
        (pl.from_pandas(INPUT).lazy(), True),
        (pd.DataFrame({"x": ["a", None], "y": [1, 2]}).astype({"x": object}), True),
        (pd.DataFrame({"x": [[1], [2]]}), False),
        (pd.Series([{}, {}]), False),
        (np.array([[1.0, 2.0]]), True),
        (np.array([[[1], None]], dtype=object), False),
        ({"rows": 2}, True),
    ],
)
def test_what_a_node_gets_from_memory_is_its_own_as_kedro_copies_it(data, is_own):
    """A frame of Polars is changed in place for all who get it; so is a list in a cell."""
    dataset = MemoryDataset(data)
    assert are_copies([dataset]) is is_own
    assert not is_own or dataset.load() is not data


@pytest.mark.parametrize(("given", "is_shared"), [([], True), ([{}], True), ([{"rows": 1}], False)])
def test_one_that_a_hook_gives_other_inputs_is_run(given, is_shared):
    """Kedro calls the function with those, and their digest stands nowhere."""
    hooks, session = SessionHooks(), MagicMock(resets_random=False)
    hooks._session, hooks._catalog = session, MagicMock()
    going = hooks.before_node_run(a_node(), {"rows": INPUT})
    next(going)
    with pytest.raises(StopIteration) as ended:
        going.send(given)
    assert ended.value.value is given
    assert session.seen.runs.called is is_shared


def test_a_plan_is_not_kept_though_the_table_that_takes_it_has_a_digest(tmp_path):
    """What it reads from may be gone by then."""

    def as_table(found):
        return replace(found, outputs=(NodeIO("twice", "table", "rs1:x"),))

    for function, told in ((lazily, "[]"), (double, '["compute"]')):
        for _ in range(2):
            found = run_in(tmp_path, a_node(function), as_table, tables=["twice"])
        assert found[1] == told


def test_what_was_damaged_is_not_taken(tmp_path):
    run_in(tmp_path, a_node())
    (kept,) = (one for one in tmp_path.iterdir() if one.name != "told")
    kept.write_bytes(kept.read_bytes()[:-1])
    assert run_in(tmp_path, a_node())[1] == "[]"
