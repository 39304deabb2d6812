"""What a yes of `kedro check` hangs on: what the run knew of itself, and nobody here can promise.

Nothing is missing, and yet the run can be reproduced only while something stays as it is. A list of
ways to find that; whoever finds another adds a function and its name to `LIMITS`. Not for what is
missing (`plan`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lakeproof.record.code.git import GitError
from lakeproof.record.code.git_files import sizes_in
from lakeproof.record.facts import FileFacts, Record
from lakeproof.reproduce.code.worktree import withheld_of
from lakeproof.reproduce.comparison.stored import has_other_bytes_each_time

_MOST = 5


@dataclass(frozen=True)
class Around:
    """Where a record is held against.

    Args:
        project_path: The user's project, which is only read.
        has_artifact: Tells whether MLflow has a copy of a file.
    """

    project_path: Path
    has_artifact: Callable[[FileFacts], bool]


def limits_of(record: Record, around: Around) -> tuple[str, ...]:
    """Say in sentences what the yes hangs on.

    Args:
        record: Of a run of which nothing is missing.
        around: What is here today.
    """
    return tuple(dict.fromkeys(one for find in LIMITS for one in find(record, around)))


def _sources(record: Record, around: Around) -> Iterator[str]:
    for value in record.inputs.values:
        if value.type != "MemoryDataset":
            yield f"Input '{value.dataset}' ({value.type}): as long as its source gives the same."


def _files_of_nobody(record: Record, around: Around) -> Iterator[str]:
    """Name files that lie in the project alone: git would not give them back, nor would MLflow."""
    known = {content.path for content in record.code.untracked}
    asked = {
        str(PurePosixPath(record.code.prefix, file.path)): file
        for file in record.inputs.files
        if not file.is_own and file.text is None
    }
    asked = {path: file for path, file in asked.items() if path not in known and "\n" not in path}
    held = _held_by_git(record, around.project_path, list(asked))
    alone = [
        file.path
        for path, file in asked.items()
        if path not in held and not around.has_artifact(file)
    ]
    if alone:
        yield (
            f"{_listed(alone)}: by digest only, neither git nor MLflow has the content; as long "
            "as it stays unchanged."
        )


def _held_by_git(record: Record, project_path: Path, paths: Sequence[str]) -> set[str]:
    commit = record.code.kept_commit
    if not paths or commit is None:
        return set()
    try:
        sizes = sizes_in(project_path, commit, paths)
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


LIMITS: tuple[Callable[[Record, Around], Iterable[str]], ...] = (
    _sources,
    _files_of_nobody,
    _withheld,
    _not_controlled,
    _outputs,
    _logged,
    _clocks,
)
