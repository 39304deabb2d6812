"""Values that nodes hand over, each changed in one place, and each copied honestly."""

import copy
import pickle
import random
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from lakeproof.record.node_io.node_io import cross
from verdict.facts import Trial

Change = Callable[[Any], Any]


@dataclass
class Delivery:
    """An object of somebody's, with names that mean something else elsewhere."""

    delivery_time: float
    memory: int
    verbose: str
    n_jobs: int
    parts: dict[str, int]


class Survival:
    """An estimator of somebody's whose one learnt number is a time."""

    def fit(self, *_: Any) -> "Survival":
        """Learn it."""
        self.median_survival_time_ = 3.5
        self.memory = "short"
        return self

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give what it was made with."""
        del deep
        return {}


def item(place: Any, value: Any) -> Change:
    """Put another value into one place of a container."""

    def change(given: Any) -> Any:
        given[place] = value
        return given

    return change


def attribute(name: str, value: Any) -> Change:
    """Put another value into one attribute."""

    def change(given: Any) -> Any:
        setattr(given, name, value)
        return given

    return change


def cell(row: int, column: Any, value: Any) -> Change:
    """Put another value into one cell of a pandas frame."""

    def change(frame: Any) -> Any:
        frame[column] = [*frame[column][:row], value, *frame[column][row + 1 :]]
        return frame

    return change


def pandas_frame() -> pd.DataFrame:
    """Give a frame with a column of each common type."""
    count = 40
    return pd.DataFrame(
        {
            "whole": range(count),
            "real": np.linspace(-1, 1, count),
            "text": [f"row {n}" for n in range(count)],
            "flag": [n % 3 == 0 for n in range(count)],
            "when": pd.date_range("2026-01-01", periods=count, tz="UTC"),
            "kind": pd.Categorical(["red", "white"] * (count // 2), ["red", "white", "rosé"]),
            "gap": pd.array([1, None] * (count // 2), "Int64"),
        },
        index=pd.Index([f"k{n}" for n in range(count)], name="key"),
    )


def polars_frame() -> pl.DataFrame:
    """Give a frame with nested columns."""
    count = 40
    return pl.DataFrame(
        {
            "whole": range(count),
            "real": np.linspace(-1, 1, count),
            "text": [f"row {n}" for n in range(count)],
            "day": [date(2026, 1, 1) + timedelta(n) for n in range(count)],
            "price": [Decimal(n).scaleb(-2) for n in range(count)],
            "list": [[n, n + 1] for n in range(count)],
            "pair": [{"a": n, "b": str(n)} for n in range(count)],
        }
    )


def polars_cell(row: int, column: str, value: Any) -> Change:
    """Put another value into one cell."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        cells = frame[column].to_list()
        cells[row] = value
        return frame.with_columns(pl.Series(column, cells, frame[column].dtype))

    return change


_X = np.random.default_rng(5).normal(size=(60, 4))
_Y = _X @ [1.0, 2.0, 0.0, -1.0]
_TEXTS = [f"red wine of {n} and white" for n in range(30)]


def forest() -> Any:
    """Give a fitted classifier."""
    return RandomForestClassifier(8, random_state=1).fit(_X, _Y > 0)


def chain() -> Any:
    """Give a pipeline of several estimators, fitted."""
    frame = pd.DataFrame({"a": _X[:, 0], "b": _X[:, 1], "c": ["x", "y", "z"] * 20})
    columns = ColumnTransformer(
        [("n", StandardScaler(), ["a", "b"]), ("c", OneHotEncoder(), ["c"])]
    )
    return make_pipeline(columns, LogisticRegression()).fit(frame, _Y > 0)


