"""The re-run itself, in isolation: one evaluator for the stages that somebody has put together.

Nothing here decides what is run, which `stages` says, nor what comes out, which is `compare`'s.
Whatever is missing on the way is an error of ours with a sentence and the name of its stage, before
anything is run.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import singledispatchmethod
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from lakeproof import determinism
from lakeproof.errors import LakeproofError
from lakeproof.record.documents.document import from_bytes
from lakeproof.record.documents.rerun_request import Rerun, RerunTable
from lakeproof.record.factors.machine import cpu_model
from lakeproof.record.factors.surroundings import restored_umask, restored_variables
from lakeproof.record.facts import FileFacts, Record
from lakeproof.record.mlflow_store.store import RecordStore
from lakeproof.record.mlflow_store.stored_metrics import other_metrics
from lakeproof.record.places.redirection import outside_of
from lakeproof.record.run.command import to_yaml
from lakeproof.reproduce import store_rerun
from lakeproof.reproduce.child import Finished, run_child
from lakeproof.reproduce.code.raw_files import place_files
from lakeproof.reproduce.code.seen_files import place_seen
from lakeproof.reproduce.code.worktree import CheckedOut, check_out, searched
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.environment.kernel import kernel_to_set
from lakeproof.reproduce.environment.package_sources import (
    LocalPackages,
    developed_with_the_code,
    find_local_packages,
)
from lakeproof.reproduce.environment.rebuild import cache_of, rebuild
from lakeproof.reproduce.needed_tables import NeededTable
from lakeproof.reproduce.older_versions import refusal
from lakeproof.reproduce.outcomes import Comparison, Factor
from lakeproof.reproduce.stages import (
    BuildEnvironment,
    CheckOut,
    Compare,
    Keep,
    KnownFaults,
    PlaceFiles,
    Register,
    RunChild,
    Stage,
    StartTables,
    VerifyTables,
)

Say = Callable[[str], None]

_STDERR_LINES = 12
_T = TypeVar("_T")


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
    """

    scratch: Path
    project_path: Path
    find_artifact: Callable[[FileFacts], Path | None]
    records: RecordStore
    say: Say


@dataclass
class Result:
    """What came of the stages so far; of a stage that was not in the list there is nothing.

    Args:
        checked_out: The project as it was.
        tables: Where each table is for the re-run.
        python: The interpreter.
        local: What is imported from folders.
        record: That of the re-run, as it wrote it.
        artifacts: The folder of what it logged, the record aside.
        registered: The MLflow run that it becomes.
        rerun: The record as a run of the user's store.
        comparison: The verdict.
        is_kept: Whether it is stored.
    """

    checked_out: CheckedOut | None = None
    tables: tuple[RerunTable, ...] = ()
    python: Path | None = None
    local: LocalPackages | None = None
    record: Record | None = None
    artifacts: Path | None = None
    registered: str | None = None
    rerun: Record | None = None
    comparison: Comparison | None = None
    is_kept: bool = False


def execute(stages: Iterable[Stage], context: Context) -> Result:
    """Carry out stages, one after the other.

    Raises:
        StageError: If one cannot be, with its name and what is missing.
    """
    evaluation = _Evaluation(context)
    try:
        for stage in stages:
            try:
                evaluation.carry_out(stage)
            except StageError:
                raise
            except LakeproofError as error:
                told = f"At stage '{stage.name}': {error.message}"
                raise StageError(stage.name, [told]) from error
    except BaseException:
        evaluation.give_up()
        raise
    return evaluation.result


