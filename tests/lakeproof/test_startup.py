"""What is in force before Kedro imports anything, and what is not imported at all."""

import os
import subprocess
import sys
import warnings
from pathlib import Path
from unittest import mock

from lakeproof import startup

ROOT = Path(__file__).parents[2]


def kedro(*arguments: str, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [sys.executable, *flags, "-m", "kedro", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_help_imports_neither_mlflow_nor_an_engine():
    """They would be most of its time."""
    imported = kedro("run", "--help", flags=("-X", "importtime")).stderr
    modules = {line.rpartition("|")[2].strip() for line in imported.splitlines()}
    assert "kedro" in modules
    heavy = ("mlflow", "polars", "pyarrow", "deltalake", "sklearn", "matplotlib", "numpy")
    assert not modules & set(heavy)


def test_the_commands_of_kedro_mlflow_are_there_all_the_same():
    """Imported when they are asked for, without the warnings of what they import."""
    done = kedro("mlflow", "--help")
    assert "modelify" in done.stdout
    assert "Warning" not in done.stderr


def test_the_stand_in_becomes_the_real_module():
    """For whoever imports something else from it."""
    code = """
import sys
from lakeproof.plugins import defer_kedro_mlflow
defer_kedro_mlflow()
from kedro_mlflow.framework.cli.cli import TEMPLATE_FOLDER_PATH, KedroClickGroup, commands
assert TEMPLATE_FOLDER_PATH.name == "project"
assert commands.get_command(None, "mlflow").name == "mlflow"
assert not hasattr(sys.modules["kedro_mlflow.framework.cli.cli"], "nothing")
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_telemetry_is_off_unless_the_user_said_otherwise():
    """A value that is set stays."""
    with mock.patch.dict(os.environ, {"DO_NOT_TRACK": "0"}), warnings.catch_warnings():
        os.environ.pop("KEDRO_DISABLE_TELEMETRY", None)
        show = warnings.showwarning
        startup.prepare()
        warnings.showwarning = show
        assert os.environ["KEDRO_DISABLE_TELEMETRY"] == "1"
        assert os.environ["DO_NOT_TRACK"] == "0"
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_only_the_two_warnings_of_plugins_are_left_out(monkeypatch):
    """All others are shown as ever."""
    shown = []
    monkeypatch.setattr(
        warnings, "showwarning", lambda message, *_, **__: shown.append(str(message))
    )
    startup._silence(startup._OF_PLUGINS)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("register_new_resolver() is deprecated and will go", stacklevel=1)
        warnings.warn("your data is on fire", stacklevel=1)
    assert shown == ["your data is on fire"]
