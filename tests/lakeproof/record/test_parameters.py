"""What the parameters of a run were, and who said so."""

from datetime import date
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader

from lakeproof.record.parameters import gather_parameters
from lakeproof.record.secrets import Secrets

# Kedro 1.7 registers its resolvers in a way that OmegaConf is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")

NONE = Secrets.of([], {})
FILES = {
    "base/parameters.yml": "model: {alpha: 0.5, depth: 3, names: [a, 'b,c']}\nempty: {}\n1: one\n",
    "base/parameters/more.yml": "of_globals: ${globals:mapping}\napi_token: abcdef\n",
    "base/globals.yml": "mapping: {x: 1, y: null}\n",
    "local/parameters_mine.yml": "model: {depth: 4}\n",
}


@pytest.fixture
def conf(tmp_path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "conf"


def gather(conf: Path, runtime_params: dict | None = None):
    given = runtime_params or {}
    loader = OmegaConfigLoader(
        str(conf),
        runtime_params=given,
        base_env="base",
        default_run_env="local",
        merge_strategy={"parameters": "soft"},
    )
    return gather_parameters(loader, given, NONE)


def test_values_are_resolved_and_typed_as_the_nodes_get_them(conf):
    """The environment's over the base's, and what was given at the start over both."""
    facts = gather(conf, {"model": {"alpha": 1e-3}, "flag": "true"})
    assert facts.values == {
        "model": {"alpha": 0.001, "depth": 4, "names": ["a", "b,c"]},
        "empty": {},
        1: "one",
        "of_globals": {"x": 1, "y": None},
        "api_token": "***",
        "flag": "true",
    }
    assert facts.redacted == ("api_token",)


def test_each_leaf_knows_where_it_comes_from(conf):
    """The file that has the last word; an interpolated mapping is where it is asked for."""
    assert gather(conf, {"model": {"alpha": 1.0}, "flag": [1]}).sources == {
        "model.alpha": "--params",
        "model.depth": "conf/local/parameters_mine.yml",
        "model.names": "conf/base/parameters.yml",
        "empty": "conf/base/parameters.yml",
        "1": "conf/base/parameters.yml",
        "of_globals.x": "conf/base/parameters/more.yml",
        "of_globals.y": "conf/base/parameters/more.yml",
        "api_token": "conf/base/parameters/more.yml",
        "flag": "--params",
    }


def test_what_only_python_can_hold_is_named_and_left_out(conf):
    """A record and a `run.yml` have no word for it."""
    facts = gather(conf, {"model": {"since": Path("x")}, "days": [1, b"x"]})
    assert facts.sources["model.since"] == facts.sources["days"] == "python object"
    assert "since" not in facts.values["model"]
    assert "days" not in facts.values


def test_a_project_without_parameters_has_what_was_given(tmp_path):
    """As Kedro's context has it then."""
    for environment in ("base", "local"):
        (tmp_path / "conf" / environment).mkdir(parents=True)
    facts = gather(tmp_path / "conf", {"a": {"password": "x", "b": 1}, "day": date(2026, 1, 1)})
    assert facts.values == {"a": {"password": "***", "b": 1}}
    assert facts.sources == {"a.password": "--params", "a.b": "--params", "day": "python object"}
    assert facts.redacted == ("a.password",)
