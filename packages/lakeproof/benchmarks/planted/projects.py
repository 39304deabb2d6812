"""Pairs of real runs of a small project, whose metric anybody can reckon without running it.

The model is a constant: the mean of what it learnt from, times a parameter, times a number in the
code; the metric is how far the scored rows are from it. So the metric of each mix is known, and
with it each share, from a formula that knows nothing of runs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, permutations
from pathlib import Path
from random import Random

import polars as pl

from verdict.project import IGNORED, MLFLOW, PYPROJECT, SETTINGS, commit, git

LEARNT, SCORED, CODE = "learnt from samples", "scored on holdout", "code"
DEPTH, DECOY = "parameter fit.depth", "parameter fit.decoy"
# What is planted; the last two have a mix that does not run.
KINDS: tuple[tuple[str, ...], ...] = (
    (DEPTH,),
    (SCORED,),
    (LEARNT, DECOY),
    (LEARNT, SCORED),
    (LEARNT, SCORED, DEPTH),
    (CODE, DECOY),
    (LEARNT, CODE, DECOY),
    (LEARNT, SCORED, DEPTH, CODE),
    ("in one order", LEARNT, CODE),
    ("not apart", LEARNT, CODE),
)
_ORDERED, _JOINED = "in one order", "not apart"
_SAME = 1e-9

CATALOG = """
samples:
  type: lakeproof.delta.DeltaTable
  filepath: data/lake/samples
holdout:
  type: lakeproof.delta.DeltaTable
  filepath: data/lake/holdout
model:
  type: lakeproof.model.SklearnModel
  filepath: data/out/model.skops
predictions:
  type: lakeproof.delta.DeltaTable
  filepath: data/lake/predictions
  key: key
  save_args: {mode: overwrite}
mae:
  type: kedro_mlflow.io.metrics.MlflowMetricDataset
  key: mae