KINDS: dict[str, tuple[Callable[[], Any], list[Change]]] = {
    "a mapping": (
        lambda: {"a": 1, "b": [1.5, None, "x"], "c": {"d": True, "e": b"y"}},
        [
            item("a", 2),
            item("a", 1.0),
            item("a", True),
            item("a", "1"),
            item("z", 0),
            lambda given: {"A": given.pop("a"), **given},
            lambda given: dict(reversed(given.items())),
            lambda given: {**given, "b": tuple(given["b"])},
            lambda given: {**given, "b": [1.5, None, "x "]},
            lambda given: {**given, "b": [1.5, "x", None]},
            lambda given: {**given, "c": {"e": b"y", "d": True}},
            lambda given: {**given, "c": {"d": True, "e": "y"}},
            lambda given: OrderedDict(given),
        ],
    ),
    "a number": (
        lambda: 0.1 + 0.2,
        [
            lambda _: 0.3,
            lambda _: 1,
            lambda given: np.float64(given),
            lambda given: np.float32(given),
            lambda _: float("nan"),
            lambda given: -given,
            lambda given: complex(given),
            lambda given: Decimal(given),
        ],
    ),
    "a zero": (lambda: 0.0, [lambda _: -0.0, lambda _: 0, lambda _: False, lambda _: None]),
    "a text": (
        lambda: "Zürich",
        [
            lambda _: "Zu\u0308rich",
            lambda _: "zürich",
            lambda given: given + " ",
            lambda given: given.encode(),
            lambda given: [given],
            lambda _: "Zürich\0",
        ],
    ),
    "a set": (lambda: {"a", "b", 3}, [lambda _: {"a", "b"}, frozenset, lambda _: {"a", "b", "3"}]),
    "a moment": (
        lambda: datetime(2026, 3, 1, 12, tzinfo=UTC),
        [
            lambda given: given + timedelta(microseconds=1),
            lambda given: given.replace(tzinfo=None),
            lambda given: given.date(),
            lambda given: given.isoformat(),
        ],
    ),
    "an array": (
        lambda: np.arange(24.0).reshape(4, 6),
        [
            item((0, 0), 1e-300),
            item((3, 5), np.nan),
            item((0, 0), -0.0),
            lambda given: given.astype(np.float32),
            lambda given: given.astype(np.int64),
            lambda given: given.reshape(6, 4),
            lambda given: given.T.copy(),
            lambda given: given[::-1].copy(),
            lambda given: given.tolist(),
            lambda given: np.ma.masked_array(given, given == 3),
        ],
    ),
    "a sparse matrix": (
        lambda: sparse.random_array((30, 20), density=0.2, rng=1, format="csr"),
        [
            lambda given: given * 2,
            lambda given: given.tocsc(),
            lambda given: given[:-1],
            lambda given: given.astype(np.float32),
        ],
    ),
    "a frame of pandas": (
        pandas_frame,
        [
            *(cell(row, "real", 9.0) for row in (0, 17, 39)),
            *(cell(row, "text", "other") for row in (0, 39)),
            cell(3, "whole", 99),
            cell(3, "flag", False),
            cell(3, "gap", 7),
            cell(2, "gap", None),
            lambda given: given.iloc[::-1],
            lambda given: given.iloc[:-1],
            lambda given: given[given.columns[::-1]],
            lambda given: given.rename(columns={"real": "Real"}),
            lambda given: given.rename_axis("other"),
            lambda given: given.rename_axis(columns="of what"),
            lambda given: given.reset_index(),
            lambda given: given.reset_index(drop=True),
            lambda given: given.astype({"real": "float32"}),
            lambda given: given.astype({"whole": "int32"}),
            lambda given: given.astype({"text": object}),
            lambda given: given.assign(
                kind=given["kind"].cat.reorder_categories(["white", "red", "rosé"])
            ),
            lambda given: given.assign(kind=given["kind"].cat.remove_unused_categories()),
            lambda given: given.assign(kind=given["kind"].cat.as_ordered()),
            lambda given: given.assign(when=given["when"].dt.tz_convert("Europe/Zurich")),
            lambda given: given.assign(when=given["when"] + pd.Timedelta(1, "ns")),
            lambda given: given.set_axis([*given.columns[:-1], 1.0], axis=1),
            lambda given: given.set_axis([*given.columns[:-1], ("a", 1)], axis=1),
            attribute("attrs", {"unit": "g"}),
            lambda given: given["real"],
        ],
    ),
    "labels of a frame": (
        lambda: pd.DataFrame([[1, 2, 3, 4]], columns=[1.0, "x", ("a", 1), 7]),
        [
            lambda given: given.set_axis(["1.0", *given.columns[1:]], axis=1),
            lambda given: given.set_axis([1, *given.columns[1:]], axis=1),
            lambda given: given.set_axis([*given.columns[:2], "('a', 1)", 7], axis=1),
            lambda given: given.set_axis([*given.columns[:3], "7"], axis=1),
        ],
    ),
    "a frame of polars": (
        polars_frame,
        [
            *(polars_cell(row, "real", 9.0) for row in (0, 39)),
            polars_cell(5, "text", None),
            polars_cell(5, "day", date(1999, 1, 1)),
            polars_cell(5, "price", Decimal("0.04")),
            polars_cell(5, "list", [5]),
            polars_cell(5, "list", []),
            polars_cell(5, "pair", {"a": 5, "b": "6"}),
            lambda given: given.reverse(),
            lambda given: given.head(39),
            lambda given: given.select(given.columns[::-1]),
            lambda given: given.rename({"real": "Real"}),
            lambda given: given.with_columns(pl.col("whole").cast(pl.Int32)),
            lambda given: given.with_columns(pl.col("text").cast(pl.Categorical)),
            lambda given: given.to_pandas(),
            lambda given: given.to_arrow(),
        ],
    ),
    "a table of Arrow": (
        lambda: pa.table({"a": [1, None, 3], "b": ["x", "y", None]}),
        [
            lambda given: given.slice(1),
            lambda given: given.set_column(0, "a", pa.array([1, 2, 3])),
            lambda given: given.set_column(0, "a", given["a"].cast("int32")),
            lambda given: given.set_column(1, "b", pa.array(["x", "y", ""])),
            lambda given: given.rename_columns(["a", "c"]),
            lambda given: given.drop_columns("b"),
        ],
    ),
    "an object of the user's": (
        lambda: Delivery(1.5, 8, "no", 2, {"a": 1, "b": 2}),
        [
            attribute("delivery_time", 2.5),
            attribute("memory", 9),
            attribute("verbose", "yes"),
            attribute("n_jobs", 3),
            attribute("parts", {"b": 2, "a": 1}),
            attribute("more", 1),
        ],
    ),
    "an estimator of the user's": (
        lambda: Survival().fit(),
        [
            attribute("median_survival_time_", 3.6),
            attribute("memory", "long"),
            attribute("fit_time_", 1.0),
        ],
    ),
    "a linear model": (
        lambda: LinearRegression().fit(_X, _Y),
        [
            lambda given: attribute("coef_", given.coef_ + 1e-16 * np.eye(4)[1] + 1e-12)(given),
            lambda given: attribute("intercept_", np.nextafter(given.intercept_, 1))(given),
            attribute("fit_intercept", False),
            attribute("median_time_", 4.0),
        ],
    ),
    "a forest": (
        forest,
        [
            lambda given: attribute("estimators_", given.estimators_[::-1])(given),
            lambda given: attribute("estimators_", given.estimators_[:-1])(given),
            lambda given: attribute("classes_", given.classes_[::-1].copy())(given),
            attribute("max_depth", 3),
            lambda _: RandomForestClassifier(8, random_state=2).fit(_X, _Y > 0),
        ],
    ),
    "a boosted model": (
        lambda: HistGradientBoostingRegressor(max_iter=5, random_state=1).fit(_X, _Y),
        [
            lambda _: HistGradientBoostingRegressor(max_iter=6, random_state=1).fit(_X, _Y),
            lambda given: attribute("_baseline_prediction", given._baseline_prediction + 1e-9)(
                given
            ),
        ],
    ),
    "a chain of estimators": (
        chain,
        [
            lambda given: (given[0].named_transformers_["n"].mean_.__setitem__(0, 9.0), given)[1],
            lambda given: (given[-1].coef_.__setitem__((0, 0), 9.0), given)[1],
            lambda given: (
                given[0].named_transformers_["c"].categories_[0].__setitem__(0, "w"),
                given,
            )[1],
        ],
    ),
    "a vectoriser": (
        lambda: CountVectorizer().fit(_TEXTS),
        [
            lambda given: (given.vocabulary_.update(red=99), given)[1],
            lambda given: (given.vocabulary_.pop("red"), given)[1],
        ],
    ),
}