class _Evaluation:
    """Carries out one stage at a time, and knows what came of those before."""

    def __init__(self, context: Context) -> None:
        self.result = Result()
        self._context = context
        self._store = context.scratch / "store"
        self._worktree = context.scratch / "project"

    @singledispatchmethod
    def carry_out(self, stage: Any) -> None:
        """Carry out a stage.

        Raises:
            LakeproofError: If it cannot be, with what is missing.
        """
        raise TypeError(f"There is no stage of the type {type(stage).__name__}.")

    def give_up(self) -> None:
        """Leave no run that seems to go on: without a verdict it is no re-run."""
        if self.result.registered is not None and not self.result.is_kept:
            self._context.records.client.set_terminated(self.result.registered, "KILLED")

    @carry_out.register
    def _(self, stage: VerifyTables) -> None:
        others = tuple(_other_contents(stage.tables, self._context.say))
        if others:
            raise StageError(stage.name, others)

    @carry_out.register
    def _(self, stage: CheckOut) -> None:
        self._context.say(f"Checking out commit {str(stage.code.commit)[:8]}")
        out = check_out(
            *(self._context.project_path, stage.code, stage.configuration, self._worktree),
            *(stage.replaced, self._context.records.artifact),
        )
        if out.is_bundled:
            self._context.say(
                "The code is out of the run's bundle: the repository does not have it"
            )
        for sentence in out.left_out:
            self._context.say(sentence)
        self.result.checked_out = out

    @carry_out.register
    def _(self, stage: KnownFaults) -> None:
        conf_source = _made(self.result.checked_out, stage, CheckOut).conf_source
        refused = refusal(stage.record, conf_source)
        if refused is not None:
            raise RerunError(refused)

    @carry_out.register
    def _(self, stage: PlaceFiles) -> None:
        project_path = self._context.project_path
        project = _made(self.result.checked_out, stage, CheckOut).project
        outside = outside_of(self._context.scratch) if stage.mirrors else None
        place_files(stage.files, project_path, project, self._context.find_artifact, outside)
        place_seen(stage.nodes, project_path, project)

    @carry_out.register
    def _(self, stage: StartTables) -> None:
        folder = self._context.scratch / "tables"
        self.result.tables = tuple(
            told
            for number, table in enumerate(stage.tables)
            for told in _place(table, folder / str(number), self._context.say)
        )

    @carry_out.register
    def _(self, stage: BuildEnvironment) -> None:
        environment, project_path = stage.environment, self._context.project_path
        if stage.is_current:
            self._context.records.start_scratch(self._store)
            local = developed_with_the_code(environment, self._worktree)
            if local.missing:
                raise RerunError(
                    "What the run imported from the repository is not what its commit has: "
                    f"{', '.join(local.missing)}. Nothing was run."
                )
            self.result.python, self.result.local = Path(sys.executable), local
            return
        locks = _made(self.result.checked_out, stage, CheckOut).project / "requirements"
        folder = self._context.scratch / "local"
        local = find_local_packages(environment, self._worktree, project_path, folder)
        cache, say = cache_of(project_path), self._context.say
        self.result.python = rebuild(environment, locks, cache, say, local)
        self.result.local = local

    @carry_out.register
    def _(self, stage: RunChild) -> None:
        out = _made(self.result.checked_out, stage, CheckOut)
        python = _made(self.result.python, stage, BuildEnvironment)
        local = _made(self.result.local, stage, BuildEnvironment)
        rerun = self._request(stage)
        rerun_file = self._context.scratch / "rerun.json"
        rerun.write(rerun_file)
        config = self._context.scratch / "rerun.yml"
        config.write_text(to_yaml(_run_config(stage, out)))
        self._context.say("Running it again")
        surroundings = stage.compute.surroundings
        finished = run_child(
            *(python, out.project, config, self._variables(stage), rerun_file, self._context.say),
            meanwhile=self._context.records.begin_to_open,
            umask=restored_umask(surroundings) if surroundings is not None else None,
            path=(*local.path, *searched(out, stage.code)),
        )
        record = _record_of(finished, Path(rerun.record_path))
        self.result.record = record
        folders = self._store.glob(f"mlartifacts/**/{record.run.run_id}/artifacts")
        self.result.artifacts = next(folders, None)

    @carry_out.register
    def _(self, stage: Register) -> None:
        record = _made(self.result.record, stage, RunChild)
        self.result.registered = store_rerun.begin(self._context.records, record)

    @carry_out.register
    def _(self, stage: Compare) -> None:
        record = _made(self.result.record, stage, RunChild)
        run_id = self.result.registered or record.run.run_id
        rerun = store_rerun.as_run(record, run_id, stage.record, self._context.project_path)
        factors = stage.factors
        left_out = self.result.checked_out.left_out if self.result.checked_out else ()
        if left_out:
            lost = Factor("code:not restored", "; ".join(left_out), None, is_setup=True)
            factors = (*factors, lost)
        stored = self._context.records.metrics(stage.record.run.run_id)
        notes = tuple(other_metrics(stage.record.metrics, stored))
        self.result.rerun = rerun
        self.result.comparison = compare(
            stage.record, rerun, is_rerun=True, extra_factors=factors, notes=notes
        )

    @carry_out.register
    def _(self, stage: Keep) -> None:
        rerun = _made(self.result.rerun, stage, Compare)
        comparison = _made(self.result.comparison, stage, Compare)
        _made(self.result.registered, stage, Register)
        store_rerun.finish(self._context.records, rerun, self.result.artifacts, comparison)
        self.result.is_kept = True

    def _request(self, stage: RunChild) -> Rerun:
        """Write down what the child is told."""
        project_path = self._context.project_path
        rerun = Rerun(
            reproduces=stage.run_id,
            store=str(self._store),
            record_path=str(self._context.scratch / "record.json"),
            tables=self.result.tables,
            credentials_from=str(project_path / stage.configuration.source),
            kedro_env=stage.kedro_env,
            engine=stage.engine.name if stage.engine is not None else None,
            spark=stage.engine.spark if stage.engine is not None else None,
            arrivals=_arrivals(stage.files),
        )
        if stage.parameters is None:
            return rerun
        return replace(
            rerun,
            parameters=stage.parameters.values,
            redacted=stage.parameters.redacted,
            catalog=stage.configuration.catalog_values or {},
            project=str(project_path),
        )

    def _variables(self, stage: RunChild) -> dict[str, str | None]:
        """Give the environment variables by which the child computes as the run did."""
        compute = stage.compute
        variables = {**compute.threads, determinism.HANDED_OVER: compute.recipe}
        kernel = kernel_to_set(compute, cpu_model())
        if kernel is not None:
            self._context.say(f"Asking OpenBLAS for the recorded kernel {kernel}")
            variables[determinism.KERNEL] = kernel
        if compute.surroundings is not None:
            variables |= restored_variables(compute.surroundings)
        return variables


