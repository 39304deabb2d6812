"""What nodes of two runs gave to MLflow by themselves, side by side."""

from collections.abc import Iterator

from lakeproof.record.facts import Logged, Record
from lakeproof.reproduce.comparison.stored import has_other_bytes_each_time
from lakeproof.reproduce.comparison.verdict import judge
from lakeproof.reproduce.outcomes import Artifact, ArtifactVerdict

_NOBODY = "the other run did not look at what its nodes logged to MLflow"


def pair_logged(expected: Record, actual: Record) -> Iterator[tuple[str, Artifact]]:
    """Pair what either run gave, by kind and name; it belongs to no dataset.

    A record from before schema 2 does not say what it was: nothing is compared where neither does.
    """
    if expected.logged is None and actual.logged is None:
        return
    ours, theirs = (_by_name(record.logged or ()) for record in (expected, actual))
    exempt = {*expected.not_compared, *actual.not_compared}
    is_known = expected.logged is not None and actual.logged is not None
    for kind, name in dict.fromkeys([*ours, *theirs]):
        sides = ours.get((kind, name)), theirs.get((kind, name))
        yield f"{kind}: {name}", _paired(*sides, is_known, counts=name not in exempt)


def _by_name(found: tuple[Logged, ...]) -> dict[tuple[str, str], Logged]:
    return {(one.kind, one.name): one for one in found}


def _paired(ours: Logged | None, theirs: Logged | None, is_known: bool, counts: bool) -> Artifact:
    one = ours or theirs
    assert one is not None, "one of the two runs has it"
    digests = ours.digest if ours else None, theirs.digest if theirs else None
    verdict: ArtifactVerdict = judge(*digests)
    detail: str | None = None
    if not is_known:
        verdict, detail = "not comparable", _NOBODY
    elif ours is None:
        verdict, detail = "differs", "the first run did not log it"
    elif theirs is None:
        verdict, detail = "missing", "the second run did not log it"
    elif verdict == "not comparable":
        notes = dict.fromkeys(side.shown for side in (ours, theirs) if side.shown)
        detail = "; ".join(notes) or "it has no digest"
    elif verdict == "differs" and one.kind == "logged file" and has_other_bytes_each_time(one.name):
        verdict, detail = "not comparable", "its format writes other bytes each time"
    elif verdict == "differs" and ours.shown != theirs.shown:
        detail = f"{ours.shown} -> {theirs.shown}"
    counts = counts and all(side.counts for side in (ours, theirs) if side is not None)
    if not counts:
        detail = f"does not count; {detail}" if detail else "does not count"
    return Artifact(one.name, one.kind, verdict, _value(ours), _value(theirs), detail, counts)


def _value(side: Logged | None) -> str | None:
    """Show a param or a tag itself, where it is short."""
    if side is None:
        return None
    is_text = side.kind in ("param", "tag")
    return side.shown if is_text and side.shown is not None else side.digest
