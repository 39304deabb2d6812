"""What a project does before its pipelines are imported: only what surely is nothing is nothing."""

from pathlib import Path

import pytest

from lakeproof.reproduce.stages.fork import project_start
from lakeproof.reproduce.stages.fork.project_start import only_declares, sets_nothing

ROOT = Path(__file__).parents[4]
SETTINGS = '''
"""Settings."""
from __future__ import annotations
import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.config import OmegaConfigLoader
from kedro.framework.hooks import hook_impl
from kedro_mlflow.framework.hooks import MlflowHook

from tiny import rows
from tiny.context import Context
from .rows import COUNT as N

if TYPE_CHECKING:
    import pandas as pd

CONTEXT_CLASS: type = Context
CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base", "custom_resolvers": {"twice": lambda x, by=2: x * by, "path": str},
    **{"more": f"{N} rows"},
}
HERE = Path(__file__).parent / "conf"
HOOKS = (MlflowHook(),)


@dataclass(frozen=True)
class Options:
    """Options."""

    names: list[str] = field(default_factory=list)

    @property
    def first(self) -> str | None:
        return self.names[0] if self.names else None

    @first.setter
    def first(self, name): ...


class Hooks:
    @hook_impl
    def after_context_created(self, context: Any) -> None:
        import pandas

        context.seeds = pandas.Series([1]).sample(1)
'''
CONTEXT = (
    "from kedro.framework.context import KedroContext\nclass Context(KedroContext):\n    x = 1\n"
)


@pytest.fixture
def project(tmp_path):
    files = {
        "pyproject.toml": "[tool.kedro]\npackage_name = 'tiny'\n",
        "src/tiny/__init__.py": '"""Tiny."""\n__version__ = "0.1"\n',
        "src/tiny/settings.py": SETTINGS,
        "src/tiny/context.py": CONTEXT,
        "src/tiny/rows.py": "COUNT = 5\n",
        "src/sched.py": "print('mine')\n",
        "src/tiny/nodes.py": "import random\nrandom.seed(1)\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_declarations_are_nothing_done(project):
    """Of the settings and all that they import; what pipelines do comes after the imports."""
    assert only_declares(project)
    assert only_declares(project / "src")
    assert only_declares(ROOT)
    (project / "src/tiny/settings.py").unlink()
    assert only_declares(project)
    assert not only_declares(project.parent)


@pytest.mark.parametrize(
    "line",
    [
        "import os\nos.environ['MLFLOW_X'] = '1'",
        "import os\nos.environ.setdefault('X', '1')",
        "from os import environ as e\ndef f(): e['X'] = '1'",
        "import random\nrandom.seed(42)",
        "def seed_all(): pass\nseed_all()",
        "import pandas",
        "from polars import Config",
        "import kedro.io, numpy",
        "from tiny.context import *",
        "x = print('here')",
        "x = [print(1) for _ in 'ab']",
        "x = (y := 5)",
        "def dict(): ...\nx = dict()",
        "from tiny.rows import COUNT as Path\nx = Path()",
        "from tiny.context import Context\nHOOKS = (Context(),)",
        "class A:\n    import os\n    os.putenv('X', '1')",
        "class A(metaclass=type): pass",
        "class A:\n    def __init_subclass__(cls): print(1)",
        "from tiny.rows import COUNT\n@COUNT\ndef f(): ...",
        "def f(x=print(1)): ...",
        "def f(x: print(1)): ...",
        "if True:\n    x = 1",
        "try:\n    x = 1\nfinally:\n    x = 2",
        "for x in (): pass",
        "x = 1\nx += 1",
        "a = b = 1\na.c = 2",
        "a[0] = 1",
        "del x",
        "exec('1')",
        "import os\nos.environb[b'X'] = b'1'",
        "import sched",
        "from enum import Enum\nclass A(Enum):\n    X = 1\n    def __init__(self, x): ...",
        "from kedro.utils import load_obj\nx = load_obj('tiny.nodes.f')",
        "TYPE_CHECKING = True\nif TYPE_CHECKING:\n    print(1)",
        "__path__ = ['elsewhere']",
        "def __getattr__(name): ...",
        "x = `1`",
        "import tiny.nodes",
        "from . import nodes",
        "from tiny import nodes as n",
        "def f(): import random; random.seed(1)",
        "def f(): __import__('os')",
    ],
)
def test_all_else_is_something(project, line):
    with (project / "src/tiny/context.py").open("a") as file:
        file.write(f"\n{line}\n")
    assert not only_declares(project)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("src/tiny/cli.py", ""),
        ("src/tiny/cli/__init__.py", ""),
        ("src/tiny/__init__.py", "print('tiny')"),
        ("conf/logging.yml", "version: 1\n"),
        ("conf/logging.yml", "version: 1\ndisable_existing_loggers: true\n"),
        ("conf/logging.yml", "{"),
        ("conf/logging.yaml", "[]"),
        ("pyproject.toml", "[tool.kedro]\npackage_name = 5\n"),
        ("pyproject.toml", "[tool.kedro]\npackage_name = 'tiny'\nsource_dir = 5\n["),
    ],
)
def test_nor_are_commands_of_its_own_and_loggers_that_would_end(project, name, text):
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text(text)
    assert not only_declares(project)


def test_loggers_that_go_on_are_fine(project):
    (project / "conf").mkdir()
    (project / "conf/logging.yml").write_text("version: 1\ndisable_existing_loggers: false\n")
    assert only_declares(project)


@pytest.mark.parametrize(
    ("group", "is_other"),
    [("kedro.hooks", True), ("kedro.init", True), ("console_scripts", False)],
)
def test_a_plug_in_that_nobody_knows_may_do_anything(tmp_path, group, is_other):
    folder = tmp_path / "theirs-1.0.dist-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_text(
        f"[kedro.starters]\nknown = kedro_mlflow.x:y\n\n[{group}]\na-b = theirs.hooks:hooks\n"
    )
    assert project_start._has_other_plug_ins((str(tmp_path), "/nowhere")) is is_other


@pytest.mark.parametrize(
    ("line", "is_set"),
    [
        ("import os\nos.environ['X'] = '1'", True),
        ("from os import environ", True),
        ("from lightning import seed_everything\nseed_everything(1)", True),
        ("if True:\n    import random\n    random.seed(1)", True),
        ("x = 1 +", True),
        ("def f():\n    import os\n    return os.environ", False),
        ("import os\ndef f():\n    os.environ['X'] = '1'\nf()", True),
        ("import os\ndef g():\n    os.environb[b'X'] = b'1'\ndef f(): g()\nf()", True),
        ("import sys\nsys.path.insert(0, 'vendored')", True),
        ("class A:\n    seed: int = 5\nx = A.seed", False),
        ("import numpy as np\nx = np.arange(5)\nf = lambda: np.random.seed(1)", False),
    ],
)
def test_what_a_module_sets_before_it_imports_is_set(tmp_path, line, is_set):
    """By statements of it; its functions are called when all is imported."""
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny/nodes.py").write_text(f"{line}\n")
    assert sets_nothing(tmp_path) is not is_set


def test_the_example_sets_nothing():
    assert sets_nothing(ROOT / "src")


def test_whoever_names_classes_for_logging_may_name_the_project_s(project, monkeypatch):
    monkeypatch.setenv("KEDRO_LOGGING_MODULE_ALLOWLIST", "tiny")
    assert not only_declares(project)
