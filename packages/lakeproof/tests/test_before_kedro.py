"""What commands of Kedro's do before Kedro is imported, by a line that every interpreter reads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.test_startup import SCRIPT, answer, bare_environment, started, telling_project

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("with_tricks")]


@pytest.fixture
def told(tmp_path):
    """A project whose run tells what it was started with."""
    return telling_project(tmp_path / "told", "[tool.lakeproof]")


def imported(command: list[str], cwd: Path, **environ: str) -> tuple[list[str], dict]:
    """The modules that a command imports, with all that take its place; what it tells."""
    done = started(command, cwd, PYTHONPROFILEIMPORTTIME="1", **environ)
    lines = [line for line in done.stderr.splitlines() if "import time:" in line]
    return [line.rpartition("|")[2].strip() for line in lines], json.loads(done.stdout or "{}")


@pytest.mark.parametrize(
    "command", [[str(SCRIPT)], [sys.executable, "-m", "kedro"]], ids=["script", "module"]
)
def test_a_run_imports_kedro_once_and_no_flask(told, command):
    """It is started again before that; what it then is, it is as ever."""
    modules, found = imported([*command, "run", "blas"], told)
    assert modules.count("kedro.framework.cli") == 1
    assert "flask.app" not in modules
    assert found["recipe"] == "set at start"
    assert found["threads"]["PYTHONHASHSEED"] == "0"
    assert found["pools"] == [1]
    assert found["handed_over"] is None


def test_without_the_tricks_kedro_starts_it_again_later(told):
    """And the run is the same."""
    command = [str(SCRIPT), "run"]
    modules, found = imported(command, told, LAKEPROOF_PLAIN="1")
    assert modules.count("kedro.framework.cli") == 2
    assert "flask.app" in modules
    assert found == answer(command, told)


def test_nothing_is_done_for_other_commands_and_projects(tmp_path, told):
    """No module of this package is imported; Kedro finds Flask."""
    assert "lakeproof" not in imported([sys.executable, "-c", "pass"], told)[0]
    plain = telling_project(tmp_path / "plain")
    modules, found = imported([str(SCRIPT), "run"], plain)
    assert modules.count("kedro.framework.cli") == 1
    assert "flask.app" in modules
    assert found["recipe"] == "as found"


def test_another_program_of_that_name_is_left_alone(told):
    """It may do whatever it likes."""
    program = told / "kedro"
    program.write_text("import os, json; print(json.dumps(sorted(os.environ)))")
    found = json.loads(started([sys.executable, "kedro", "run"], told).stdout)
    assert not {"PYTHONHASHSEED", "LAKEPROOF_RECIPE"} & set(found)


def test_an_older_lakeproof_on_the_path_says_nothing(told, tmp_path):
    """A re-run of an older run has that run's sources in front; they know of no such start."""
    older = tmp_path / "older" / "lakeproof"
    older.mkdir(parents=True)
    (older / "__init__.py").touch()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "kedro", "--help"],
        cwd=told,
        env=bare_environment() | {"PYTHONPATH": str(older.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "lakeproof.pth" not in done.stderr
    assert "Error processing line" not in done.stderr


def test_flask_is_there_for_whoever_imports_it_later(tmp_path):
    """With Dynaconf's extension for it, by whatever name that was imported before."""
    code = """
import sys
from lakeproof.startup.libraries.no_flask import leave_out_flask
leave_out_flask()
leave_out_flask()
from dynaconf import Dynaconf, FlaskDynaconf
from dynaconf.contrib import flask_dynaconf
assert not flask_dynaconf.flask_installed
import flask
app = flask.Flask("told")
FlaskDynaconf(app, ENVVAR_PREFIX="TOLD")
assert app.config.ANSWER == 42, app.config
assert isinstance(app.config, flask.config.Config)
"""
    started([sys.executable, "-c", code], tmp_path, TOLD_ANSWER="42", PYTHONPATH=os.pathsep)


def test_flask_is_there_for_whoever_comes_before_kedro(tmp_path):
    """A `sitecustomize`, or another plug-in that Kedro loads first."""
    code = """
from lakeproof.startup.libraries.no_flask import leave_out_flask
leave_out_flask()
import flask
from dynaconf.contrib import flask_dynaconf
assert flask_dynaconf.flask_installed
"""
    started([sys.executable, "-c", code], tmp_path)
