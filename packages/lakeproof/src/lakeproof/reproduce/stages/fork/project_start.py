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
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import yaml

from lakeproof import determinism

# Who are imported before the pipelines in each run; what they have may be called.
_OF_EVERY_RUN = frozenset({"kedro", "kedro_mlflow", "kedro_viz", "lakeproof", "omegaconf"})
_PLUG_INS = _OF_EVERY_RUN | {"kedro_datasets", "kedro_telemetry"}
_CALLED = {
    **dict.fromkeys(("bool", "dict", "float", "frozenset", "int", "list"), "builtins"),
    **dict.fromkeys(("classmethod", "property", "set", "staticmethod", "str", "tuple"), "builtins"),
    **dict.fromkeys(("dataclass", "field"), "dataclasses"),
    **dict.fromkeys(("Path", "PurePosixPath"), "pathlib"),
    **dict.fromkeys(("final", "overload", "override"), "typing"),
    "abstractmethod": "abc",
    "cached_property": "functools",
    "timedelta": "datetime",
}
# Methods that are called without anybody writing a call.
_UNASKED = frozenset({"__init_subclass__", "__set_name__", "__class_getitem__"})
# By these, what an import finds is changed.
_SETS = frozenset(
    {
        *("environ", "putenv", "unsetenv", "setlocale", "chdir", "meta_path", "load_dotenv"),
        *("filterwarnings", "simplefilter", "set_num_threads", "getcontext", "setcontext"),
        "set_option",
    }
)
# Whoever names one, in a function as well, may do so.
_TOUCHED = _SETS | {"seed", "modules", "exec", "eval", "__import__", "import_module"}
_ACCESSORS = frozenset({"deleter", "getter", "setter"})
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
            and _Declarations(source, package).hold(f"{package}.settings")
            and _keeps_loggers(project)
            and not _has_other_plug_ins(tuple(sys.path))
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
    return not any(_sets(one) for tree in trees for one in _run_at_import(tree))


def _run_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    for one in ast.iter_child_nodes(tree):
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield one
            yield from _run_at_import(one)


def _sets(one: ast.AST) -> bool:
    if isinstance(one, ast.Call):
        return "seed" in (_named(one.func) or "").lower()
    return _named(one) in _SETS


class _Declarations:
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
        if any(_named(one) in _TOUCHED for one in ast.walk(tree)):
            return False
        is_package = found[0].name == "__init__.py"
        own = name if is_package else name.rpartition(".")[0]
        return _Module(own, self._package, self.hold).declares(tree.body)


class _Module:
    """Looks through one module.

    Args:
        package: In which relative names are looked for.
        project: The package of the project.
        holds: Tells of another module of it.
    """

    def __init__(self, package: str, project: str, holds: Callable[[str], bool]) -> None:
        self._package, self._project, self._holds = package, project, holds
        self._callable = dict(_CALLED)

    def declares(self, statements: Iterable[ast.stmt]) -> bool:
        return all(map(self._declares, statements))

    def _declares(self, one: ast.stmt) -> bool:
        match one:
            case ast.Pass():
                return True
            case ast.Expr(value=ast.Constant()):
                return True
            case ast.Import(names=names):
                bound = (each.asname or each.name.partition(".")[0] for each in names)
                tops = all(self._may_import(each.name, []) for each in names)
                return tops and all(map(self._binds, bound))
            case ast.ImportFrom(names=names):
                return self._imports_from(one, names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                decorates = all(map(self._decorates, one.decorator_list))
                return decorates and self._binds(name) and all(map(self._is_value, _evaluated(one)))
            case ast.ClassDef(name=name, bases=bases, keywords=[], body=body):
                decorates = all(map(self._decorates, one.decorator_list))
                is_declared = decorates and self._binds(name) and all(map(self._is_value, bases))
                return is_declared and self.declares(body)
            case ast.Assign(targets=targets, value=value):
                return all(map(self._is_target, targets)) and self._is_value(value)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                given = [annotation] if value is None else [annotation, value]
                return self._is_target(target) and all(map(self._is_value, given))
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
                return True
        return False

    def _imports_from(self, one: ast.ImportFrom, names: list[ast.alias]) -> bool:
        module = one.module or ""
        if one.level:
            place = self._package.split(".")
            module = ".".join([*place[: len(place) - one.level + 1], module]).strip(".")
        top = module.partition(".")[0]
        for each in names:
            bound = each.asname or each.name
            if each.name == "*" or not (
                top in _OF_EVERY_RUN
                or (each.name == bound and self._callable.get(bound) == module)
                or self._binds(bound)
            ):
                return False
            if top in _OF_EVERY_RUN:
                self._callable[bound] = module
        return self._may_import(module, [each.name for each in names])

    def _binds(self, name: str) -> bool:
        """Tell whether a name may be given to something: not one that stands for what is called."""
        return name not in self._callable and name not in _UNASKED

    def _is_target(self, one: ast.AST) -> bool:
        return isinstance(one, ast.Name) and self._binds(one.id)

    def _decorates(self, one: ast.expr) -> bool:
        match one:
            case ast.Name(id=name):
                return name in self._callable
            case ast.Attribute(value=ast.Name(), attr=name):
                return name in _ACCESSORS
        return isinstance(one, ast.Call) and self._is_value(one)

    def _may_import(self, module: str, names: list[str]) -> bool:
        top = module.partition(".")[0]
        if top == self._project:
            return all(map(self._holds, [module, *(f"{module}.{name}" for name in names)]))
        return top in _OF_EVERY_RUN or top in sys.stdlib_module_names

    def _is_value(self, one: ast.AST) -> bool:
        """Tell whether to evaluate an expression does nothing else."""
        match one:
            case ast.Lambda(args=arguments):
                return all(map(self._is_value, _defaults(arguments)))
            case ast.Call(func=ast.Name(id=name)) if name not in self._callable:
                return False
            case ast.Call(func=ast.Name() as function, args=args, keywords=keywords):
                given = [function, *args, *(each.value for each in keywords)]
                return all(map(self._is_value, given))
            case (
                ast.Constant()
                | ast.Name()
                | ast.Attribute()
                | ast.Tuple()
                | ast.List()
                | ast.Set()
                | ast.Dict()
                | ast.JoinedStr()
                | ast.FormattedValue()
                | ast.UnaryOp()
                | ast.BinOp()
                | ast.BoolOp()
                | ast.Compare()
                | ast.IfExp()
                | ast.Subscript()
                | ast.Slice()
                | ast.Starred()
                | ast.operator()
                | ast.unaryop()
                | ast.boolop()
                | ast.cmpop()
                | ast.expr_context()
            ):
                return all(map(self._is_value, ast.iter_child_nodes(one)))
        return False


def _named(one: ast.AST) -> str | None:
    """Give the name by which a part of the code reaches for something."""
    match one:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            return name
    return None


def _evaluated(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """Give what of a function is evaluated where it stands, but for its decorators."""
    yield from _defaults(function.args)
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    yield from (one.annotation for one in every if one.annotation is not None)
    if function.returns is not None:
        yield function.returns


def _defaults(arguments: ast.arguments) -> Iterator[ast.expr]:
    yield from arguments.defaults
    yield from (one for one in arguments.kw_defaults if one is not None)


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
