"""Nodes that give something else each time: DIVERGED, at that node, and nothing before it."""

import json

import pytest

from conftest import LONG, Project

from .conftest import append, commit_all, edit, reproduce
from .parts import add_pipeline, install, make_environment

# Each pipeline: a node that is the same each time, one that is not, one that hands it on.
PIPELINE = """
import random
import time

import numpy as np
from kedro.pipeline import Node, Pipeline


def prepare(settings: dict) -> np.ndarray:
    return np.random.default_rng(5).normal(size=(400, 6))


def by_clock(rows: np.ndarray) -> dict:
    return {"at": time.time_ns()}


def by_chance(rows: np.ndarray) -> dict:
    return {"drawn": np.random.default_rng().normal(size=3).tolist()}


def by_threads(rows: np.ndarray) -> dict:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(n_estimators=60, random_state=1).fit(rows[:, 1:], rows[:, 0])
    forest.n_jobs = 2
    return {"predicted": [forest.predict(rows[:, 1:]).tolist() for _ in range(20)]}


def by_hash(rows: np.ndarray) -> dict:
    return {"hash": hash("alcohol")}


def by_place(rows: np.ndarray) -> dict:
    return {"place": id(object())}


def by_package(rows: np.ndarray) -> dict:
    import vintage_proof

    return {"year": vintage_proof.year()}


def hand_on(found: dict) -> dict:
    return {"in the end": found}


def create_pipeline() -> Pipeline:
    nodes = [Node(prepare, inputs="params:feature", outputs="rows", name="prepare")]
    for node in (by_clock, by_chance, by_threads, by_hash, by_place, by_package):
        name = node.__name__
        nodes.append(Node(node, inputs="rows", outputs=name, name=name, tags=name))
        nodes.append(Node(hand_on, inputs=name, outputs=f"{name}_end", name=f"hand_on_{name}"))
    return Pipeline(nodes)
"""
CATALOG = '\n"{name}_end": {type: json.JSONDataset, filepath: "data/08_reporting/{name}.json"}\n'


@pytest.fixture(scope="module")
def probing(make_project) -> Project:
    """A project with the pipeline above."""
    project = make_project("probing")
    add_pipeline(project, "probe", PIPELINE)
    append(project.path / "conf/base/catalog.yml", CATALOG)
    commit_all(project)
    return project


def diverges(project: Project, run_id: str, node: str, *args: str):
    """Reproduce it; the node is named, with what it made, and what was before it is the same."""
    verdict = reproduce(project, run_id, *args, expected="DIVERGED")
    assert verdict.document["first_divergence"] == {"node": node, "artifacts": [node]}
    assert verdict.artifact("prepare → rows", "memory")["verdict"] == "same"
    assert verdict.artifact(f"{node} → {node}", "memory")["verdict"] == "differs"
    assert verdict.artifact(f"{node}_end", "file")["verdict"] == "differs"
    assert verdict.document["rerun_id"]
    return verdict


def to_the_end(node: str) -> tuple[str, ...]:
    """Ask for the three nodes alone."""
    return ("run", "--pipelines", "probe", "--to-outputs", f"{node}_end")


@pytest.mark.parametrize(
    "node",
    [
        pytest.param("by_clock", marks=LONG),
        pytest.param("by_chance", marks=LONG),
        pytest.param("by_threads", marks=pytest.mark.slow),
        pytest.param("by_place", marks=LONG),
    ],
)
def test_a_node_that_is_never_the_same_is_named(probing, node, tmp_path):
    """The clock, a generator without a seed, a forest that predicts on two threads, an address.

    In the report as well.
    """
    # Forks of one process have their objects at the same addresses.
    project = probing.fresh if node == "by_place" else probing
    done = project.kedro(*to_the_end(node))
    page = tmp_path / "proof.html"
    verdict = diverges(project, done.run_id, node, "--report", str(page))
    assert "<h1>DIVERGED</h1>" in page.read_text()
    assert f"At node &#39;{node}&#39;" in page.read_text()
    assert verdict.document["factors"] == []
    assert verdict.document["missing"] == []
    hints = " ".join(verdict.document["divergences"][0]["hints"])
    assert ("'by_clock' holds the time of the run (at)" in hints) == (node == "by_clock")


@pytest.mark.slow
def test_the_hash_of_a_text_is_the_same_by_the_recipe_and_diverges_without(probing):
    """With the recipe its seed is part of the run; who opts out is told where that leads."""
    done = probing.fresh.kedro(*to_the_end("by_hash"))
    reproduce(probing, done.run_id, expected="REPEATED")
    edit(
        probing.path / "pyproject.toml", "[tool.lakeproof]\n", "[tool.lakeproof]\nrecipe = false\n"
    )
    opted_out = probing.fresh.kedro(*to_the_end("by_hash"))
    verdict = diverges(probing, opted_out.run_id, "by_hash")
    assert "hash seed was not set" in " ".join(verdict.document["divergences"][0]["hints"])
    probing.git("checkout", "--quiet", "--", "pyproject.toml")


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_package_that_changes_results_is_a_factor_with_here(probing, tmp_path):
    """The upgrade is named beside the node; without --here the older one is asked for."""
    packages = tmp_path / "packages"
    source = "def year():\n    return {year}\n"
    install(packages, "vintage_proof", "1.0", source.format(year=1997))
    by_it = probing.by(make_environment(tmp_path / "environment", packages))
    done = by_it.kedro(*to_the_end("by_package"))
    install(packages, "vintage_proof", "2.0", source.format(year=2011))
    told = by_it.kedro("reproduce", done.run_id, "--here", "--json", code=1)
    document = json.loads(told.stdout)
    assert document["verdict"] == "DIVERGED"
    assert document["first_divergence"] == {"node": "by_package", "artifacts": ["by_package"]}
    upgrade = {"factor": "package:vintage-proof", "expected": "1.0", "actual": "2.0"}
    assert {**upgrade, "reached": True} in document["factors"]
    told = by_it.kedro("reproduce", done.run_id, "--json", code=2)
    document = json.loads(told.stdout)
    assert document["verdict"] == "INCONCLUSIVE"
    assert "vintage-proof==1.0" in document["missing"][0]
    assert document["artifacts"] == []
