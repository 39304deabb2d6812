"""The digest of what nodes hand over: its order, what it may hold, what only this process has."""

import collections
import dataclasses
import os
import pickle
import threading
import types
from collections.abc import Mapping

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lakeproof.digest import NotDigestibleError, content_of, digest_frame, digest_model
from lakeproof.digest.objects.content import is_registered


@dataclasses.dataclass
class Holder:
    parts: object


class OtherMapping(Mapping):
    def __init__(self, parts):
        self._parts = dict(parts)

    def __getitem__(self, key):
        return self._parts[key]

    def __iter__(self):
        return iter(self._parts)

    def __len__(self):
        return len(self._parts)

    def __getstate__(self):
        return self._parts

    def __setstate__(self, state):
        self._parts = state


class OwnDict(dict):
    pass


def defaults(parts):
    return collections.defaultdict(list, parts)


@pytest.mark.parametrize(
    "make",
    [
        *(dict, collections.OrderedDict, defaults, collections.Counter, collections.UserDict),
        *(OtherMapping, OwnDict, lambda parts: Holder(dict(parts))),
        *(lambda parts: [dict(parts)], lambda parts: pd.DataFrame({"d": [dict(parts)]})),
    ],
)
def test_the_order_of_a_mapping_counts(make):
    """The file that is written from it has that order."""
    one, other = make({"a": 1, "b": 2}), make({"b": 2, "a": 1})
    assert digest_model(one) == digest_model(make({"a": 1, "b": 2}))
    assert digest_model(one) != digest_model(other)


def test_the_order_of_attributes_and_of_sets_does_not_count():
    """Nobody handed it over: it comes from when they were set, or from a hash."""
    one, other = types.SimpleNamespace(a=1, b=2), types.SimpleNamespace(b=2, a=1)
    assert digest_model(one) == digest_model(other)
    assert digest_model({1, 2, 3}) == digest_model({3, 2, 1})


class Addressed:
    """Pickles where it lies, as PyTorch's storages do."""

    def __reduce__(self):
        return _made, (id(self),)


def _made(place):
    return Addressed()


class Counted:
    """Pickles a number that is counted up in the process."""

    made = 0

    def __init__(self):
        Counted.made += 1
        self.number = Counted.made

    def __setstate__(self, state):
        self.__init__()


class Unloadable:
    def __setstate__(self, state):
        raise OSError("no connection")

    def __init__(self):
        self.host = "h"


@pytest.mark.parametrize("make", [Addressed, Counted, Unloadable])
@pytest.mark.parametrize(
    "within",
    [
        lambda part: part,
        lambda part: {"a": [part]},
        lambda part: Holder(part),
        lambda part: np.array([part, None], dtype=object),
        lambda part: pd.DataFrame({"d": [part]}),
        lambda part: pl.DataFrame({"d": pl.Series([part], dtype=pl.Object)}),
        lambda part: pd.DataFrame({"d": [1]}, index=pd.Index([part], dtype=object)),
    ],
)
def test_what_comes_back_from_a_pickle_as_another_has_no_digest(make, within):
    """Two honest runs would store others: that is not comparable, never a difference."""
    with pytest.raises(NotDigestibleError, match="pickled and loaded"):
        digest_model(within(make()))


class Careless:
    """Changes what it is loaded from."""

    def __init__(self):
        self.rows = np.arange(3)
        self.notes = {"a": 1}

    def __setstate__(self, state):
        vars(self).update(state)
        self.notes.pop("a")
        self.rows += 1


def test_the_value_is_left_as_it_is():
    """Whatever loading it does; then it has no digest."""
    value = Careless()
    with pytest.raises(NotDigestibleError):
        digest_model(value)
    assert value.rows.tolist() == [0, 1, 2]
    assert value.notes == {"a": 1}


def test_large_parts_are_not_copied_to_see_whether_a_value_comes_back(monkeypatch):
    """An array within an object of the project's own is digested once and never pickled."""
    value = Holder({"rows": np.arange(1000.0), "frame": pd.DataFrame({"a": [1, 2]})})

    def refuse(*_):
        raise AssertionError

    monkeypatch.setattr(pd.DataFrame, "__getstate__", refuse)
    monkeypatch.setattr("lakeproof.digest.objects.structure.feed_array", _once())
    assert digest_model(value).startswith("model2:")


def _once():
    from lakeproof.digest.objects.arrays import feed_array

    seen = []

    def feed(array, sink, of_object):
        assert not seen
        seen.append(array)
        feed_array(array, sink, of_object)

    return feed


class Ledger:
    """Has a lock, so nobody can pickle it."""

    def __init__(self, entries):
        self.entries, self.lock = entries, threading.Lock()


class SubLedger(Ledger):
    pass


