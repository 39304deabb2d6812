"""The native thread pools of a process: what they were asked for, which kernel each chose.

A library that only one of two runs happened to load (an import more, on the way) says nothing: it
is compared what both had.
"""

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from lakeproof.record.factors.setup_factor import SetupFactor, other_parts
from lakeproof.record.facts import ComputeFacts, Library

# Of threadpoolctl, with a name of its own.
_RESOLVES = "_realpath"


def libraries() -> tuple[Library, ...]:
    """List the pools that are loaded; ask when a run ends, for they come with what is imported."""
    from threadpoolctl import threadpool_info

    with _folders_resolved_once():
        pools = threadpool_info()
    found = {
        Library(
            user_api=pool["user_api"],
            internal_api=pool["internal_api"],
            version=pool["version"],
            architecture=pool.get("architecture"),
            threads=pool["num_threads"],
        )
        for pool in pools
    }
    return tuple(sorted({*found, *_polars()}, key=repr))


@contextmanager
def _folders_resolved_once() -> Iterator[None]:
    """Spare threadpoolctl to ask of each folder above each of 300 libraries if it is a link.

    It resolves each library from the root on (3.7); where it does so otherwise, nothing changes.
    """
    import threadpoolctl

    plain: Any = getattr(threadpoolctl, _RESOLVES, None)
    if plain is None:
        yield
        return
    folder_of = cache(os.path.realpath)

    def resolved(path: str) -> str:
        folder, base = os.path.split(path)
        return str(plain(path) if os.path.islink(path) else os.path.join(folder_of(folder), base))

    setattr(threadpoolctl, _RESOLVES, resolved)
    try:
        yield
    finally:
        setattr(threadpoolctl, _RESOLVES, plain)


def _polars() -> Iterator[Library]:
    """Tell on how many threads Polars ran, which threadpoolctl does not know."""
    polars = sys.modules.get("polars")
    if polars is not None:
        threads = polars.thread_pool_size()
        yield Library("polars", "polars", polars.__version__, None, threads)


def _other_settings(ours: ComputeFacts, theirs: ComputeFacts) -> tuple[Any, Any] | None:
    """Give the variables that differ, and the threads of the pools that both had."""
    asked, now = dict(ours.threads), dict(theirs.threads)
    found, others = _threads(ours), _threads(theirs)
    for name in sorted(found.keys() & others.keys()):
        if _are_others(found[name], others[name]):
            asked[f"{name} threads"] = _plain(found[name])
            now[f"{name} threads"] = _plain(others[name])
    return other_parts(asked, now)


def _other_blas(
    fact: str,
) -> Callable[[ComputeFacts, ComputeFacts], tuple[Any, Any] | None]:
    def other(ours: ComputeFacts, theirs: ComputeFacts) -> tuple[Any, Any] | None:
        found, now = _blas(ours, fact), _blas(theirs, fact)
        if not _are_others(found, now):
            return None
        return ", ".join(sorted(found)), ", ".join(sorted(now))

    return other


def _are_others(ours: Counter[Any], theirs: Counter[Any]) -> bool:
    """Tell whether not all of the one are among the other; each as often as it is there."""
    return bool(ours and theirs) and not (ours <= theirs or theirs <= ours)


def _blas(compute: ComputeFacts, fact: str) -> Counter[str]:
    return Counter(
        " ".join(filter(None, (one.internal_api, getattr(one, fact))))
        for one in compute.libraries
        if one.user_api == "blas"
    )


def _threads(compute: ComputeFacts) -> dict[str, Counter[int]]:
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for library in compute.libraries:
        found[library.internal_api][library.threads] += 1
    return found


def _plain(counts: Counter[int]) -> Any:
    return next(iter(counts)) if len(counts) == 1 else sorted(counts.elements())


FACTORS = (
    SetupFactor(
        "thread settings",
        lambda found: found.threads,
        "thread settings",
        compared=_other_settings,
    ),
    # Said, and never held against another: what they were is.
    SetupFactor(
        "settings were", lambda found: found.recipe, "settings were", compared=lambda *_: None
    ),
    SetupFactor("blas kernel", lambda found: found.libraries, compared=_other_blas("architecture")),
    SetupFactor("blas library", lambda found: found.libraries, compared=_other_blas("version")),
)