"""

NODES = '''
"""Nodes of the pair."""

from typing import Any

import pandas as pd


def rows_of(table: Any) -> Any:
    """Bring the rows into memory."""
    rows = table.collect() if hasattr(table, "collect") else table
    return rows.sort("key").to_pandas()


def fit(samples: Any, settings: dict) -> Any:
    """Fit a constant."""
    from sklearn.dummy import DummyRegressor

    rows = rows_of(samples)
    constant = float({learn}) * settings["depth"] * {factor}
    return DummyRegressor(strategy="constant", constant=constant).fit([[0.0]], [constant])


def predict(model: Any, holdout: Any) -> Any:
    """Predict."""
    rows = rows_of(holdout)
    predicted = model.predict([[0.0]] * len(rows))
    frame = {{"key": rows["key"], "actual": rows["x"], "predicted": predicted}}
    return pd.DataFrame(frame)


def score(predictions: Any) -> float:
    """Measure."""
    rows = rows_of(predictions)
    return float((rows["actual"] - rows["predicted"]).abs().mean())
'''

PIPELINE = '''
"""The one pipeline."""

from kedro.pipeline import Node, Pipeline

from probe import nodes


def register_pipelines() -> dict[str, Pipeline]:
    """Give it."""
    found = Pipeline([
        Node(nodes.fit, ["samples", "params:fit"], "model", name="fit"),
        Node(nodes.predict, ["model", "holdout"], "predictions", name="predict"),
        Node(nodes.score, "predictions", "mae", name="score"),
    ])
    return {"__default__": found}
'''


@dataclass(frozen=True)
class RealPair:
    """Two runs of a project.

    Args:
        planted: Who differs, and before them the kind where it has a mix that does not run.
        draw: The seed of its numbers.
    """

    planted: tuple[str, ...]
    draw: int

    @property
    def players(self) -> tuple[str, ...]:
        """Who differs."""
        return tuple(one for one in self.planted if one not in (_ORDERED, _JOINED))

    def learn(self, is_new: bool) -> str:
        """Give what the code learns: a column that only one version may have."""
        if not is_new or self.planted[0] not in (_ORDERED, _JOINED):
            return 'rows["x"].mean()'
        return 'rows["hue"].mean()'

    def factor(self, is_new: bool) -> float:
        """Give the number that is in the code."""
        return 1.25 if is_new else 1.0

    def rows(self, table: str, version: int) -> pl.DataFrame:
        """Give the rows of a version of a table."""
        draw = Random(f"{self.draw} {table} {version}")
        count = 20 + 5 * version
        columns = {"key": [f"k{n:03}" for n in range(count)]}
        numbers = [draw.uniform(1, 3) + version for _ in range(count)]
        if table == "samples" and version and self.planted[0] == _JOINED:
            return pl.DataFrame({**columns, "hue": numbers})
        if table == "samples" and version and self.planted[0] == _ORDERED:
            return pl.DataFrame({**columns, "x": numbers, "hue": [2 * one for one in numbers]})
        return pl.DataFrame({**columns, "x": numbers})

    def metric(self, taken: frozenset[str]) -> float | None:
        """Reckon the metric of a mix; `None` where it does not run."""
        samples = self.rows("samples", int(LEARNT in taken))
        column = self.learn(CODE in taken).split('"')[1]
        if column not in samples.columns:
            return None
        depth = 1.5 if DEPTH in taken else 1.0
        constant = float(samples[column].mean()) * depth * self.factor(CODE in taken)
        actual = self.rows("holdout", int(SCORED in taken))["x"]
        return float((actual - constant).abs().mean())

    @property
    def truth(self) -> dict[str, float] | None:
        """The shares, over every order of which each mix runs; `None` where there is none."""
        shares, count = dict.fromkeys(self.players, Fraction(0)), 0
        for order in permutations(self.players):
            numbers = [self.metric(frozenset(order[:n])) for n in range(len(order) + 1)]
            known = [Fraction(one) for one in numbers if one is not None]
            if len(known) < len(numbers):
                continue
            count += 1
            for one, (before, after) in zip(order, pairwise(known), strict=True):
                shares[one] += after - before
        return {one: float(share / count) for one, share in shares.items()} if count else None


def real_pairs(count: int) -> Iterator[RealPair]:
    """Give pairs, by turns of each kind."""
    for number in range(count):
        yield RealPair(KINDS[number % len(KINDS)], number)


def explained(pair: RealPair, folder: Path, *options: str, between: Sequence[str] = ()) -> dict:
    """Make the project in an empty folder, run A and B, and explain them.

    Args:
        pair: What is planted.
        folder: Where.
        options: More of `kedro explain`.
        between: Messages of commits between A's and B's, which change a comment alone.
    """
    _make(pair, folder)
    a = _run(folder, pair, frozenset())
    for message in between:
        with (folder / "src/probe/nodes.py").open("a") as file:
            file.write(f"# {message}\n")
        commit(folder, message)
    b = _run(folder, pair, frozenset(pair.players))
    # The project has no `conf/logging.yml`: Kedro logs to standard output.
    answer = folder.with_suffix(".json")
    _kedro(folder, "explain", a, b, "--trust", *options, "--output", str(answer))
    document: dict = json.loads(answer.read_text())
    return document


def wrong(pair: RealPair, document: dict) -> list[str]:
    """Say what is wrong with an explanation; nothing where it is right."""
    (found,) = document["metrics"]
    shares = {one["player"]: one for one in found["shares"]}
    faults = []
    exact = [Fraction(*map(int, one["exact_share"])) for one in found["shares"]]
    if sum(exact) != Fraction(found["after"]) - Fraction(found["before"]):
        faults.append("the shares do not add up")
    truth = pair.truth
    if truth is None:
        if list(shares) != [f"{LEARNT} + {CODE}"]:
            faults.append(f"{list(shares)} are told apart")
        return faults
    for name, size in truth.items():
        share = shares.get(name, {}).get("share")
        if share is None or abs(share - size) > _SAME:
            faults.append(f"{name} did {size}, not {share}")
    if max(truth, key=lambda one: abs(truth[one])) != found["shares"][0]["player"]:
        faults.append(f"the largest is not {found['shares'][0]['player']}")
    if pair.players == (SCORED,) and "moved only because other rows were" not in document["next"]:
        faults.append("it is not said that only the scored rows moved")
    if pair.planted[0] == _ORDERED and f"after {LEARNT}" not in (shares[CODE]["note"] or ""):
        faults.append("it is not said who was counted after whom")
    return faults


def _make(pair: RealPair, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    files = {
        "pyproject.toml": PYPROJECT,
        "src/probe/__init__.py": '"""Probe."""\n',
        "src/probe/settings.py": SETTINGS,
        "src/probe/pipeline_registry.py": PIPELINE,
        "conf/base/catalog.yml": CATALOG,
        "conf/base/parameters.yml": "fit: {depth: 1.0, decoy: 0}\n",
        "conf/base/mlflow.yml": MLFLOW,
        "conf/local/.gitkeep": "",
        ".gitignore": IGNORED,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))
    for table in ("samples", "holdout"):
        for version in (0, 1):
            place = str(folder / "data/lake" / table)
            pair.rows(table, version).write_delta(
                place, mode="overwrite", delta_write_options={"schema_mode": "overwrite"}
            )
    _write_code(pair, folder, is_new=False)
    git(folder, "init", "--quiet")
    commit(folder, "Begin")


def _write_code(pair: RealPair, folder: Path, is_new: bool) -> None:
    text = NODES.format(learn=pair.learn(is_new), factor=pair.factor(is_new))
    (folder / "src/probe/nodes.py").write_text(text.lstrip("\n"))


def _run(folder: Path, pair: RealPair, taken: frozenset[str]) -> str:
    _write_code(pair, folder, CODE in taken)
    commit(folder, "Go on")
    versions = f"samples:{int(LEARNT in taken)},holdout:{int(SCORED in taken)}"
    parameters = f"fit.depth={1.5 if DEPTH in taken else 1.0},fit.decoy={int(DECOY in taken)}"
    told = _kedro(folder, "run", "--load-versions", versions, "--params", parameters)
    return told.split("Recorded run ")[1].split()[0]


def _kedro(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "kedro", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"kedro {' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
    return done.stdout
