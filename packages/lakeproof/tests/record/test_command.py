"""A run can be asked for again exactly as it was asked for."""

import math
import sys
from pathlib import Path
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader
from kedro.framework.cli import project as kedro_cli
from kedro.runner import SequentialRunner, ThreadRunner

from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.run.command import gather_command, mended, run_config, to_yaml

# Kedro 1.7 registers its resolvers in a way that OmegaConf is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")

NONE = Secrets.of([], {})
KNOWN = Secrets.of(["swordfish"], {})
PARAMETERS = {
    "numbers": [1, -1.5, 1e-05, 1e300, 2**70, math.inf, 5e-324],
    "like numbers": ["1", "1e3", "1e-5", "1_000", "0x1F", "0o7", "1:30", ".5", ".inf", "-0"],
    "like others": ["true", "No", "on", "null", "~", "", "2026-01-31", "???", "=", "<<", "*a"],
    "texts": [
        "a,b",
        "a: b",
        "#x",
        " space ",
        "two\nlines\n",
        "tab\t",
        "ünï 😀 \x85\u2028\x07",
        "'",
    ],
    "interpolations": ["${globals:x}", r"\${x}", "${", r"\\${a} ${b", r"a\b", "$x"],
    "nested": {"a": {"b": [{"c": None}, [], {}]}, "flag": True, "off": False},
    "null": None,
    "1": "text key",
    1: "number key",
    1.5: "float key",
    "ÿ": "x",
    "a.b": "dotted key",
}


def asked_for(run_params: dict[str, Any], secrets: Secrets = NONE, **more) -> dict[str, Any]:
    return gather_command({"project_path": Path("/project"), **run_params}, secrets, **more)[1]


def as_kedro_reads(text: str, tmp_path: Path) -> dict[str, Any]:
    """Give what the function behind `kedro run --config` gets."""
    file = tmp_path / "run.yml"
    file.write_text(text, encoding="utf-8")
    return kedro_cli.run.make_context("run", ["--config", str(file)]).params


def as_nodes_get(params: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "conf/base").mkdir(parents=True, exist_ok=True)
    (tmp_path / "conf/base/parameters.yml").write_text("of_file: 1\n")
    loader = OmegaConfigLoader(
        str(tmp_path / "conf"), "base", runtime_params=params, base_env="base"
    )
    return loader["parameters"]


def test_what_was_not_asked_for_is_left_out():
    """An option with its default says nothing."""
    run_params = {
        "env": None,
        "pipeline_names": [],
        "tags": (),
        "from_nodes": [],
        "load_versions": {},
        "runtime_params": {},
        "runner": str(SequentialRunner()),
        "only_missing_outputs": False,
    }
    assert asked_for(run_params) == {}


def test_every_option_comes_back_as_it_was(tmp_path):
    """Through the very parser of `kedro run`, lists as Kedro splits them."""
    run_params = {
        "env": "wine_quality",
        "pipeline_names": ["train", "feature"],
        "tags": ("a", "b"),
        "node_names": ("n", "f([a,b]) -> [c]"),
        "from_nodes": ["x"],
        "to_nodes": ["y"],
        "from_inputs": ["i"],
        "to_outputs": ["o", "p"],
        "namespaces": ["s"],
        "load_versions": {"samples": "0", "table": "2026-01-31T00.00.00.000Z"},
        "runtime_params": {"model": {"alpha": 0.5}, "names": ["x", "y,z"]},
        "runner": str(ThreadRunner()),
        "only_missing_outputs": True,
    }
    options = asked_for(run_params, conf_source=str(tmp_path))
    got = as_kedro_reads(to_yaml(options), tmp_path)
    assert got["env"] == "wine_quality"
    assert sorted(got["pipelines"]) == ["feature", "train"]
    for name in (
        *("tags", "node_names", "from_nodes", "to_nodes", "from_inputs", "to_outputs"),
        *("namespaces", "load_versions", "only_missing_outputs"),
    ):
        expected = run_params[name]
        assert got[name] == (list(expected) if isinstance(expected, tuple) else expected), name
    assert got["params"] == run_params["runtime_params"]
    assert got["runner"] == "ThreadRunner"
    assert got["conf_source"] == str(tmp_path)


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_come_back_value_and_type(name, tmp_path):
    """What the nodes get after `kedro run --config`, not only what the file says."""
    given = {name: PARAMETERS[name]}
    got = as_nodes_get(as_kedro_reads(to_yaml({"params": given}), tmp_path)["params"], tmp_path)
    assert repr(got) == repr({"of_file": 1, **given})


