"""Until when a version of a table can be read: by dated rules, never later than the truth.

What is the newest version today may be superseded tomorrow: that has no date. What comes first of
several is the date, also where it only says what somebody *may* do from then on.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from lakeproof.delta.retention.intervals import FOR_EVER, in_words
from lakeproof.delta.retention.version_ages import VersionAges
from lakeproof.leases.facts import Lease, moment
from lakeproof.leases.raw import RawLease
from lakeproof.reproduce.outcomes import Limit
from lakeproof.spelling import first_of, typed

_MOST = 3


def version_limits(
    table: str, version: int, ages: VersionAges, lease: Lease | None, run_id: str
) -> Iterator[Limit]:
    """Yield what ends a version where it lies.

    Args:
        table: The catalog name.
        version: The version.
        ages: Of its table.
        lease: What the run has on it, if it stands.
        run_id: The run, for the command that mends it.
    """
    name, kept = f"{table}@{version}", ages.retention
    held = _keeping(run_id, is_held=True)
    if version == ages.newest:
        if not kept.is_promised:
            what = f"{name} is the newest version: with the next commit its table keeps it for "
            yield Limit(f"{what}{in_words(kept.versions)} since its own", "open", remedy=held)
        return
    if version not in ages.committed:
        return  # it cannot be opened, which is said as missing
    own, since = ages.committed[version], ages.superseded(version)
    refused = f"Spark refuses {name}, {in_words(kept.files)} after its commit"
    yield Limit(refused, "dies", _after(own, kept.files), "spark", held)
    deleted = f"anybody's VACUUM may delete files of {name}"
    yield Limit(deleted, "dies", _after(since, kept.files), remedy=held)
    if kept.log < FOR_EVER:
        cut = f"the commit of {name} may be cleaned out of the log"
        yield Limit(cut, "dies", _after(own, kept.log), remedy=held)
    if lease is None:
        what = f"kedro vacuum may delete {name}, which no lease of the run keeps"
        yield Limit(what, "dies", moment(since), remedy=_keeping(run_id))
    else:
        yield from lease_limits(name, lease, run_id)


def lease_limits(name: str, lease: Lease, run_id: str) -> Iterator[Limit]:
    """Yield the end of a lease, if it has one."""
    if lease.until is not None:
        what = f"the lease on {name} ends, and kedro vacuum may delete it"
        yield Limit(what, "dies", lease.until, remedy=_keeping(run_id))


def raw_limits(lease: RawLease, kept: Sequence[str], run_id: str) -> Iterator[Limit]:
    """Yield the end of a lease on kept raw files, if it has one.

    Args:
        lease: The run's.
        kept: The paths of those that are kept. Whether they still lie there as they were, only
            their bytes would tell: the earlier is taken.
        run_id: The run.
    """
    if lease.until is not None and kept:
        named = first_of(sorted(kept), _MOST)
        what = f"the lease on the kept {named} ends, and kedro vacuum may delete it"
        yield Limit(what, "dies", lease.until, remedy=_keeping(run_id))


def _after(when: datetime, kept: timedelta) -> str:
    return moment(when + kept)


def _keeping(run_id: str, *, is_held: bool = False) -> str:
    held = " --held" if is_held else ""
    return f"{typed('kedro keep', run_id[:8])}{held} --why TEXT"
