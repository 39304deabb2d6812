"""What a yes of `kedro check` hangs on: what the run knew of itself, and nobody here can promise.

Nothing is missing, and yet the run can be reproduced only while something stays as it is. A list of
ways to find that; whoever finds another adds a function and its name to `LIMITS`. Not for what is
missing (`plan`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lakeproof.deliveries.raw_store import RawStore
from lakeproof.delta.retention.version_ages import VersionAges
from lakeproof.errors import LakeproofError
from lakeproof.leases.facts import Lease
from lakeproof.leases.stored_copies import held_at
from lakeproof.record.code.git import GitError
from lakeproof.record.code.git_files import sizes_in
from lakeproof.record.facts import FileFacts, Record
from lakeproof.record.run.ending.leasing import built_upon
from lakeproof.reproduce.code.worktree import withheld_of
from lakeproof.reproduce.comparison.stored import has_other_bytes_each_time
from lakeproof.reproduce.dated_limits import lease_limits, version_limits
from lakeproof.reproduce.looks import Looks
from lakeproof.reproduce.needed_tables import NeededTable
from lakeproof.reproduce.outcomes import Certainty, Limit
from lakeproof.spelling import typed
from lakeproof.stores.addresses import is_remote
from lakeproof.versioned.contract import VersionedDataset

_MOST = 5


@dataclass(frozen=True)
class Around:
    """Where a record is held against.

    Args:
        project_path: The user's project, which is only read.
        has_artifact: Tells whether MLflow has a copy of a file.
        tables: Where the versions are that the run needs.
        leases: What the run has leased, by table id and version, and what stands of it.
        ages_of: Looks at the log of a table, each once; `None` for what has no such log.
        looks: What was seen for other runs.
        fragile: Finds what has one copy beyond the files of the run.
        raw: Until when its raw files are kept.
    """

    project_path: Path
    has_artifact: Callable[[FileFacts], bool]
    tables: Sequence[NeededTable] = ()
    leases: Mapping[tuple[str, int], Lease] = field(default_factory=dict)
    ages_of: Callable[[VersionedDataset], VersionAges | None] = lambda _: None
    looks: Looks = field(default_factory=Looks)
    fragile: Callable[[Record], Iterable[Limit]] = lambda _: ()
    raw: tuple[Limit, ...] = ()


def limits_of(record: Record, around: Around) -> tuple[Limit, ...]:
    """Say what the yes hangs on: first what has a date, by date.

    Args:
        record: Of a run of which nothing is missing.
        around: What is here today.
    """
    dated = sorted(
        (*_versions(record, around), *around.raw), key=lambda one: (one.at is None, one.at)
    )
    told = (
        one if isinstance(one, Limit) else Limit(one, certainty)
        for find, certainty in LIMITS
        for one in find(record, around)
    )
    return tuple(dict.fromkeys((*dated, *told, *around.fragile(record))))


def dies_of(limits: Iterable[Limit], engine: str) -> Limit | None:
    """Choose what ends a run first on an engine; `None` where nothing has a date.

    Args:
        limits: Of the run.
        engine: The one that it ran on, and is reproduced on.
    """
    dated = (one for one in limits if one.at is not None and one.engine in (None, engine))
    return min(dated, key=lambda one: str(one.at), default=None)


def _versions(record: Record, around: Around) -> Iterator[Limit]:
    """Date the versions of tables that the run read or built upon."""
    needed = {(one.table_id, one.version): one.table for one in built_upon(record)}
    run_id = record.run.run_id
    for table in around.tables:
        numbers = [one.version for one in table.versions]
        versions = [number for number in numbers if (table.table_id, number) in needed]
        # A copy that another run has goes with that run's lease.
        leases = [around.leases.get((table.table_id, number)) for number in versions]
        is_held = (
            all(one is not None and one.is_held for one in leases)
            and held_at(around.project_path, table.table_id, versions) is not None
        )
        ages = None if is_held or not versions else around.ages_of(table.table)
        for version in versions:
            place = table.table_id, version
            lease = around.leases.get(place)
            if is_held and lease is not None:
                yield from lease_limits(f"{needed[place]}@{version}", lease, run_id)
            elif ages is not None and _is_it(table, version, ages, around.looks):
                yield from version_limits(needed[place], version, ages, lease, run_id)


def _is_it(table: NeededTable, version: int, ages: VersionAges, looks: Looks) -> bool:
    """Tell whether it is the run's table: by its id, or by the one that it had at the version."""
    if ages.table_id == table.table_id:
        return True
    try:
        return looks.at(table.table, version, is_whole=True).table_id == table.table_id
    except LakeproofError:
        return False


