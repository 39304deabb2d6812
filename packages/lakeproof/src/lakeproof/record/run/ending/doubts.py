"""Why a run cannot be reproduced, as far as the run itself can tell at its end.

Its record's problems, and what no re-run could be held against. What is lost later is `plan`'s.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

from lakeproof.record.code.git import GitError, ask
from lakeproof.record.facts import Record
from lakeproof.record.run.ending.kept_raw_files import is_kept, lone_files
from lakeproof.record.run.problems import NO_COMMIT


def doubts_of(record: Record, project_path: Path) -> list[str]:
    """Give a sentence with its cure for each reason.

    Args:
        record: Of a run that has just finished.
        project_path: The project's folder.
    """
    problems = [
        _no_commit(project_path) if problem == NO_COMMIT else problem for problem in record.problems
    ]
    return [
        *problems,
        *_lost_files(record, project_path),
        *_unknown_inputs(record),
        *unknown_outputs(record),
    ]


def _no_commit(project_path: Path) -> str:
    """Say why git gave no commit, and what to type."""
    try:
        ask(project_path, "rev-parse", "--verify", "HEAD")
    except GitError as error:
        said = error.message
    else:
        return f"{NO_COMMIT} A repository around it ignores it: git init"
    if "cannot be started" in said:
        return f"{said}, so that its code is known by digest alone. Install git, and run it again."
    if "dubious ownership" in said:
        owner = f"git config --global --add safe.directory {shlex.quote(str(project_path))}"
        return (
            "git refuses the repository, which belongs to another user, so that its code is known "
            f"by digest alone. If you trust it: {owner}"
        )
    if "not a git repository" in said:
        return f"{NO_COMMIT} Type: git init && git add --all && git commit -m 'First'"
    return f"{NO_COMMIT} Type: git add --all && git commit -m 'First'"


def _lost_files(record: Record, project_path: Path) -> Iterator[str]:
    """Name files that were read and are gone already, of which nobody has the bytes."""
    for file in lone_files(record):
        place = project_path / file.path
        is_there = place.is_file() and place.stat().st_size == file.size
        if is_there or is_kept(file, record, project_path):
            continue
        yield (
            f"File {file.path} ({file.dataset}) was read and has gone or changed since: its "
            "digest is known, and nobody keeps the file. Put it back, and keep it."
        )


def _unknown_inputs(record: Record) -> Iterator[str]:
    for value in record.inputs.values:
        if value.digest is None and value.type != "MemoryDataset":
            yield (
                f"Input '{value.dataset}' ({value.type}) has no digest: {value.note}. Load a frame "
                "or plain values from it."
            )


def unknown_outputs(record: Record) -> Iterator[str]:
    """Name what was handed over and has no digest, neither of itself nor of a file.

    No re-run can be held against it; `reproduce` finds the same of two records.
    """
    known = {file.dataset for file in record.outputs.files}
    known |= {*record.not_compared, *(table.dataset for table in record.outputs.tables)}
    stored = {value.dataset for value in record.outputs.values}
    used = {one.dataset for node in record.nodes for one in node.inputs}
    models = {model.dataset: model for model in record.models}
    for node in record.nodes:
        for crossing in node.outputs:
            name, note = crossing.dataset, crossing.note
            if name in models and name not in record.not_compared:
                is_known, note = models[name].digest is not None, models[name].note
            else:
                # What a plan ends up in is compared there, if it ends up anywhere.
                is_compared_later = crossing.kind == "lazy" and name in used and name not in stored
                is_known = (
                    crossing.digest is not None
                    or crossing.kind == "picture"
                    or name in known
                    or is_compared_later
                )
            if not is_known:
                yield (
                    f"Output '{name}' of node '{node.name}' has no digest: {note}. Hand over a "
                    "frame, an estimator or plain values; or, where it has no say, `metadata: "
                    "{lakeproof: {compare: false}}` in the catalog."
                )
