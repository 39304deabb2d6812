"""What is not the same about the inputs of two runs: data, parameters, code, machine.

Reads the two records and nothing else. Not for what came out of the runs (`compare`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lakeproof.record.factors.registry import factors_of
from lakeproof.record.facts import CodeFacts, Record, leaves
from lakeproof.reproduce.comparison.inputs import as_read, pair_inputs
from lakeproof.reproduce.comparison.received import received_otherwise
from lakeproof.reproduce.comparison.verdict import Input, InputPair
from lakeproof.reproduce.outcomes import Factor

_ABSENT = object()


def factors(expected: Record, actual: Record) -> tuple[Factor, ...]:
    """List what differs, in the order in which it is likely to matter: data first, memory last."""
    return merged(factor for source in SOURCES for factor in source(expected, actual))


def merged(found: Iterable[Factor]) -> tuple[Factor, ...]:
    """Keep the first of each name: two rooms may have noticed the same."""
    by_name: dict[str, Factor] = {}
    for factor in found:
        by_name.setdefault(factor.factor, factor)
    return tuple(by_name.values())


def parameter_factors(expected: Any, actual: Any, name: str = "") -> Iterator[Factor]:
    """List the parameters that differ, leaf by leaf; `1` is neither `1.0` nor `True`.

    A list is one leaf, for its items have no names.
    """
    ours, theirs = _branches(expected), _branches(actual)
    if ours is None or theirs is None or not (ours or theirs):
        if not _is_equal(expected, actual):
            yield Factor(f"parameter:{name}", _or_none(expected), _or_none(actual))
        return
    for key in dict.fromkeys([*ours, *theirs]):
        inner = f"{name}.{key}" if name else str(key)
        yield from parameter_factors(ours.get(key, _ABSENT), theirs.get(key, _ABSENT), inner)


def _branches(value: Any) -> Mapping[Any, Any] | None:
    """Give what is below a parameter, so that a whole absent branch is told leaf by leaf."""
    if value is _ABSENT:
        return {}
    return value if isinstance(value, Mapping) else None


def _or_none(value: Any) -> Any:
    return None if value is _ABSENT else value


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return bool(one.hex() == other.hex())  # NaN is itself, and -0.0 is not 0.0
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_is_equal(one[key], other[key]) for key in one)
    return bool(one == other)


def _came_to_the_same(pair: InputPair, expected: Record, actual: Record) -> bool:
    """Tell whether a table was written upon from different starts, to the same end."""
    if not any(side is not None and side.is_start for side in (pair.expected, pair.actual)):
        return False
    ends = (
        {table.dataset: table.digest for table in record.outputs.tables}.get(pair.dataset)
        for record in (expected, actual)
    )
    return len(set(ends)) == 1


def _of_input(pair: InputPair) -> Iterator[Factor]:
    kind = "file" if pair.kind == "file" else "data"
    one, other = pair.expected, pair.actual
    # Nothing is known of what has no digest in either run; the comparison says so.
    if pair.verdict != "same" and not (one and other and not (one.digest or other.digest)):
        yield Factor(f"{kind}:{pair.name}", _told(one), _told(other))
    elif one and other:
        yield from _differing(f"version:{pair.name}", one.version, other.version, False)
    if one and other and pair.verdict == "same":
        yield from _differing(f"table id:{pair.name}", one.table_id, other.table_id)


def _of_inputs(expected: Record, actual: Record) -> Iterator[Factor]:
    for pair in pair_inputs(expected, actual):
        if not _came_to_the_same(pair, expected, actual):
            yield from _of_input(as_read(pair, expected, actual))


def _of_request(expected: Record, actual: Record) -> Iterator[Factor]:
    ours, theirs = expected.run, actual.run
    # In which order they were named does nothing: Kedro orders nodes by what they need.
    if sorted(ours.pipelines) != sorted(theirs.pipelines):
        yield Factor("pipelines", list(ours.pipelines), list(theirs.pipelines))
    yield from _differing("kedro env", ours.kedro_env, theirs.kedro_env, False)


def _of_parameters(expected: Record, actual: Record) -> Iterator[Factor]:
    return parameter_factors(expected.parameters.values, actual.parameters.values)


def _of_environment(expected: Record, actual: Record) -> Iterator[Factor]:
    from lakeproof.reproduce.environment.same_environment import differences

    yield from differences(expected.environment, actual.environment)


def _of_received(expected: Record, actual: Record) -> Iterator[Factor]:
    """Name what was loaded otherwise of what is the same where it is kept."""
    for one in received_otherwise(expected, actual):
        if one.is_input and not one.is_parameter:
            yield Factor(f"data:{one.dataset}", one.expected, one.actual)


def _of_nodes(expected: Record, actual: Record) -> Iterator[Factor]:
    """Name the nodes that only one of the runs ran."""
    ours, theirs = ([node.name for node in record.nodes] for record in (expected, actual))
    yield from _differing(
        "nodes",
        [name for name in ours if name not in theirs],
        [name for name in theirs if name not in ours],
        False,
    )


def _told(one: Input | None) -> Any:
    if one is None or one.version is None:
        return one and one.digest
    return {"version": one.version, "digest": one.digest}


def _of_code(expected: Record, actual: Record) -> Iterator[Factor]:
    ours, theirs = expected.code, actual.code
    # Another commit with the same sources is the same code.
    if ours.tree == theirs.tree:
        return
    changed = [path for path, _, _ in _unequal(ours.files, theirs.files)]
    yield Factor("code", _code(ours, changed), _code(theirs, changed))


def _code(code: CodeFacts, changed: Iterable[str]) -> dict[str, Any]:
    return {
        "commit": code.commit,
        "is_dirty": code.is_dirty,
        "tree": code.tree,
        "files": {path: _as_sha256(code.files.get(path)) for path in changed},
    }


def _as_sha256(found: str | None) -> str | None:
    return found and f"sha256:{found.removeprefix('sha256:')}"


def _of_configuration(expected: Record, actual: Record) -> Iterator[Factor]:
    ours, theirs = (
        {file.path: f"sha256:{file.sha256}" for file in record.configuration.files}
        for record in (expected, actual)
    )
    for path, one, other in _unequal(ours, theirs):
        yield Factor(f"configuration:{path}", one, other)
    yield from _of_catalog_values(expected, actual)


def _of_catalog_values(expected: Record, actual: Record) -> Iterator[Factor]:
    """Name what resolvers made otherwise; what only one of the catalogs has its file tells."""
    ours, theirs = (
        dict(leaves(record.configuration.catalog_values or {})) for record in (expected, actual)
    )
    for name in (name for name in ours if name in theirs):
        if not _is_equal(ours[name], theirs[name]):
            yield Factor(f"catalog:{name}", ours[name], theirs[name])


def _of_compute(expected: Record, actual: Record) -> Iterator[Factor]:
    ours, theirs = expected.compute, actual.compute
    for one in factors_of(ours, theirs):
        values = one.other(ours, theirs)
        if values is not None:
            yield Factor(one.name, values[0], values[1], is_setup=True)


def _unequal(
    expected: Mapping[str, Any], actual: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    for name in sorted(expected.keys() | actual.keys()):
        if expected.get(name) != actual.get(name):
            yield name, expected.get(name), actual.get(name)


def _differing(name: str, expected: Any, actual: Any, is_setup: bool = True) -> Iterator[Factor]:
    if expected != actual:
        yield Factor(name, expected, actual, is_setup)


# What is looked at, in the order of the list. Another kind of fact is another function here.
SOURCES: tuple[Callable[[Record, Record], Iterable[Factor]], ...] = (
    _of_inputs,
    _of_received,
    _of_nodes,
    _of_request,
    _of_parameters,
    _of_code,
    _of_configuration,
    _of_environment,
    _of_compute,
)