def drawn(chance: random.Random) -> Iterator[tuple[str, Any, Any]]:
    """Draw a kind with many places, and change one of them: it, and what it was."""
    kind = chance.choice(("a frame of pandas", "a frame of polars", "an array", "a forest"))
    make, _ = KINDS[kind]
    row = chance.randrange(40)
    number = chance.uniform(2, 9)
    if kind == "a frame of pandas":
        others = {
            "real": number,
            "whole": 100 + row,
            "text": f"drawn {number}",
            "when": pd.Timestamp("2031-01-01", tz="UTC") + pd.Timedelta(row, "us"),
            "gap": 50 + row,
        }
        name = chance.choice(list(others))
        yield f"{kind}, row {row} of {name}", make(), cell(row, name, others[name])(make())
    elif kind == "a frame of polars":
        others = {
            "real": number,
            "whole": 100 + row,
            "text": f"drawn {number}",
            "list": [row, row],
            "pair": {"a": row, "b": f"drawn {number}"},
        }
        name = chance.choice(list(others))
        yield f"{kind}, row {row} of {name}", make(), polars_cell(row, name, others[name])(make())
    elif kind == "an array":
        place = row % 4, chance.randrange(6)
        yield f"{kind}, at {place}", make(), item(place, number * 100)(make())
    else:
        model = make()
        tree = chance.randrange(8)
        values = model.estimators_[tree].tree_.value
        place = chance.randrange(len(values))
        values[place, 0, 0] += 0.125
        yield f"{kind}, tree {tree}, node {place}", make(), model


