"""The kept raw files of a project: for which runs, how many bytes, and which of them may go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.leases.facts import LeaseError, in_words
from lakeproof.leases.raw import RawLease
from lakeproof.record.run.ending.kept_raw_files import lone_files
from lakeproof.spelling import first_of
from lakeproof.stores.addresses import is_remote
from lakeproof.views.values import readable_size

if TYPE_CHECKING:
    from lakeproof.record.facts import Record

_ID_CHARACTERS = 8
_MOST_RUNS = 3


@dataclass(frozen=True)
class RawFiles:
    """What is kept by its content.

    Args:
        sizes: Bytes of each file, by digest.
        leases: Of the runs that need one of them.
        going: Digests of those that no run needs and that are not young.
    """

    sizes: Mapping[str, int]
    leases: tuple[RawLease, ...]
    going: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """What all of them take on the disk."""
        return sum(self.sizes.values())

    @property
    def bytes_going(self) -> int:
        """What goes, or would."""
        return sum(self.sizes[sha256] for sha256 in self.going)


def keep(store: RawStore, record: "Record") -> None:
    """Keep the raw files that a run read by their content, whatever their size.

    Raises:
        LeaseError: If one is not what the run read any more, and was not kept.
    """
    for file in lone_files(record):
        if is_remote(file.path):
            continue
        try:
            with store.locked():
                is_kept = store.keep(store.project_path / file.path, file.sha256)
            why = "it has changed since."
        except OSError as error:
            is_kept, why = False, f"{error.strerror or error}."
        if not is_kept:
            raise LeaseError(
                f"Run {record.run.run_id[:_ID_CHARACTERS]} cannot be held: raw file {file.path} "
                f"cannot be kept as the run read it: {why} No lease was taken. Put it back, or "
                "keep the run without --held."
            )


def look(leased: LeasedProject, min_age: timedelta = timedelta()) -> RawFiles:
    """Hold the kept files against what runs need of them.

    Args:
        leased: The project, all of whose runs have leases.
        min_age: How long a file stays that no run needs.

    Raises:
        LakeproofError: If a lease cannot be read.
    """
    now = datetime.now(UTC)
    store = leased.project.raw
    sizes = store.sizes()
    leases = [lease for lease in leased.raw.all() if leased.is_needed(lease, now)]
    needed = {sha256 for lease in leases for sha256 in lease.files}
    young = store.kept_since((now - min_age).timestamp())
    return RawFiles(
        sizes,
        tuple(lease for lease in leases if not sizes.keys().isdisjoint(lease.files)),
        tuple(sorted(sizes.keys() - needed - young)),
    )


def vacuum(leased: LeasedProject, min_age: timedelta, is_dry: bool) -> RawFiles:
    """Delete the kept files that no run needs.

    What a run is about to keep waits meanwhile: its lease stands by then.

    Returns:
        What went, or would.

    Raises:
        LakeproofError: If a lease cannot be read; nothing was deleted.
    """
    store = leased.project.raw
    if not store.sizes():
        return RawFiles({}, (), ())
    with store.locked():
        found = look(leased, min_age)
        for sha256 in () if is_dry else found.going:
            store.remove(sha256)
    return found


def document(found: RawFiles) -> dict[str, Any]:
    """Make their part of a JSON document."""
    return {
        "files": len(found.sizes),
        "bytes": found.bytes,
        "files_unneeded": len(found.going),
        "bytes_unneeded": found.bytes_going,
        "leases": [
            {
                "run_id": lease.run_id,
                "until": lease.until,
                "why": lease.why,
                "files": len(lease.files.keys() & found.sizes.keys()),
            }
            for lease in found.leases
        ],
    }


def told(found: RawFiles) -> str:
    """Say for people what is kept, for whom, and what nobody needs."""
    kept = f"Raw files kept: {len(found.sizes)}, {readable_size(found.bytes)}"
    if found.leases:
        kept += f", for runs {_named(found.leases)}, {_until(found.leases)}"
    if not found.going:
        return f"{kept}."
    return (
        f"{kept}. No run needs {len(found.going)} of them, {readable_size(found.bytes_going)}: "
        "kedro vacuum"
    )


def _named(leases: Sequence[RawLease]) -> str:
    return first_of([lease.run_id[:_ID_CHARACTERS] for lease in leases], _MOST_RUNS)


def _until(leases: Sequence[RawLease]) -> str:
    untils = [lease.until for lease in leases]
    return in_words(None if None in untils else max(filter(None, untils)))
