"""Parameters of every type, from a file and from the command line; and the run's own `run.yml`."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import LONG, Finished, Project, copy_project

from .conftest import (
    FOREST,
    SAMPLES,
    artifacts_of,
    edit,
    move_on,
    nodes_of,
    record_of,
    repeat,
    version_of,
)

# What a reader of YAML, of `--params` or of MLflow could take for something else.
TYPED = {
    "flag": True,
    "off": False,
    "nothing": None,
    "count": 0,
    "negative": -3,
    "ratio": 0.1,
    "small": 1e-300,
    "whole": 2.0,
    "huge": 2**70,
    "infinite": float("inf"),
    "text": "a, b: c = d",
    "number": "007",
    "exponent": "1e3",
    "clock": "1:30",
    "date": "2026-01-31",
    "word": "yes",
    "null": "null",
    "empty": "",
    "blank": " ",
    "unicode": "Müller-Thurgau \u2603",
    "lines": "one\ntwo\n",
    "braces": "{a: 1}",
    "quotes": 'it\'s "so"',
    "percent": "100%",
    "list": [1, 2.5, "3", None, True, [], ["a,b"], {"x": "1"}],
    "none_of_it": [],
    "nested": {"deep": {"er": [{"x": 1}, {"y": "2"}], "empty": {}}},
}
FLAGS = ",".join(
    [
        "typed.flag=true",
        "typed.nothing=null",
        "typed.count=3",
        "typed.ratio=1e-3",
        "typed.text=a:b=c",
        "typed.number=007",
        "typed.list=[1;2]",
        "typed.blank=",
        "typed.nested.deep=9",
    ]
)
# A node that gives back what it got, types and all; it costs no table and no model.
ECHO = '''
def echo(typed: dict) -> str:
    """Show what came."""
    print("ECHO", repr(typed))
    return repr(typed)

'''


@pytest.fixture(scope="module")
def echoing(make_project) -> Project:
    """A project with a pipeline of that one node."""
    project = make_project("echoing")
    registry = project.path / "src/winery/pipeline_registry.py"
    edit(
        registry, "from kedro.pipeline import Pipeline", "from kedro.pipeline import Node, Pipeline"
    )
    edit(registry, "\ndef register_pipelines", f"{ECHO}\ndef register_pipelines")
    node = 'Node(echo, "params:typed", "echoed", name="echo")'
    edit(registry, "return {", f'return {{"echo": Pipeline([{node}]), ')
    return project


def echoed(stdout: str) -> str:
    (line,) = (line for line in stdout.splitlines() if line.startswith("ECHO "))
    return line


def run_yml(project: Project, run_id: str) -> Path:
    """The run's own `run.yml`, from the artifact."""
    return artifacts_of(project, run_id) / "lakeproof/run.yml"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["a file", pytest.param("the command line", marks=LONG)])
def test_parameters_of_every_type_come_back_as_they_were(echoing, way):
    """Value and type: in the record, in the re-run, and by `kedro run --config` of the artifact."""
    if way == "a file":
        config = {"run": {"pipelines": "echo", "params": {"typed": TYPED}}}
        mine = echoing.path / "data/mine.yml"
        # JSON is YAML that quotes every text.
        mine.write_text(json.dumps(config).replace("Infinity", ".inf"))
        finished = echoing.kedro("run", "--config", "data/mine.yml")
        mine.unlink()
        assert echoed(finished.stdout) == f"ECHO {TYPED!r}"
    else:
        finished = echoing.kedro("run", "--pipelines", "echo", "--params", FLAGS)
    recorded = record_of(echoing, finished.run_id)["parameters"]["values"]["typed"]
    verdict = repeat(echoing, finished.run_id)
    rerun = record_of(echoing, verdict.document["rerun_id"])
    assert json.dumps(rerun["parameters"]["values"]["typed"]) == json.dumps(recorded)
    assert set(verdict.counting()) == {"memory echo → echoed"}
    again = echoing.kedro("run", "--config", str(run_yml(echoing, finished.run_id)))
    assert echoed(again.stdout) == echoed(finished.stdout)
    assert echoing.kedro("compare", finished.run_id, again.run_id).exit_code == 0


@pytest.fixture(scope="module")
def asked(make_project) -> tuple[Project, Finished]:
    """A project with a run with many flags, whose tables, files and parameters changed since."""
    project = make_project("asked")
    project.kedro("run", *FOREST)
    finished = project.kedro(
        *("run", "--runner", "ThreadRunner", "--from-nodes", "build_features"),
        *("--load-versions", "samples:0"),
        *("--params", "train.estimators.random_forest.n_estimators=7,feature.split.salt=5"),
    )
    project.kedro("run", *FOREST)
    move_on(project)
    return project, finished


def model_digest(record: dict[str, Any]) -> str:
    (model,) = record["models"]
    return model["digest"]


@pytest.mark.slow
def test_the_run_yml_of_a_run_gives_the_same_model(asked):
    """Flags, parameters and versions are in it: nothing of today's configuration has a say."""
    project, finished = asked
    edit(project.path / "conf/base/parameters_train.yml", "seed: 2026", "seed: 1")
    again = project.kedro("run", "--config", str(run_yml(project, finished.run_id)))
    recorded, repeated = record_of(project, finished.run_id), record_of(project, again.run_id)
    assert model_digest(repeated) == model_digest(recorded)
    assert nodes_of(repeated) == nodes_of(recorded)
    assert repeated["metrics"] == recorded["metrics"]
    assert repeated["parameters"]["values"] == recorded["parameters"]["values"]
    assert "ThreadRunner" in repeated["run"]["options"]["runner"]


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_run_by_run_yml_is_a_run_like_any_other(asked):
    """It reads the run's own writes at the version of then, and can be reproduced itself."""
    project, finished = asked
    yml = run_yml(project, finished.run_id)
    pins = yaml.safe_load(yml.read_text())["run"]["load_versions"]
    assert {pin.split(":")[0] for pin in pins.split(",")} == {"samples", "features", "predictions"}
    again = project.kedro("run", "--config", str(yml))
    (samples,) = (
        table
        for table in record_of(project, again.run_id)["inputs"]["tables"]
        if table["dataset"] == "samples"
    )
    assert samples["version"] == 0
    assert version_of(project, SAMPLES) > 10
    repeat(project, again.run_id)


@pytest.mark.slow
def test_the_run_yml_of_a_run_with_missing_outputs_names_its_nodes(tmp_path):
    """When it is used nothing is missing any more, and the same nodes run."""
    project = copy_project(tmp_path / "project")
    project.kedro("run", "--pipelines", "ingest")
    finished = project.kedro("run", "--only-missing-outputs", "--to-nodes", "build_features")
    assert nodes_of(record_of(project, finished.run_id)) == {"build_features"}
    again = project.kedro("run", "--config", str(run_yml(project, finished.run_id)))
    assert nodes_of(record_of(project, again.run_id)) == {"build_features"}