def _sources(record: Record, around: Around) -> Iterator[str]:
    for value in record.inputs.values:
        if value.type != "MemoryDataset":
            yield f"Input '{value.dataset}' ({value.type}): as long as its source gives the same."


def _files_of_nobody(record: Record, around: Around) -> Iterator[Limit]:
    """Name files that lie in the project alone: git would not give them back, nor would MLflow."""
    known = {content.path for content in record.code.untracked}
    asked = {
        str(PurePosixPath(record.code.prefix, file.path)): file
        for file in record.inputs.files
        if not file.is_own and file.text is None
    }
    asked = {path: file for path, file in asked.items() if path not in known and "\n" not in path}
    held = _held_by_git(record, around, tuple(asked))
    kept = RawStore(around.project_path)
    alone = [
        file.path
        for path, file in asked.items()
        if path not in held and not around.has_artifact(file) and kept.find(file.sha256) is None
    ]
    keep = f"{typed('kedro keep', record.run.run_id[:8])} --held --why TEXT"
    for remedy in (keep, None):  # what is in a store is its owner's to keep
        if some := [path for path in alone if is_remote(path) == (remedy is None)]:
            yield Limit(
                f"{_listed(some)}: by digest only, neither git nor MLflow has the content; as "
                "long as it stays unchanged.",
                "fragile",
                remedy=remedy,
            )


def _held_by_git(record: Record, around: Around, paths: tuple[str, ...]) -> set[str]:
    commit = record.code.kept_commit
    if not paths or commit is None:
        return set()
    try:
        sizes = around.looks.once(
            (commit, paths), lambda: sizes_in(around.project_path, commit, paths)
        )
    except GitError:
        return set()
    return {path for path, size in zip(paths, sizes, strict=True) if size is not None}


def _withheld(record: Record, around: Around) -> Iterator[str]:
    """Name what the record has by digest only, or not at all."""
    contents = [*withheld_of(record.code), *record.configuration.files]
    held = [one for one in contents if one.withheld and one.path]
    by_digest = [f"{one.path} ({one.withheld})" for one in held if one.sha256]
    if by_digest:
        yield (
            f"{_listed(by_digest)}: in the record by digest only; as long as today's content "
            "is the same."
        )
    lost = [f"{one.path} ({one.withheld})" for one in held if not one.sha256]
    if lost:
        yield f"{_listed(lost)}: not in the record; if no result depends on it."


def _not_controlled(record: Record, around: Around) -> Iterator[str]:
    for node in record.nodes:
        met = [f"{one.kind} {one.name}" for one in node.not_controlled]
        if met:
            yield f"Node '{node.name}' reached for {_listed(met)}: as long as that stays unchanged."


def _outputs(record: Record, around: Around) -> Iterator[str]:
    files = {file.dataset: file for file in record.outputs.files}
    for node in record.nodes:
        for one in node.outputs:
            if one.dataset in record.not_compared or one.kind == "picture":
                continue
            file = files.get(one.dataset)
            if one.digest is None and file is not None and has_other_bytes_each_time(file.path):
                yield (
                    f"Output '{one.dataset}' has no digest ({one.note}), and its format writes "
                    "other bytes each time: if it does not."
                )
            if one.holds_place or (file is not None and file.holds_place):
                yield (
                    f"Output '{one.dataset}' holds the project's path, which differs in a re-run."
                )


def _logged(record: Record, around: Around) -> Iterator[str]:
    for one in record.logged or ():
        is_file = one.kind == "logged file" and one.name not in record.not_compared
        if is_file and one.counts and has_other_bytes_each_time(one.name):
            yield (
                f"Logged file '{one.name}' is compared by its bytes, and its format writes "
                "others each time: if it does not."
            )


def _clocks(record: Record, around: Around) -> Iterator[str]:
    for node in record.nodes:
        for clock in node.clocks:
            name, _, place = clock.partition(": ")
            if name not in record.not_compared:
                yield (
                    f"Output '{name}' seems to hold the time of the run ({place}): then it "
                    "differs each time."
                )


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")


LIMITS: tuple[tuple[Callable[[Record, Around], Iterable[str | Limit]], Certainty], ...] = (
    (_sources, "open"),
    (_files_of_nobody, "fragile"),
    (_withheld, "fragile"),
    (_not_controlled, "open"),
    (_outputs, "open"),
    (_logged, "open"),
    (_clocks, "open"),
)