def test_the_plain_way_to_write_it_would_not_do(tmp_path):
    """PyYAML leaves `1e3` bare, and Kedro reads a number."""
    import yaml

    text = yaml.safe_dump({"run": {"params": {"x": "1e3"}}})
    assert as_kedro_reads(text, tmp_path)["params"] == {"x": 1000.0}


def test_the_config_pins_what_was_read_and_says_all_parameters():
    """A version that was read wins over nothing; datasets of other kinds keep their pin."""
    options = {"env": "x", "load_versions": "samples:0,other:2026-01-31T00.00.00.000Z"}
    config = run_config(options, {"samples": 0, "features": 12}, {"a": 1})
    assert config == {
        "env": "x",
        "load_versions": "features:12,other:2026-01-31T00.00.00.000Z,samples:0",
        "params": {"a": 1},
    }
    assert run_config({}, {}, {}) == {}


def test_replaced_parameters_are_left_to_the_configuration():
    """`***` as a password helps nobody; a list is merged whole, so it goes whole."""
    parameters = {"a": 1, "db": {"password": "***", "port": 1}, "l": [1, {"x": {"token": "***"}}]}
    assert run_config({}, {}, parameters) == {"params": {"a": 1, "db": {"port": 1}}}


def test_secrets_do_not_get_into_the_options():
    """Nor objects that only Python can hold."""
    given = {"db": {"password": "x"}, "note": "swordfish", "object": object(), "a": 1}
    options = asked_for({"runtime_params": given}, KNOWN, conf_source="s3://me:pw@bucket/conf")
    assert options["params"] == {"db": {"password": "***"}, "note": "***", "a": 1}
    assert options["conf_source"] == "s3://***@bucket/conf"


def test_the_configuration_of_the_project_is_no_option():
    """One elsewhere in the project is named relative to it."""
    assert asked_for({}, conf_source="/project/conf") == {}
    assert asked_for({}, conf_source="/project/other/conf") == {"conf_source": "other/conf"}


@pytest.mark.parametrize(
    ("shown", "runner"),
    [
        ("<kedro.runner.thread_runner.ThreadRunner object at 0x7f00>", "ThreadRunner"),
        ("<winery.runners.Mine object at 0x7f00>", "winery.runners.Mine"),
        ("a runner that prints as it likes", None),
        # What Kedro tells of `session.run()`, where it takes its own; and of a class.
        ("None", None),
        ("SequentialRunner", None),
    ],
)
def test_the_runner_is_named_as_the_option_takes_it(shown, runner):
    """Kedro tells no more of it than how it prints."""
    assert asked_for({"runner": shown}).get("runner") == runner


def test_what_earlier_versions_recorded_of_a_run_without_a_runner_is_taken_again():
    """`kedro run --runner None` would look for a class of that name."""
    assert mended({"runner": "None", "tags": "None"}) == {"tags": "None"}
    assert mended({"runner": "ThreadRunner"}) == {"runner": "ThreadRunner"}


def test_a_run_from_python_has_no_command():
    """What stands in `sys.argv` then is another program's."""
    assert gather_command({"project_path": "/project"}, NONE) == (None, {})


def test_the_command_is_what_was_typed_without_secrets(monkeypatch):
    """With what only the command line knows: how the runner was set up."""
    typed = ["run", "--params", "a=1,db.password=x", "--runner-params", "max_workers=2"]
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/kedro", *typed])
    with kedro_cli.run.make_context("run", typed[1:]):
        command, options = gather_command({"project_path": "/project"}, NONE)
    assert command == (
        *("kedro", "run", "--params", "a=1,db.password=***"),
        *("--runner-params", "max_workers=2"),
    )
    assert options == {"runner_params": {"max_workers": 2}}