@pytest.fixture
def taught():
    @content_of.register
    def _(ledger: Ledger) -> object:
        return ledger.entries

    yield
    # `functools` has no way to forget a type.
    registry = content_of.dispatch.__closure__
    for cell in registry:
        if isinstance(cell.cell_contents, dict) and Ledger in cell.cell_contents:
            del cell.cell_contents[Ledger]
    content_of._clear_cache()
    assert not is_registered(Ledger)


def test_a_type_without_a_digest_says_how_it_gets_one():
    """The hint names what to register."""
    with pytest.raises(NotDigestibleError, match=r"lakeproof\.digest\.content_of"):
        digest_model(Ledger([1]))


@pytest.mark.usefixtures("taught")
def test_a_project_teaches_its_types():
    """By what stands for an object; derived classes too, under their own name."""
    assert digest_model(Ledger([1])) == digest_model(Ledger([1]))
    assert digest_model(Ledger([1])) != digest_model(Ledger([2]))
    assert digest_model({"a": SubLedger([1])}) != digest_model({"a": Ledger([1])})
    assert digest_model(Ledger([1])) != digest_model([1])
    assert digest_model(Holder(Ledger(pd.DataFrame({"a": [1]})))).startswith("model2:")
    column = pd.DataFrame({"d": [Ledger([1])]})
    assert digest_frame(column).digest == digest_frame(column.copy()).digest


class Broken(OtherMapping):
    def __iter__(self):
        raise OSError("no connection")


def test_what_fails_while_it_is_digested_has_no_digest():
    """A run does not end by it."""
    with pytest.raises(NotDigestibleError, match="no connection"):
        digest_model({"a": Broken({})})


def test_arrow_arrays_count_by_their_values():
    """Not by the buffers that they are slices of."""
    part = pa.array([1, 2, 3]).slice(1, 1)
    assert digest_model(Holder(part)) == digest_model(Holder(pa.array([2])))
    assert digest_model({"a": part}) != digest_model({"a": pa.array([2], pa.int32())})


# Of each algorithm some digests that must not change, or its name must.
VECTORS = {
    "atoms": [None, True, 1, -1, 1.5, -0.0, "ü", b"\0", 1j],
    "order": {"b": {1, 2}, "a": (1, [2])},
    "array": np.array([[1, 2], [3, 4]], "<i2"),
    "objects": collections.OrderedDict(a=np.float32(1), b=np.array(["x", None], object)),
    "frame": pd.DataFrame({"x": [1.0], 2: ["a"]}, index=pd.Index([5], name="i")),
    "polars": pl.DataFrame({"x": [1, None], "c": pl.Series(["a", "b"], dtype=pl.Categorical)}),
    "arrow": pa.table({"x": [[1], None]}).replace_schema_metadata({"k": "v"}),
}


def test_digests_stay_what_they_are_from_release_to_release():
    """Records are compared for ever; see `digest-vectors-2.txt`."""
    path = os.path.join(os.path.dirname(__file__), "digest-vectors-2.txt")
    found = {name: digest_model(value) for name, value in VECTORS.items()}
    found |= {f"{name}!": digest_frame(VECTORS[name]).digest for name in ("frame", "polars")}
    with open(path, encoding="utf-8") as lines:
        assert found == dict(line.split() for line in lines)


class Quantity(np.ndarray):
    """Numbers with a unit, as libraries of units have them."""

    def __array_finalize__(self, other):
        self.unit = getattr(other, "unit", None)

    def __reduce__(self):
        make, arguments, state = super().__reduce__()
        return make, arguments, (state, self.unit)

    def __setstate__(self, state):
        super().__setstate__(state[0])
        self.unit = state[1]


def quantity(unit):
    found = np.arange(3.0).view(Quantity)
    found.unit = unit
    return found


def test_what_an_array_knows_beside_its_numbers_counts():
    """A unit, and what stands for the gaps when they are filled."""

    def masked(fill):
        return np.ma.array([1.0, 2.0], mask=[False, True], fill_value=fill)

    assert digest_model(quantity("m")) == digest_model(quantity("m"))
    assert digest_model(quantity("m")) != digest_model(quantity("km"))
    assert digest_model(masked(-1)) == digest_model(masked(-1))
    assert digest_model(masked(-1)) != digest_model(masked(-2))
    untouched = np.ma.array([1.0, 2.0], mask=[False, True])
    before = pickle.dumps(untouched)
    digest_model(untouched)
    assert pickle.dumps(untouched) == before


def test_text_of_any_length_counts_by_its_values():
    """NumPy's own type of text has no order of bytes."""
    text = np.dtypes.StringDType()
    one, same, other = (np.array(["a", last], dtype=text) for last in ("bc", "bc", "bd"))
    assert digest_model(one) == digest_model(same) != digest_model(other)
    assert digest_frame(one).digest == digest_frame(same).digest != digest_frame(other).digest
