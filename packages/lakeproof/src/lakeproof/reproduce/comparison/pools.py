"""Which native thread pools two runs had in common, and whether they were others.

A library that only one of the runs happened to load (an import more, on the way) says nothing: it
is compared what both had.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from lakeproof.record.facts import ComputeFacts

Found = Iterator[tuple[str, Any, Any]]


def other_pools(ours: ComputeFacts, theirs: ComputeFacts) -> Found:
    """Give kernel and library of BLAS where they are others, with both."""
    for name, fact in (("blas kernel", "architecture"), ("blas library", "version")):
        found, now = (_blas(compute, fact) for compute in (ours, theirs))
        if _are_others(found, now):
            yield name, ", ".join(sorted(found)), ", ".join(sorted(now))


def other_threads(ours: ComputeFacts, theirs: ComputeFacts) -> Found:
    """Give the pools that both runs had and that had other numbers of threads."""
    found, now = _threads(ours), _threads(theirs)
    for name in sorted(found.keys() & now.keys()):
        if _are_others(found[name], now[name]):
            yield f"{name} threads", _plain(found[name]), _plain(now[name])


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
