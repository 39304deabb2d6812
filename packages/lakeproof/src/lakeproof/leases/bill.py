"""What leases cost: the bytes that stay for one version alone."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lakeproof.delta.log.opening import open_table
from lakeproof.delta.retention.lifetime import retention_of
from lakeproof.errors import LakeproofError
from lakeproof.leases.facts import Strength
from lakeproof.leases.needed_files import files_of, lying_files
from lakeproof.leases.store import Standing
from lakeproof.leases.table_ids import ids_of
from lakeproof.leases.version_files import files_of_versions
from lakeproof.versioned.location import Location


@dataclass(frozen=True)
class LeasedVersion:
    """A version that somebody leases.

    Args:
        version: Its number.
        holders: The leases, by run.
        is_newest: Whether it is the newest, which needs no lease.
        strength: Against what it is kept.
        files: What it needs, by path below the table's folder; empty where that is not known.
        bytes_freed: Of those, the bytes that neither the newest version nor another lease needs.
        trouble: Why it cannot be read any more, if it cannot.
    """

    version: int
    holders: tuple[Standing, ...]
    is_newest: bool
    strength: Strength
    files: Mapping[str, int]
    bytes_freed: int
    trouble: str | None

    def freed_by(self, standing: Standing) -> int:
        """Tell how many bytes nobody needs once this one lease is given back."""
        return self.bytes_freed if self.holders == (standing,) else 0


@dataclass(frozen=True)
class Bill:
    """The leases of one table, and what they cost.

    Args:
        location: The table.
        table_id: Its id.
        newest: Its newest version.
        live: The files of that.
        versions: Those that are leased, oldest first.
    """

    location: Location
    table_id: str
    newest: int
    live: Mapping[str, int]
    versions: tuple[LeasedVersion, ...]

    @property
    def needed(self) -> set[str]:
        """Name the files that the newest version or a lease needs."""
        return {*self.live, *(path for one in self.versions for path in one.files)}

    @property
    def troubled(self) -> list[LeasedVersion]:
        """List the leased versions that cannot be read any more."""
        return [one for one in self.versions if one.trouble is not None]


def make_bill(
    location: Location,
    leases_of: Callable[[str], Sequence[Standing]],
    is_held: Callable[[Standing], bool] = lambda _: False,
) -> Bill:
    """Reckon what each lease of a table costs.

    Args:
        location: The table.
        leases_of: Lists the leases of a table id, each of those that the table has had.
        is_held: Tells whether there is a copy of what a lease is on.

    Raises:
        LakeproofError: If the table cannot be opened, or a lease not read.
    """
    current = open_table(location)
    live = files_of(current)
    is_promised = retention_of(current.table.metadata().configuration).is_promised
    by_version: dict[int, list[Standing]] = {}
    for standing in (one for table_id in ids_of(current) for one in leases_of(table_id)):
        by_version.setdefault(standing.lease.version, []).append(standing)
    files: dict[int, Mapping[str, int]] = {current.version: live}
    troubles: dict[int, str] = {}
    if older := by_version.keys() - files:
        for version, found in files_of_versions(location, older, lying_files(location)):
            if isinstance(found, LakeproofError):
                troubles[version] = found.message
            else:
                files[version] = found
    files = {version: own for version, own in files.items() if version in by_version}
    uses = Counter(path for one in files.values() for path in one)
    versions = []
    for version, holders in sorted(by_version.items()):
        own = files.get(version, {})
        has_copy = any(map(is_held, holders))
        alone = [size for path, size in own.items() if uses[path] == 1 and path not in live]
        versions.append(
            LeasedVersion(
                version=version,
                holders=tuple(holders),
                is_newest=version == current.version,
                strength="held" if has_copy else "promised" if is_promised else "guarded",
                files=own,
                bytes_freed=sum(alone),
                # A copy of it serves every run.
                trouble=None if has_copy else troubles.get(version),
            )
        )
    return Bill(location, current.table_id, current.version, live, tuple(versions))
