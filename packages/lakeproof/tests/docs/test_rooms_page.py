"""The page on how it is built knows the rooms."""

import re
from importlib.util import find_spec
from pathlib import Path

import lakeproof
from conftest import REPOSITORY

PAGE = (REPOSITORY / "packages/lakeproof/docs/how-it-is-built.md").read_text(encoding="utf-8")
_MODULE = re.compile(r"\b(?:record|reproduce|delta|views)(?:\.[a-z_]+)+\b")


def unknown_modules(page: str) -> set[str]:
    """Name what a page calls a module and is none."""
    named = {name for name in _MODULE.findall(page) if not name.endswith((".json", ".py"))}
    return {name for name in named if not _is_module(f"lakeproof.{name}")}


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def test_the_page_names_every_room():
    """And no module that is gone."""
    rooms = {path.parent.name for path in Path(lakeproof.__path__[0]).glob("*/__init__.py")}
    assert {room for room in rooms if f"`{room}`" not in PAGE} == set()
    assert unknown_modules(PAGE) == set()


def test_a_module_that_is_gone_would_be_noticed():
    """Whatever it was called."""
    assert unknown_modules("record.boundary, `record.run.rerun`") == {"record.boundary"}
