"""Where stages are carried out, what came of them, and how one fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lakeproof.errors import LakeproofError
from lakeproof.record.documents.rerun_request import RerunModel, RerunTable
from lakeproof.record.facts import FileFacts, Record
from lakeproof.record.mlflow_store.store import RecordStore
from lakeproof.reproduce.code.worktree import CheckedOut
from lakeproof.reproduce.environment.package_sources import LocalPackages
from lakeproof.reproduce.outcomes import Comparison
from lakeproof.reproduce.stages import child_system
from lakeproof.reproduce.stages.child_system import Start
from lakeproof.reproduce.stages.fork.store_process import InThisProcess, StoreWriter

Say = Callable[[str], None]


class RerunError(LakeproofError):
    """The re-run could not start, or did not end with a record."""


class StageError(LakeproofError):
    """A stage could not be carried out.

    Args:
        stage: Its name.
        missing: Sentences: what is missing, and how to get it.
    """

    def __init__(self, stage: str, missing: Sequence[str]) -> None:
        self.stage = stage
        self.missing = tuple(missing)
        super().__init__("\n".join(self.missing))


@dataclass(frozen=True)
class Context:
    """Where stages are carried out, which is the same for all of them.

    Args:
        scratch: A folder of this re-run alone, on the project's file system.
        project_path: The user's project, which is only read.
        find_artifact: Brings MLflow's copy of a file.
        records: The user's store.
        say: Gets progress, a line at a time.
        tell: Gets the verdict, before anything is done to store it.
        start: Starts the process that runs the project.
        store_writer: Gives what writes into the store, when that process has been started.
        most_seconds: How long that may take.
    """

    scratch: Path
    project_path: Path
    find_artifact: Callable[[FileFacts], Path | None]
    records: RecordStore
    say: Say
    tell: Callable[[Comparison], None] = lambda _: None
    start: Start = child_system.start
    store_writer: Callable[[], StoreWriter] = InThisProcess
    most_seconds: float | None = None


@dataclass
class Result:
    """What came of the stages so far; of a stage that was not in the list there is nothing.

    Args:
        checked_out: The project as it was.
        tables: Where each table is for the re-run.
        models: Where each model of MLflow is for the re-run.
        python: The interpreter.
        local: What is imported from folders.
        record: That of the re-run, as it wrote it.
        artifacts: The folder of what it logged, the record aside.
        registered: The MLflow run that it becomes; none in a store that may only be read.
        rerun: The record as a run of the user's store.
        comparison: The verdict.
        is_kept: Whether it is stored.
    """

    checked_out: CheckedOut | None = None
    tables: tuple[RerunTable, ...] = ()
    models: tuple[RerunModel, ...] = ()
    python: Path | None = None
    local: LocalPackages | None = None
    record: Record | None = None
    artifacts: Path | None = None
    registered: str | None = None
    rerun: Record | None = None
    comparison: Comparison | None = None
    is_kept: bool = False
