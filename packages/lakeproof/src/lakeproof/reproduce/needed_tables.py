"""The tables of a run: which versions of them a re-run needs, and where each is today.

Four questions, one function each: what the run had to do with a table, where it is, whether the
versions are whole, and what follows. Looks at logs, ids and presence; not at rows. Of a version of
which rows were erased, a receipt says what its held copy has in its place: a run is made of that
only where somebody asked for it (`--without-erased`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lakeproof.attest.own_receipts import KnownReceipts, known_receipts
from lakeproof.erasure.erased_inputs import (
    ErasedInput,
    erased_sentence,
    erased_versions,
    is_rewritten,
)
from lakeproof.erasure.receipts import Receipt
from lakeproof.errors import LakeproofError
from lakeproof.leases.stored_copies import held_at
from lakeproof.record.facts import Record, TableRead, TableWritten
from lakeproof.reproduce.looks import Looks
from lakeproof.reproduce.outcomes import Factor
from lakeproof.reproduce.todays_tables import Locate, TodaysTables, copy_at, located
from lakeproof.stores.addresses import bucket_of, is_remote
from lakeproof.versioned.contract import VersionedDataset
from lakeproof.versioned.table_version import TableVersion


@dataclass(frozen=True)
class NeededVersion:
    """One version of a table that must be there as it was.

    Args:
        version: Its number.
        digest: Of its content, as recorded; `None` where nothing depends on it.
        size: Of its data files in bytes, as far as it is known; `None` where it cannot be opened.
    """

    version: int
    digest: str | None
    size: int | None = None


@dataclass(frozen=True)
class NeededTable:
    """A table of the run, and where it is today.

    Args:
        datasets: The catalog names under which the run knew it.
        recorded_uri: Its place in the record.
        table_id: In the record.
        table: The dataset, at its place of today.
        versions: All that are needed, the one that a write starts from among them.
        is_written: Whether the run wrote it, so that the re-run needs a copy of its own.
        start: The version that a write starts from; `None` where there was no table, or what was
            there does not matter and is gone.
        is_replaced: Whether the run replaced all rows, and nobody read those that were there.
    """

    datasets: tuple[str, ...]
    recorded_uri: str
    table_id: str
    table: VersionedDataset
    versions: tuple[NeededVersion, ...]
    is_written: bool
    start: int | None
    is_replaced: bool = False


@dataclass(frozen=True)
class FoundTables:
    """The tables of a run, and what is known of them before anything is run.

    Args:
        tables: In the order of the record.
        missing: Sentences with the cure.
        factors: Tables of another id than the recorded one: only their content can tell.
        erased: Versions of which rows were erased, where what is left was asked for.
    """

    tables: tuple[NeededTable, ...] = ()
    missing: tuple[str, ...] = ()
    factors: tuple[Factor, ...] = ()
    erased: tuple[ErasedInput, ...] = ()


def find_tables(
    record: Record,
    project_path: Path,
    locate: Locate,
    looks: Looks | None = None,
    without_erased: bool = False,
) -> FoundTables:
    """Find every table of a run at the versions that a re-run builds upon.

    Args:
        record: Of the run.
        project_path: The user's project, from which recorded places lead.
        locate: Looks a table up in today's catalog.
        looks: What was seen for other runs, where many are looked at.
        without_erased: Whether what erasures have left of a version is taken in its place.
    """
    looks = looks or Looks()
    erased: list[ErasedInput] = []
    tables: list[NeededTable] = []
    missing: list[str] = []
    factors: list[Factor] = []
    for use in _uses(record):
        table_id = use.table_id if use.needed else None
        table = located(use.names, use.uri, project_path, locate, table_id, looks)
        opened = _open_all(table, use.needed, looks)
        if opened.troubles and use.is_replaced:
            # All of it is replaced: what was there decides nothing but version numbers.
            use, opened = replace(use, starts_from_nothing=True), replace(opened, troubles=())
        else:
            receipts = receipts_of(project_path, looks).own
            if opened.troubles or is_rewritten(receipts, use.table_id, use.needed):
                table, opened = _held(use, table, opened, project_path, locate, looks)
            left = erased_versions(receipts, use.names[0], use.table_id, use.needed)
            if left and without_erased:
                use = replace(use, left={one.expected: one.actual for one in left})
                erased += left
            elif left or opened.troubles:
                of_left = {one.version for one in left if one.version is not None}
                gone = of_left or opened.gone(use.needed)
                missing += _erased(use, gone, receipts, record.run.run_id)
        missing += [f"{one}{_unnamed_hint(use.names, use.uri, locate)}" for one in opened.troubles]
        factors += _other_ids(use, opened.versions.values())
        tables.append(_needed_table(use, table, opened))
    return FoundTables(tuple(tables), tuple(missing), tuple(factors), tuple(erased))


@dataclass(frozen=True)
class _Use:
    """What a run had to do with the table at one place.

    Args:
        uri: The place.
        reads: Every reading, what the run had written itself included.
        writes: Every dataset by which it was written.
        starts_from_nothing: Whether what a write found is gone and does not matter.
        left: The digest of what is left of a version of which rows were erased, by that of it.
    """

    uri: str
    reads: tuple[TableRead, ...]
    writes: tuple[TableWritten, ...]
    starts_from_nothing: bool = False
    left: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        read, written = (one.dataset for one in self.reads), (one.dataset for one in self.writes)
        return tuple(dict.fromkeys([*read, *written]))

    @property
    def from_before(self) -> tuple[TableRead, ...]:
        return tuple(read for read in self.reads if not read.is_own)

    @property
    def first_write(self) -> TableWritten | None:
        return self.writes[0] if self.writes else None

    @property
    def start(self) -> int | None:
        if self.first_write is None or self.starts_from_nothing:
            return None
        return self.first_write.started_at

    @property
    def table_id(self) -> str:
        if self.from_before:
            return self.from_before[0].table_id
        return self.first_write.table_id if self.first_write is not None else ""

    @property
    def is_replaced(self) -> bool:
        """Tell whether nothing hangs on what was there: nobody read it and all is overwritten."""
        is_overwritten = self.first_write is not None and self.first_write.mode == "overwrite"
        return is_overwritten and not self.from_before

    @property
    def needed(self) -> dict[int, str | None]:
        """The digest of each version that must be there; `None` where nothing depends on it."""
        needed: dict[int, str | None] = {read.version: read.digest for read in self.from_before}
        if self.first_write is not None and self.start is not None:
            # What is overwritten as a whole decides nothing.
            is_read = self.first_write.mode != "overwrite"
            needed.setdefault(self.start, self.first_write.started_digest if is_read else None)
        return needed


@dataclass(frozen=True)
class _Opened:
    """Versions that are whole, and sentences on those that are not."""

    versions: Mapping[int, TableVersion] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()

    def gone(self, needed: Iterable[int]) -> set[int]:
        """Tell which of some versions are not whole."""
        return set(needed) - self.versions.keys()

    def size_of(self, version: int) -> int | None:
        found = self.versions.get(version)
        return found.size() if found is not None else None


def _uses(record: Record) -> Iterator[_Use]:
    reads: dict[str, list[TableRead]] = defaultdict(list)
    writes: dict[str, list[TableWritten]] = defaultdict(list)
    for read in record.inputs.tables:
        reads[read.uri].append(read)
    for write in record.outputs.tables:
        writes[write.uri].append(write)
    for uri in dict.fromkeys([*reads, *writes]):
        yield _Use(uri, tuple(reads[uri]), tuple(writes[uri]))


def receipts_of(project_path: Path, looks: Looks) -> KnownReceipts:
    """Read the receipts of all erasures, once for all runs."""
    found: KnownReceipts = looks.once("receipts", lambda: known_receipts(project_path))
    return found


def _erased(
    use: _Use, gone: Iterable[int], receipts: Iterable[Receipt], run_id: str
) -> Iterator[str]:
    """Say of versions that are not what they were that rows of them were erased."""
    for one in sorted(gone):
        told = erased_sentence(receipts, use.names[0], use.table_id, one, run_id)
        if told is not None:
            yield told


def _held(
    use: _Use, table: VersionedDataset, opened: _Opened, path: Path, locate: Locate, looks: Looks
) -> tuple[VersionedDataset, _Opened]:
    """Take the copy of the versions that somebody holds (`kedro keep --held`), if it is whole."""
    place = held_at(path, use.table_id, use.needed)
    if place is None:
        return table, opened
    copy_ = copy_at(place, table, use.names[0], locate)
    again = _open_all(copy_, use.needed, looks)
    is_it = all(one.table_id == use.table_id for one in again.versions.values())
    return (copy_, again) if is_it and not again.troubles else (table, opened)


def _unnamed_hint(names: tuple[str, ...], uri: str, locate: Locate) -> str:
    """Say why a table is not found, where today's catalog does not name it."""
    if any(locate(name) is not None for name in names):
        return ""
    if is_remote(uri) and isinstance(locate, TodaysTables) and locate.options_of(uri) is None:
        return (
            f" Today's catalog names no table '{names[0]}', and no entry of any environment has "
            f"credentials for {bucket_of(uri)}: the run had its own."
        )
    return f" Today's catalog names no table '{names[0]}'; if it was no Delta table, put that back."


def _open_all(table: VersionedDataset, versions: Iterable[int], looks: Looks) -> _Opened:
    whole, troubles = {}, []
    for version in sorted(versions):
        try:
            opened = looks.at(table, version, is_whole=True)
        except LakeproofError as error:
            troubles.append(error.message)
        else:
            whole[version] = opened
    return _Opened(whole, tuple(troubles))


def _other_ids(use: _Use, opened: Iterable[TableVersion]) -> Iterator[Factor]:
    for found in list(opened)[:1]:
        if found.table_id != use.table_id:
            name = f"table id:{use.names[0]}"
            yield Factor(name, use.table_id, found.table_id, is_setup=True)


def _needed_table(use: _Use, table: VersionedDataset, opened: _Opened) -> NeededTable:
    return NeededTable(
        datasets=use.names,
        recorded_uri=use.uri,
        table_id=use.table_id,
        table=table,
        versions=tuple(
            NeededVersion(version, use.left.get(str(digest), digest), opened.size_of(version))
            for version, digest in sorted(use.needed.items())
        ),
        is_written=use.first_write is not None,
        start=use.start,
        is_replaced=use.is_replaced and use.first_write is not None and use.first_write.written,
    )
