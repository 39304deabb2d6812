"""Leased versions that hold rows of a person become held versions without them.

Which: all that a run of this project has leased of a table, as soon as one of them holds such rows,
since a re-run opens them in one folder. Each is written anew from the copy that is held of it, or
else from the table. Then, for each run: the receipt says what the version becomes, the copy takes
its place, the lease becomes one on the copy. A command that is killed in between finds the version
where it was, or the copy in place; only when all runs are through do files go.

What cannot be written anew, however often it is tried, is given up with its lease, and why is said.
Any other trouble, a proof that fails above all, ends the command before anything is deleted.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path

from lakeproof.attest.own_receipts import known_receipts
from lakeproof.commands.erasure.found import Found
from lakeproof.commands.erasure.in_stores import copies_in_stores
from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.commands.output import remark
from lakeproof.delta.log.data_files import require_files
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.versions import compute_digest
from lakeproof.delta.write.engine import Engine
from lakeproof.erasure.anew.rewrite_versions import (
    Less,
    NotWrittenAnewError,
    assemble,
    without_rows,
)
from lakeproof.erasure.erased_inputs import accepted_digests
from lakeproof.erasure.key_rows import ErasureError, Keys
from lakeproof.erasure.receipts import Rewritten, RewrittenFile
from lakeproof.errors import LakeproofError
from lakeproof.leases.facts import Lease
from lakeproof.leases.held import every_copy, put_in_place, room_for
from lakeproof.versioned.location import Location


@dataclass
class RewrittenLeases:
    """What became of the leases on versions with the rows.

    Args:
        kept: Those that are on held copies now, by table id, version and run.
        given_up: Sentences on the versions that could not be written anew.
        copies: The folders of the copies that are in place, with the digest of each version.
    """

    kept: set[tuple[str, int, str]] = field(default_factory=set)
    given_up: list[str] = field(default_factory=list)
    copies: dict[Path, dict[int, str]] = field(default_factory=dict)

    def require_copies(self) -> None:
        """Refuse to go on where a copy is not what was put in its place.

        Raises:
            ErasureError: Naming it; nothing that held the rows is deleted yet.
        """
        for place, digests in self.copies.items():
            for version, digest in digests.items():
                _require_copy(place, version, digest)


def rewrite_leased(
    leased: LeasedProject,
    found: Found,
    keys: Keys,
    engine: Engine,
    personal: frozenset[str],
    note: Callable[[Rewritten], None],
    files: Sequence[RewrittenFile] = (),
) -> RewrittenLeases:
    """Write anew what this project's runs lease, without the rows of keys.

    Args:
        leased: The project.
        found: Where the rows are.
        keys: Whose.
        engine: What writes.
        personal: The columns of which no log is told a value.
        note: Is told, before a copy takes its place, what it is.
        files: The raw files that were written anew before.
    """
    told = RewrittenLeases()
    held = found.held
    by_table: dict[str, dict[str, list[Lease]]] = {}
    for lease in leased.store.own():
        by_table.setdefault(lease.table_id, {}).setdefault(lease.run_id, []).append(lease)
    for table_id, by_run in by_table.items():
        runs = {
            run_id: leases
            for run_id, leases in by_run.items()
            if any((table_id, one.version) in held for one in leases)
        }
        if runs:
            room = room_for(leased.project.path, table_id)
            try:
                table = _Table(leased, table_id, keys, engine, personal, room, told, files)
                table.rewrite(runs, note)
            finally:
                shutil.rmtree(room, ignore_errors=True)
    return told


def _require_copy(place: Path, version: int, digest: str) -> None:
    why = "it holds other rows."
    try:
        opened = open_table(Location(place.name, str(place)), version)
        require_files(opened)
        if compute_digest(opened) == digest:
            return
    except LakeproofError as error:
        why = error.message
    raise ErasureError(
        f"The copy {place} of version {version} is not what was put there: {why} The erasure has "
        "not ended, and the files of the version are where they were. Give the same command again."
    )


@dataclass
class _Table:
    """The leased versions of one table, each written anew once for all runs."""

    leased: LeasedProject
    table_id: str
    keys: Keys
    engine: Engine
    personal: frozenset[str]
    room: Path
    told: RewrittenLeases
    files: Sequence[RewrittenFile]
    parts: dict[int, Less | NotWrittenAnewError] = field(default_factory=dict)

    def rewrite(
        self, runs: Mapping[str, Iterable[Lease]], note: Callable[[Rewritten], None]
    ) -> None:
        self.room.mkdir(parents=True)
        for run_id, some in runs.items():
            leases = list(some)
            versions = sorted({one.version for one in leases})
            parts = [self._part(leases[0], version) for version in versions]
            whole = [one for one in parts if isinstance(one, Less)]
            if len(whole) < len(parts):
                why = next(one for one in parts if isinstance(one, NotWrittenAnewError))
                self.told.given_up.append(
                    f"{leases[0].table}: what run {run_id[:8]} leased could not be written anew, "
                    f"and is given up: {why.message}"
                )
                continue
            self._put(versions, whole, note)
            for lease in leases:
                location = self.leased.location_of(lease.table_id, lease.table, lease.env)
                self.leased.store.keep_here(changed(lease, is_held=True), location)
                self.told.kept.add((lease.table_id, lease.version, lease.run_id))

    def _put(
        self, versions: list[int], parts: list[Less], note: Callable[[Rewritten], None]
    ) -> None:
        name = "+".join(map(str, versions))
        built = self.room / "built"
        shutil.rmtree(built, ignore_errors=True)
        place = self.room.parent / name
        if place in self.told.copies:
            return
        digests = assemble(parts, built)
        for part in parts:
            if part.rewritten is not None:
                note(part.rewritten)
        place = put_in_place(self.leased.project.path, self.table_id, digests, built)
        self.told.copies[place] = digests

    def _part(self, lease: Lease, version: int) -> Less | NotWrittenAnewError:
        if version not in self.parts:
            self.parts[version] = self._written(lease, version)
        return self.parts[version]

    def _written(self, lease: Lease, version: int) -> Less | NotWrittenAnewError:
        troubles = []
        accepted = self._accepted(lease, version)
        for number, source in enumerate(self._sources(lease, version, bool(accepted))):
            folder = self.room / f"{version}.{number}"
            try:
                return without_rows(
                    *(source, version, self.keys, self.engine, self.personal, folder),
                    *(self.files, accepted),
                    say=remark,
                )
            except NotWrittenAnewError as error:
                troubles.append(error.message)
            except LakeproofError as error:
                raise _not_now(lease, version, error) from error
        nothing = "there is neither the table nor a copy of it."
        return NotWrittenAnewError(" ".join(troubles) or nothing)

    def _accepted(self, lease: Lease, version: int) -> frozenset[str]:
        """Give the digests that a version may have: of what its run had, less what was erased."""
        place, project = (lease.table_id, version), self.leased.project
        had: list[str] = []
        with suppress(LakeproofError):
            tables = project.records.record(lease.run_id).inputs.tables
            had = [one.digest for one in tables if (one.table_id, one.version) == place]
        own = known_receipts(project.path).own
        return accepted_digests(own, *place, had[0] if had else None)

    def _sources(self, lease: Lease, version: int, is_known: bool) -> Iterator[Location]:
        """Yield where a version is: copies first, of which an earlier erasure has taken rows.

        Where nothing says what it is to hold, the table first: a copy may come with a clone.
        """
        location = self.leased.location_of(lease.table_id, lease.table, lease.env)
        if location is not None and not is_known:
            yield location
        for table_id, place, versions in every_copy(self.leased.project.path):
            if table_id == self.table_id and version in (versions or ()):
                yield Location(lease.table, str(place))
        for _, copy, numbers in copies_in_stores(self.leased.project, self.table_id):
            if version in numbers:
                yield copy
        if location is not None:
            if is_known:
                yield location
            return
        table = self.leased.project.locate_in(lease.env)(lease.table)
        try:
            if table is not None:
                table.open()
        except LakeproofError as error:
            raise _not_now(lease, version, error) from error


def _not_now(lease: Lease, version: int, error: LakeproofError) -> ErasureError:
    return ErasureError(
        f"Version {version} of table '{lease.table}', which run {lease.run_id[:8]} leased, is not "
        f"written anew yet: {error.message} The erasure has not ended, and the version is as it "
        "was. Give the same command again; with --release it gives such versions up."
    )
