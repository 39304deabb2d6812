"""What passes, as a digest, or the reason why it has none."""

import functools

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.dataset
import pytest
from kedro_datasets.matplotlib import MatplotlibDataset
from kedro_datasets.pickle import PickleDataset

from lakeproof.record.node_io.node_io import cross, joined, keeps_pictures
from lakeproof.reproduce.comparison.verdict import judge


def make(place: str) -> str:
    """Make a part, whatever it is."""
    return place


class Source:
    """Something that loads its parts when they are asked for."""

    def load(self) -> str:
        """Load one."""
        return "part"

    @classmethod
    def holding(cls, rows: object) -> "Source":
        """Make one that holds rows."""
        source = cls()
        source.rows = rows
        return source


@pytest.mark.parametrize("part", [make, functools.partial(make, "east"), Source().load, len])
def test_parts_that_are_functions_have_no_digest_where_they_are_stored(part):
    """By its name a function is the same, whatever it gives; the files tell."""
    crossing = cross("parts", {"east": part, "west": 1})
    assert crossing.kind == "value"
    assert crossing.digest is not None
    stored = cross("parts", {"east": part, "west": 1}, is_stored=True)
    assert (stored.kind, stored.digest) == ("opaque", None)
    assert "functions" in stored.note


def test_parts_that_are_there_have_a_digest():
    """Of all of them together, in their order."""
    one = cross("parts", {"east": np.arange(3), "west": 1}, is_stored=True)
    assert one == cross("parts", {"east": np.arange(3), "west": 1}, is_stored=True)
    assert one.digest is not None
    assert one != cross("parts", {"west": 1, "east": np.arange(3)}, is_stored=True)
    assert one != cross("parts", {"west": 2, "east": np.arange(3)}, is_stored=True)


@pytest.mark.parametrize(
    "within",
    [
        lambda lazy: lazy,
        lambda lazy: {"rows": lazy, "seed": 1},
        lambda lazy: [1, (lazy,)],
        lambda lazy: Source.holding(lazy),
        lambda lazy: nw.from_native(lazy),
        lambda lazy: {"rows": nw.from_native(lazy)},
    ],
)
def test_a_plan_is_lazy_wherever_it_stands(within, tmp_path):
    """It names the place from which it would read, which is another one in a re-run."""
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "rows.parquet")
    crossing = cross("plan", within(pl.scan_parquet(tmp_path / "rows.parquet")))
    assert (crossing.kind, crossing.digest) == ("lazy", None)
    assert "not computed" in crossing.note


def test_a_dataset_of_files_is_a_plan(tmp_path):
    """Arrow pickles the places of its files."""
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "rows.parquet")
    files = pyarrow.dataset.dataset(tmp_path)
    assert cross("plan", {"rows": files}).kind == "lazy"
    assert cross("rows", {"rows": files.to_table()}).kind == "value"


def test_a_frame_that_narwhals_wraps_is_a_frame():
    """Of Polars and of pandas alike."""
    for rows in (pl.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]})):
        crossing = cross("rows", nw.from_native(rows))
        assert (crossing.kind, crossing.digest[:7]) == ("frame", "frame2:")
        assert crossing != cross("rows", nw.from_native(rows[:0]))


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (pd.DataFrame({"a": [1, 2]}), 2),
        (pl.Series([1, 2, 3]), 3),
        (nw.from_native(pl.DataFrame({"a": [1]})), 1),
        (pyarrow.table({"a": [1, 2]}), 2),
        (pyarrow.array([1, 2]), 2),
        (np.zeros((4, 2)), 4),
        (np.float64(1), None),
        ([1, 2], None),
        (pl.LazyFrame({"a": [1]}), None),
    ],
)
def test_rows_are_counted_where_they_are_there(data, rows):
    """Of what a generator gives, all chunks together."""
    crossing = cross("rows", data)
    assert crossing.rows == rows
    assert joined([crossing, crossing]).rows == (rows and crossing.digest and 2 * rows)


class Wrapped:
    """A dataset that keeps another one, as `CachedDataset` and a partitioned one do."""

    def __init__(self, **kept: object) -> None:
        vars(self).update(kept)


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: Wrapped(_dataset=one)])
def test_a_picture_is_told_by_its_dataset_whatever_it_is_given(wrap):
    """Axes, arrays, a frame that a plot is made of: what becomes of it is a picture."""
    dataset = wrap(MatplotlibDataset(filepath="plot.png"))
    assert keeps_pictures(dataset)
    assert keeps_pictures(Wrapped(_dataset_type=MatplotlibDataset))
    one = cross("plot", {"rows": 1}, is_stored=True, is_picture_kept=keeps_pictures(dataset))
    assert (one.kind, one.digest) == ("picture", None)


def test_what_keeps_no_picture_is_digested():
    """Also where its file is an image: the node gave a value."""
    for dataset in (None, PickleDataset(filepath="plot.png"), Wrapped(_dataset=object())):
        assert not keeps_pictures(dataset)


def test_chunks_with_digests_of_another_algorithm_are_not_comparable():
    """Those of older records are: neither the same as today's nor others."""
    parts = [cross("parts", part) for part in ("a", "b")]
    assert judge(joined(parts).digest, joined(parts).digest) == "same"
    assert judge(joined(parts).digest, f"sha256:{'0' * 64}") == "not comparable"


def test_a_note_ends_with_what_to_do_about_it_however_long_its_reason_is():
    """The reason is the object's own, and may fill pages."""

    class Endless:
        def __reduce__(self):
            raise TypeError("no" * 5_000)

    note = cross("thing", Endless()).note
    assert str(note).endswith("lakeproof.digest.content_of, in four lines.")
