"""What the parameters of a run were, and who said so."""

from datetime import date
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader

from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.setup.parameters import gather_parameters, restored

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


def test_what_is_recorded_is_what_the_nodes_got(conf):
    """A resolver that draws gives another value each time; what is no longer plain stays out."""
    loader = OmegaConfigLoader(str(conf), base_env="base", default_run_env="local")
    held = {"model": {"depth": 0.75}, "api_token": "other", "empty": date(2026, 1, 31)}
    facts = gather_parameters(loader, {}, NONE, held)
    assert facts.values["model"] == {"depth": 0.75}
    assert facts.values["empty"] == {}
    assert facts.values["api_token"] == "***"


RECORDED = {
    "b": {"since": "2026-01-31", "n": 1},
    "a": 0.1,
    "db": {"password": "***", "port": 1},
    "hosts": ["x", {"token": "***"}],
}


def test_what_a_resolver_gave_is_given_again_in_its_order_and_type():
    """What today's clock and environment make of it does not count; a later key is not had."""
    today = {"a": "0.2", "b": {"n": 2, "since": "2026-11-28", "new": True}, "more": 1}
    found = restored({name: RECORDED[name] for name in "ba"}, (), lambda: today)
    assert list(found.items()) == [("b", {"since": "2026-01-31", "n": 1}), ("a", 0.1)]
    assert list(found["b"]) == ["since", "n"]


def test_what_a_record_cannot_hold_comes_from_the_configuration():
    """Secrets, lists that hold one, and objects that only Python has."""
    day = date(2026, 1, 31)
    today = {
        "db": {"password": "swordfish", "port": 2},
        "hosts": ["y", {"token": "t"}],
        "a": 9,
        "b": {"day": day, "n": 5},
        "day": day,
    }
    assert restored(RECORDED, ("db.password", "hosts"), lambda: today) == {
        "b": {"since": "2026-01-31", "n": 1, "day": day},
        "a": 0.1,
        "db": {"password": "swordfish", "port": 1},
        "hosts": ["y", {"token": "t"}],
        "day": day,
    }


def test_a_variable_that_is_not_set_any_more_is_not_needed():
    """But where a secret comes from it, it is."""

    def resolve() -> None:
        raise KeyError("LAB")

    assert restored({"a": 1}, (), resolve) == {"a": 1}
    with pytest.raises(KeyError):
        restored({"a": "***"}, ("a",), resolve)