def _made(made: _T | None, stage: Stage, by: type[Any]) -> _T:
    """Give what an earlier stage has made.

    Raises:
        RuntimeError: If that stage is not in the list before this one.
    """
    if made is None:
        raise RuntimeError(f"The stage '{stage.name}' needs the stage '{by.name}' before it.")
    return made


def _other_contents(tables: Iterable[NeededTable], say: Say) -> Iterable[str]:
    """Read every version that the re-run builds upon; say of each that is another, how."""
    for table in tables:
        for needed in table.versions:
            if needed.digest is None:
                continue
            say(f"Verifying table '{table.datasets[0]}' at version {needed.version}")
            try:
                found = table.table.open(needed.version).compute_digest()
            except Exception as error:
                found = f"unreadable ({type(error).__name__}: {error})"[:300]
            if found != needed.digest:
                yield (
                    f"Table '{table.datasets[0]}' at version {needed.version} is not what the run "
                    f"read: its content is {found}, recorded {needed.digest}. That would be no "
                    "re-run. Restore the table's files from a backup."
                )


def _place(table: NeededTable, target: Path, say: Say) -> list[RerunTable]:
    """Leave a table that is only read where it is; give one that is written a copy in scratch."""
    uri = table.table.location.uri
    if table.is_written:
        older = [n.version for n in table.versions if n.version != table.start]
        table.table.copy_to(target, table.start, older, say)
        uri = str(target)
    versions: list[Any] = list(table.versions) or [None]
    return [
        RerunTable(
            dataset=dataset,
            uri=uri,
            recorded_uri=table.recorded_uri,
            version=needed.version if needed is not None else None,
            # Verified a moment ago; the child need not read it once more for that.
            digest=needed.digest if needed is not None else None,
        )
        for dataset in table.datasets
        for needed in versions
    ]


def _arrivals(files: Sequence[FileFacts]) -> dict[str, list[str]]:
    """Give the names of a folder's files in the order of the record, where that is not their own.

    A stream takes files in the order in which they came, which their copies do not tell.
    """
    by_dataset: dict[str, list[PurePosixPath]] = {}
    for file in files:
        by_dataset.setdefault(file.dataset, []).append(PurePosixPath(file.path))
    return {
        dataset: [path.name for path in paths]
        for dataset, paths in by_dataset.items()
        if len({path.parent for path in paths}) == 1 and paths != sorted(paths)
    }


def _run_config(stage: RunChild, out: CheckedOut) -> dict[str, Any]:
    """Ask for the run in the words of `kedro run --config`."""
    options = {**stage.options, "env": stage.kedro_env}
    was_said = options.pop("conf_source", None)
    if out.conf_source.resolve() != (out.project / stage.configuration.source).resolve():
        options["conf_source"] = str(out.conf_source)
    elif was_said:
        options["conf_source"] = stage.configuration.source
    return options


def _record_of(finished: Finished, record_path: Path) -> Record:
    if not record_path.is_file():
        # Of a traceback what it ends with: the stack has been shown.
        lines = [line for line in finished.stderr if not line.startswith((" ", "Traceback"))]
        said = "\n".join(lines[-_STDERR_LINES:]).strip() or "it said nothing"
        raise RerunError(
            f"The re-run ended with exit code {finished.exit_code} and without a record:\n{said}"
        )
    return from_bytes(record_path.read_bytes(), "The record of the re-run")
