"""Whether records hang together: what is missing between them, and where they part.

Facts alone. A record that was changed has another digest, so that the one after it names a record
that is nowhere; so does one that was deleted. Two that follow the same one are a fork: two runs of
a clone that was copied, or of a process that was ended between two steps. That is no error.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_SHORT, _SHORT_DIGEST = 8, 19


@dataclass(frozen=True)
class Link:
    """A record, as far as the chain goes.

    Args:
        run_id: Whose.
        digest: `sha256:…` of its bytes, computed and not as somebody wrote it down.
        previous: What it names as the record before it; `None` for a first one, and in records
            from before there was a chain.
    """

    run_id: str
    digest: str
    previous: str | None


@dataclass(frozen=True)
class Chain:
    """What the records of a store say together.

    Args:
        head: The newest record of this clone, as its ref says.
        records: How many lead from it to the first one.
        breaks: Sentences: a record is named that is nowhere.
        forks: Sentences: several records follow one.
        beside: How many records of the store are not on the way from the head: of other clones,
            of before there was a chain, or of a fork.
    """

    head: str | None
    records: int
    breaks: tuple[str, ...]
    forks: tuple[str, ...]
    beside: int


def examine(
    links: Iterable[Link], head: str | None, named: Mapping[str, str] | None = None
) -> Chain:
    """Look at all records of a store together.

    Args:
        links: Of each record that can be read.
        head: As the clone's ref says.
        named: Digests that somebody else holds on to, each with who: attestations.
    """
    known = {link.digest: link for link in links}
    breaks = []
    if head is not None and head not in known:
        breaks.append(
            f"The newest record of this clone is {_short(head)}, and no store has it: the end of "
            "the chain was cut off or changed."
        )
    for digest, who in (named or {}).items():
        if digest not in known:
            breaks.append(
                f"{who} names {_short(digest)} as the newest record, and no store has it."
            )
    followers: dict[str, list[str]] = defaultdict(list)
    for link in known.values():
        if link.previous is None:
            continue
        followers[link.previous].append(link.run_id)
        if link.previous not in known:
            breaks.append(
                f"Run {link.run_id[:_SHORT]} names {_short(link.previous)} as the record before "
                "it, and no store has it: it was deleted or changed."
            )
    forks = tuple(
        f"Runs {', '.join(sorted(run[:_SHORT] for run in runs))} follow the same record, "
        f"{_short(digest)}."
        for digest, runs in followers.items()
        if len(runs) > 1
    )
    way = path_to(head, known)
    return Chain(head, len(way), tuple(breaks), forks, len(known) - len(way))


def path_to(head: str | None, known: Mapping[str, Link]) -> Sequence[Link]:
    """Give the records that lead to one, oldest first, as far as they are known."""
    found: list[Link] = []
    seen = set[str]()
    while head is not None and head in known and head not in seen:
        seen.add(head)
        found.append(known[head])
        head = known[head].previous
    return found[::-1]


def _short(digest: str) -> str:
    return f"{digest[:_SHORT_DIGEST]}…"