def mutations(more: int = 0, seed: int = 1) -> Iterator[Trial]:
    """Change each kind in each of its places, and some in places that are drawn.

    Args:
        more: How many are drawn.
        seed: By which.
    """
    for kind, (make, changes) in KINDS.items():
        for number, change in enumerate(changes):
            yield _mutated(kind, f"{kind}, change {number + 1}", make(), change(make()))
    chance = random.Random(seed)
    for _ in range(more):
        for what, before, after in drawn(chance):
            yield _mutated(what.partition(",")[0], what, before, after)


def _mutated(kind: str, what: str, before: Any, after: Any) -> Trial:
    one, other = (cross("value", value, is_stored=True) for value in (before, after))
    is_same = one.digest is not None and one.digest == other.digest
    return Trial(kind, what, "values", False, "same" if is_same else "differs")


def repeats(times: int) -> Iterator[Trial]:
    """Make each kind again, and copy it in ways that change nothing."""
    ways: list[Callable[[Callable[[], Any]], Any]] = [
        lambda make: make(),
        lambda make: pickle.loads(pickle.dumps(make())),
        lambda make: pickle.loads(pickle.dumps(make(), protocol=2)),
        lambda make: copy.deepcopy(make()),
        lambda make: copy.copy(make()),
    ]
    for kind, (make, _) in KINDS.items():
        for number in range(times):
            before = cross("value", make(), is_stored=True)
            after = cross("value", ways[number % len(ways)](make), is_stored=True)
            is_same = before.digest is not None and before.digest == after.digest
            what = f"{kind}, again in way {number % len(ways) + 1}"
            yield Trial(kind, what, "values", True, "same" if is_same else "differs", str(after))
