"""Inputs that two runs have by different names: the same table at its place, or the same content.

A dataset that has another name in the catalog is no other data. Not for what a run makes itself.
"""

from collections.abc import Iterable, Iterator, Mapping

from lakeproof.explain.mixes.differing.data_groups import DataGroup
from lakeproof.record.facts import Record
from lakeproof.reproduce.comparison.received import plain_name


def renamed_inputs(a: Record, b: Record) -> Mapping[str, str]:
    """Pair the inputs that only one of two runs has by its name, each with the other, both ways.

    Where one could be either of two, nobody can tell, and it is none.
    """
    ours, theirs = _marks(a), _marks(b)
    only_ours, only_theirs = ours.keys() - theirs.keys(), theirs.keys() - ours.keys()
    found: dict[str, str] = {}
    for name in only_ours:
        others = [other for other in only_theirs if ours[name] & theirs[other]]
        back = [one for one in only_ours if others and ours[one] & theirs[others[0]]]
        if len(others) == len(back) == 1:
            found |= {name: others[0], others[0]: name}
    return found


def is_only_renamed(group: DataGroup, renamed: Mapping[str, str], a: Record, b: Record) -> bool:
    """Tell whether a group of inputs has the same content in both runs, and other names alone."""
    if not group.datasets <= renamed.keys():
        return False
    ours, theirs = (sorted(_contents(record, group.datasets)) for record in (a, b))
    return ours == theirs


def _contents(record: Record, datasets: Iterable[str]) -> Iterator[str]:
    for one in record.inputs.tables:
        if plain_name(one.dataset) in datasets:
            yield one.digest
    for file in record.inputs.files:
        if plain_name(file.dataset) in datasets:
            yield file.sha256


def _marks(record: Record) -> dict[str, set[str]]:
    """Give of each input from outside what it can be known by: its place, its content."""
    found: dict[str, set[str]] = {}
    for one in record.inputs.tables:
        if not one.is_own:
            found.setdefault(plain_name(one.dataset), set()).update((one.uri, one.digest))
    for file in record.inputs.files:
        if not file.is_own:
            found.setdefault(plain_name(file.dataset), set()).update((file.path, file.sha256))
    return found
