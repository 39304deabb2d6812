"""Is a module of Python nothing but declarations: does to import it change nothing that others see?

Everything that is not surely a declaration is taken for something that is done.
"""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator

# Who are imported before the pipelines in each run; what they have may be called.
OF_EVERY_RUN = frozenset({"kedro", "kedro_mlflow", "kedro_viz", "lakeproof", "omegaconf"})
_CALLED = {
    **dict.fromkeys(("bool", "dict", "float", "frozenset", "int", "list"), "builtins"),
    **dict.fromkeys(("classmethod", "property", "set", "staticmethod", "str", "tuple"), "builtins"),
    **dict.fromkeys(("dataclass", "field"), "dataclasses"),
    **dict.fromkeys(("Path", "PurePosixPath"), "pathlib"),
    **dict.fromkeys(("final", "overload", "override"), "typing"),
    "abstractmethod": "abc",
    "cached_property": "functools",
    "timedelta": "datetime",
    "TYPE_CHECKING": "typing",
}
# Methods that are called without anybody writing a call.
_UNASKED = frozenset(
    {
        *("__init_subclass__", "__set_name__", "__class_getitem__", "__getattr__", "__dir__"),
        *("__path__", "__spec__", "__file__", "__name__", "__loader__"),
    }
)
_HOOKS = frozenset({"hook_impl", "cli_hook_impl"})
# By these, what an import finds is changed.
SETS = frozenset(
    {
        *("environ", "environb", "putenv", "unsetenv", "setlocale", "chdir", "meta_path"),
        *("load_dotenv", "read_env"),
        *("filterwarnings", "simplefilter", "set_num_threads", "getcontext", "setcontext"),
        "set_option",
    }
)
# Whoever names one, in a function as well, may do so.
TOUCHED = SETS | {"seed", "modules", "exec", "eval", "__import__", "import_module"}
_ACCESSORS = frozenset({"deleter", "getter", "setter"})


class Declarations:
    """Looks through one module.

    Args:
        package: In which relative names are looked for.
        project: The package of the project.
        is_there: Tells whether its folder of code has something of a name.
        holds: Tells of another module of it.
    """

    def __init__(
        self,
        package: str,
        project: str,
        is_there: Callable[[str], bool],
        holds: Callable[[str], bool],
    ) -> None:
        self._package, self._project = package, project
        self._is_there, self._holds = is_there, holds
        self._callable = dict(_CALLED)

    def declares(self, statements: Iterable[ast.stmt]) -> bool:
        """Tell whether statements only declare; what they bind is known to those after them."""
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
                return is_declared and self._inherits(bases, body) and self.declares(body)
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
                top in OF_EVERY_RUN
                or (each.name == bound and self._callable.get(bound) == module)
                or self._binds(bound)
            ):
                return False
            if top in OF_EVERY_RUN and (bound[:1].isupper() or each.name in _HOOKS):
                self._callable[bound] = module
        return self._may_import(module, [each.name for each in names])

    def _binds(self, name: str) -> bool:
        """Tell whether a name may be given to something: not one that stands for what is called."""
        return name not in self._callable and name not in _UNASKED

    def _inherits(self, bases: list[ast.expr], body: list[ast.stmt]) -> bool:
        """Tell whether nothing calls what a class has: an enumeration does, when it is made."""
        known = (isinstance(one, ast.Name) and one.id in self._callable for one in bases)
        functions = ast.FunctionDef, ast.AsyncFunctionDef
        return all(known) or not any(isinstance(one, functions) for one in body)

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
        is_known = top in OF_EVERY_RUN or top in sys.stdlib_module_names
        return is_known and not self._is_there(top)

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


def named(one: ast.AST) -> str | None:
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
