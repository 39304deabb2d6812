"""The nouns of these tests: `kedro new` as a person types it, and one project made by it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY, Finished, copy_project

NAME, REPO, PACKAGE = "Wine Cellar 2", "wine-cellar-2", "wine_cellar_2"


@pytest.fixture
def kedro_new(tmp_path: Path) -> Callable[..., Finished]:
    """Type `kedro new` in an empty folder, of somebody whom git does not know."""
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()

    def new(*arguments: str, **more: Any) -> Finished:
        return _new(tmp_path / "here", tmp_path / "home", *arguments, **more)

    return new


def _new(
    folder: Path,
    home: Path,
    *arguments: str,
    code: int = 0,
    terminal: int = subprocess.DEVNULL,
    **variables: str,
) -> Finished:
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "new", *arguments],
        cwd=folder,
        env=_of_nobody(home) | variables,
        # Without a terminal nobody answers a prompt.
        stdin=terminal,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return Finished(done.returncode, done.stdout, done.stderr)


def _of_nobody(home: Path) -> dict[str, str]:
    """Where cookiecutter puts its clones, and where git finds neither a name nor settings."""
    mine = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") and name != "EMAIL"
    }
    return mine | {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository as somebody's clone who works in it: there are things that are theirs."""
    place = tmp_path_factory.mktemp("starter") / "lakeproof"
    copy_project(place, without=())
    for name in (
        "conf/local/credentials.yml",
        "conf/base/credentials.yml",
        "data/01_raw/secret.csv",
        "data/02_intermediate/wine/samples/_delta_log/00000000000000000000.json",
        "docs/.ipynb_checkpoints/x.md",
        "mlflow.db",
        "mlartifacts/run/model.skops",
        ".venv/pyvenv.cfg",
        "src/winery/__pycache__/rows.cpython-311.pyc",
        "src/winery.egg-info/PKG-INFO",
    ):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("mine")
    return place


@pytest.fixture(scope="session")
def generated(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project from the path of the starter; look, do not touch."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "home").mkdir()
    (folder / "here").mkdir()
    _new(folder / "here", folder / "home", "--starter", str(starter), "--name", NAME)
    return folder / "here" / REPO


def tree(folder: Path) -> set[str]:
    """Every file below a folder, git's own aside."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def listed(*places: str) -> set[str]:
    """What git has, or would take, in places of this repository."""
    found = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *places],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {name for name in found.split("\0") if (REPOSITORY / name).is_file()}
