"""Does a project do anything before its pipelines are imported, or does it only declare?

A run imports `settings.py` before MLflow and pandas, and the pipelines after them. Where that file,
and what it imports of the project, consists of declarations, no library can notice which came
first. Everything that is not surely one is taken for something that is done: a variable that is
set, a seed, a call, an import of anybody else's. Plug-ins of Kedro's are asked for by name.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from lakeproof import determinism
from lakeproof.reproduce.stages.fork.declarations import (
    OF_EVERY_RUN,
    SETS,
    TOUCHED,
    Declarations,
    named,
)

_PLUG_INS = OF_EVERY_RUN | {"kedro_datasets", "kedro_telemetry"}
_ENTRY_POINT = re.compile(r"^\[(?P<group>[^\]]+)\]|^[^=#\s][^=]*=\s*(?P<top>\w+)", re.MULTILINE)


def only_declares(folder: Path) -> bool:
    """Tell whether nothing that is done before a project's pipelines could be noticed.

    Args:
        folder: Of the project, or below it.
    """
    around = determinism.project_around(folder)
    if around is None:
        return False
    project, tables = around
    kedro = tables.get("kedro", {})
    source, package = project / str(kedro.get("source_dir", "src")), kedro.get("package_name")
    try:
        return (
            isinstance(package, str)
            and not _has(source / package, "cli")
            and _Project(source, package).hold(f"{package}.settings")
            and _keeps_loggers(project)
            and not _has_other_plug_ins(tuple(sys.path))
            # By it, the configuration of logging names classes of the project.
            and not os.environ.get("KEDRO_LOGGING_MODULE_ALLOWLIST")
        )
    except (OSError, ValueError, SyntaxError, RecursionError, yaml.YAMLError):
        return False


def sets_nothing(source: Path) -> bool:
    """Tell whether no module of a project changes, while it is imported, what libraries find.

    Args:
        source: The folder of its code.
    """
    try:
        trees = [ast.parse(path.read_bytes()) for path in sorted(source.rglob("*.py"))]
    except (OSError, ValueError, SyntaxError, RecursionError):
        return False
    return not any(map(_sets_at_import, trees))


def _sets_at_import(tree: ast.Module) -> bool:
    at_import = list(_run_at_import(tree))
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    called = {named(one.func) for one in at_import if isinstance(one, ast.Call)}
    # One that is called may call another: then all of them count.
    is_called = any(one.name in called for one in functions)
    return any(map(_sets, ast.walk(tree) if is_called else at_import))


def _run_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    for one in ast.iter_child_nodes(tree):
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield one
            yield from _run_at_import(one)


def _sets(one: ast.AST) -> bool:
    if isinstance(one, ast.Call):
        return "seed" in (named(one.func) or "").lower()
    if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
        return one.attr in SETS or (one.value.id, one.attr) == ("sys", "path")
    return named(one) in SETS


class _Project:
    """Looks through modules of a project, each once.

    Args:
        source: The folder of its code.
        package: Its name.
    """

    def __init__(self, source: Path, package: str) -> None:
        self._source, self._package = source, package
        self._seen: set[str] = set()

    def hold(self, name: str) -> bool:
        """Tell whether a module, and all that it imports of the project, only declares."""
        words = name.split(".")
        return all(self._holds(".".join(words[:length])) for length in range(1, len(words) + 1))

    def _holds(self, name: str) -> bool:
        if name in self._seen:
            return True
        self._seen.add(name)
        path = self._source.joinpath(*name.split("."))
        found = [one for one in (path / "__init__.py", path.with_suffix(".py")) if one.is_file()]
        if not found:
            # Nothing is run of a folder, nor of a name that is no module's.
            return not _has(path.parent, path.name)
        tree = ast.parse(found[0].read_bytes())
        if any(named(one) in TOUCHED for one in ast.walk(tree)):
            return False
        is_package = found[0].name == "__init__.py"
        own = name if is_package else name.rpartition(".")[0]
        return Declarations(own, self._package, self._is_there, self.hold).declares(tree.body)

    def _is_there(self, top: str) -> bool:
        return _has(self._source, top)


def _has(folder: Path, name: str) -> bool:
    """Tell whether there is something of that name that could be imported."""
    try:
        return any(one.partition(".")[0] == name for one in os.listdir(folder))
    except FileNotFoundError:
        return False


def _keeps_loggers(project: Path) -> bool:
    """Tell whether loggers that libraries have by then go on; unless it is said, they do not."""
    for suffix in ("yml", "yaml"):
        path = project / "conf" / f"logging.{suffix}"
        if path.exists():
            said = yaml.safe_load(path.read_text(encoding="utf-8"))
            return isinstance(said, dict) and said.get("disable_existing_loggers") is False
    return True


@cache
def _has_other_plug_ins(folders: tuple[str, ...]) -> bool:
    """Tell whether Kedro would import plug-ins that are not known here."""
    for folder in filter(os.path.isdir, folders):
        for entry in os.scandir(folder):
            if not entry.name.endswith((".dist-info", ".egg-info")):
                continue
            try:
                with open(os.path.join(entry.path, "entry_points.txt"), encoding="utf-8") as file:
                    text = file.read()
            except OSError:
                continue
            if "[kedro." in text and not _tops_of(text) <= _PLUG_INS:
                return True
    return False


def _tops_of(text: str) -> set[str]:
    """Name the packages that are entry points of Kedro's."""
    found, group = set(), ""
    for match in _ENTRY_POINT.finditer(text):
        if match["group"]:
            group = match["group"]
        elif group.startswith("kedro."):
            found.add(match["top"])
    return found
