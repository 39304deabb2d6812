"""The usual reasons why a node gives something else each time, as far as the records show them.

A list of ways to find one; whoever finds another adds a function and its name to `HINTS`. A hint is
a suspicion in a sentence, with what to do about it. It decides nothing.
"""

from collections.abc import Callable, Iterator, Sequence

from lakeproof.record.facts import ModelFacts, NodeFacts, Record

_SEEDS = ("random_state", "random_seed", "seed")
_THREADS = ("n_jobs", "nthread", "num_threads", "thread_count")


def hints_for(
    expected: Record, actual: Record, nodes: tuple[NodeFacts, NodeFacts], outputs: Sequence[str]
) -> tuple[str, ...]:
    """Say what may be why.

    Args:
        expected: The recorded run.
        actual: The other one.
        nodes: The one that parted, as it ended in both.
        outputs: What it gave otherwise.
    """
    found = (
        hint
        for source in HINTS
        for record, node in ((expected, nodes[0]), (actual, nodes[1]))
        for hint in source(record, node, outputs)
    )
    return tuple(dict.fromkeys(found))


def _unseeded(record: Record, node: NodeFacts, outputs: Sequence[str]) -> Iterator[str]:
    for model, name, value in _settings(record, outputs, _SEEDS):
        if value is None:
            yield (
                f"The estimator '{model.dataset}' has {name}=None: it draws other numbers each "
                "time. Give it a number, as a parameter."
            )
        elif isinstance(value, str):
            yield (
                f"The estimator '{model.dataset}' has {name} of type {value}: what it draws "
                "depends on what was drawn before. Give it a number."
            )


def _shared_state(record: Record, node: NodeFacts, outputs: Sequence[str]) -> Iterator[str]:
    if node.moves_random and not any(_unseeded(record, node, outputs)):
        yield (
            f"'{node.name}' drew from the random state that all nodes share, which begins anywhere "
            "in each process. Give what draws a seed, as a parameter: random_state=… of pandas "
            "and scikit-learn, numpy.random.default_rng(…)."
        )


def _threaded(record: Record, node: NodeFacts, outputs: Sequence[str]) -> Iterator[str]:
    for model, name, value in _settings(record, outputs, _THREADS):
        if value not in (None, 0, 1):
            yield (
                f"The estimator '{model.dataset}' has {name}={value}: threads add up floats in the "
                "order in which they finish. Set it to 1."
            )


def _clock(record: Record, node: NodeFacts, outputs: Sequence[str]) -> Iterator[str]:
    for clock in node.clocks:
        name, _, place = clock.partition(": ")
        if name in outputs:
            yield (
                f"'{name}' holds the time of the run ({place}). Leave it out, or let the catalog "
                "entry not count: metadata: {lakeproof: {compare: false}}."
            )


def _hash_seed(record: Record, node: NodeFacts, outputs: Sequence[str]) -> Iterator[str]:
    if not (record.compute.threads.get("PYTHONHASHSEED") or "random").isdigit():
        yield (
            "Python's hash seed was not set: sets of text are in another order in each process. "
            "Sort them, or start runs by `kedro run`, which sets it."
        )


def _polars(record: Record, node: NodeFacts, outputs: Sequence[str]) -> Iterator[str]:
    threads = [one.threads for one in record.compute.libraries if one.internal_api == "polars"]
    if any(count > 1 for count in threads):
        yield (
            f"Polars had {max(threads)} threads, which split a sum of floats differently each "
            "time: [tool.lakeproof] polars_threads = 1."
        )
    elif not threads and record.lakeproof is None and record.compute.cores > 1 and _has(record):
        yield (
            "How many threads Polars had is not in a record of schema 1; several split a sum of "
            "floats differently each time. Newer runs have one."
        )


def _has(record: Record) -> bool:
    return any(one.name == "polars" for one in record.environment.distributions)


def _settings(
    record: Record, outputs: Sequence[str], names: Sequence[str]
) -> Iterator[tuple[ModelFacts, str, int | str | None]]:
    """Give the settings of the estimators among the outputs whose last name is one of these."""
    for model in record.models:
        if model.dataset in outputs:
            for name, value in model.settings.items():
                if name.rpartition("__")[2] in names:
                    yield model, name, value


Hint = Callable[[Record, NodeFacts, Sequence[str]], Iterator[str]]

HINTS: tuple[Hint, ...] = (_unseeded, _shared_state, _threaded, _clock, _polars, _hash_seed)
