"""Build an object from its import path and its arguments, as YAML says them.

What would make a second fit another one is set here: a seed where the class takes one, and one
thread where it takes a number of them. Not for the meaning of arguments: those are the class's own.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any

# The key that makes a mapping stand for an object; no argument of Python can be called so.
CLASS = "class"
_SEEDS = ("random_state", "random_seed", "seed")
_THREADS = ("n_jobs", "thread_count", "nthread", "num_threads")


def make_estimator(
    given: Mapping[str, Any], *, seed: int, name: str, is_classifier: bool | None = None
) -> Any:
    """Build an estimator, and see that it suits the task before anything is fitted.

    Args:
        given: Its `class` and, beside it, its arguments.
        seed: Where every random choice of it starts.
        name: Where it stands in the YAML, as a dotted name.
        is_classifier: Whether it has to predict a class or a number; None for either.

    Returns:
        The estimator, not fitted.

    Raises:
        ValueError: As `make`, or it neither fits nor predicts, or it does so for another task.
    """
    import sklearn.base

    estimator = make(given, seed=seed, name=name)
    path = given[CLASS]
    if not hasattr(estimator, "fit") or not hasattr(estimator, "predict"):
        raise ValueError(
            f"'{name}.class' is {path}, which has no `fit` and `predict`: it is no estimator. "
            "Name the class of one, as in sklearn.svm.SVC."
        )
    # A class that does not say what it is may be either.
    is_other = sklearn.base.is_regressor if is_classifier else sklearn.base.is_classifier
    if is_classifier is not None and hasattr(estimator, "__sklearn_tags__") and is_other(estimator):
        task, kind = ("a class", "regressor") if is_classifier else ("a number", "classifier")
        raise ValueError(
            f"{task.capitalize()} is to be predicted, and '{name}.class' is {path}, a {kind}. "
            "Name another class there, or correct `task` in globals.yml."
        )
    return estimator


def make(given: Mapping[str, Any], *, seed: int, name: str) -> Any:
    """Build an object, and whatever among its arguments stands for an object too.

    Args:
        given: The import path of a class or a function under `class`; beside it, its arguments.
        seed: What it and the objects within it get where they take a seed.
        name: Where it stands in the YAML, as a dotted name.

    Returns:
        The object.

    Raises:
        ValueError: There is no such class, it has no such argument, or it refuses a value.
    """
    kind = _imported(given.get(CLASS), name)
    known, is_open = _arguments_of(kind)
    arguments = {key: value for key, value in given.items() if key != CLASS}
    for key in arguments:
        if key in _SEEDS:
            raise ValueError(
                f"'{name}.{key}' is a seed. There is one of it: take it out, and set `train.seed`."
            )
        if key not in known and not is_open:
            raise ValueError(
                f"{kind.__name__} has no argument '{key}'. It takes: "
                f"{', '.join(sorted(known - set(_SEEDS)))}. Correct '{name}'."
            )
    arguments = {
        key: _with_objects(value, seed=seed, name=f"{name}.{key}")
        for key, value in arguments.items()
    }
    try:
        return kind(**_repeatable(kind, known, arguments, seed) | arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"'{name}': {given[CLASS]} refuses its arguments: {error}") from error


def settle_threads(model: Any) -> None:
    """Let a fitted model predict on one thread, on however many it was fitted.

    A forest's threads add up its trees in the order in which they finish (scikit-learn issue
    23648).

    Args:
        model: The model; what it is made of is settled too.
    """
    parameters = model.get_params(deep=True) if hasattr(model, "get_params") else {}
    many = {
        key: 1
        for key, value in parameters.items()
        if key.rpartition("__")[2] in _THREADS and value not in (None, 1)
    }
    if many:
        model.set_params(**many)


def _with_objects(value: Any, *, seed: int, name: str) -> Any:
    if isinstance(value, Mapping):
        path = value.get(CLASS)
        if isinstance(path, str) and "." in path:
            return make(value, seed=seed, name=name)
        return {
            key: _with_objects(one, seed=seed, name=f"{name}.{key}") for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            _with_objects(one, seed=seed, name=f"{name}[{place}]")
            for place, one in enumerate(value)
        ]
    return value


def _imported(path: Any, name: str) -> Any:
    module, _, attribute = path.rpartition(".") if isinstance(path, str) else ("", "", "")
    if not module:
        raise ValueError(
            f"'{name}' needs a `class`, the import path of one, as in sklearn.svm.SVC; it has "
            f"{path!r}."
        )
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name == package:
            raise ValueError(
                f"'{name}.class' is {path}, and there is no package '{package}' here. Add it to "
                "`dependencies` in pyproject.toml and type: make lock run; or correct the path."
            ) from error
        raise ValueError(f"'{name}.class' is {path}: {error}.") from error
    except AttributeError as error:
        raise ValueError(
            f"'{name}.class' is {path}, and '{module}' has no '{attribute}'. Correct the path."
        ) from error


def _arguments_of(kind: Any) -> tuple[set[str], bool]:
    """Name the arguments of a class, and say whether it takes any others."""
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return set(), True
    is_open = any(one.kind is one.VAR_KEYWORD for one in parameters)
    known = {
        one.name for one in parameters if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    }
    if is_open and inspect.isclass(kind):
        # Those that it hands on to the class it is derived from.
        known |= {name for base in kind.__mro__[1:-1] for name in _own_arguments(base)}
    return known, is_open


def _own_arguments(kind: type) -> set[str]:
    if "__init__" not in vars(kind):
        return set()
    parameters = inspect.signature(kind.__init__).parameters.values()  # type: ignore[misc]
    named = (one for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY))
    return {one.name for one in named} - {"self"}


def _repeatable(
    kind: Any, known: set[str], arguments: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    """Choose a seed and one thread, where the class takes them and nobody has."""
    chosen: dict[str, Any] = {}
    seeds = [name for name in _SEEDS if name in known]
    if seeds and not _would_refuse_a_seed(kind, arguments):
        chosen[seeds[0]] = seed
    # scikit-learn's own take one thread where nothing is said, and warn of some that is.
    threads = [name for name in _THREADS if name in known]
    if threads and not kind.__module__.startswith("sklearn.") and not {*threads} & {*arguments}:
        chosen[threads[0]] = 1
    return chosen


def _would_refuse_a_seed(kind: Any, arguments: Mapping[str, Any]) -> bool:
    # scikit-learn's `KFold` does, if it does not shuffle.
    if hasattr(kind, "fit"):
        return False
    shuffle = inspect.signature(kind).parameters.get("shuffle")
    return shuffle is not None and not arguments.get("shuffle", shuffle.default)
