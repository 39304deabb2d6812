"""The re-run itself, in isolation: one evaluator for the stages that somebody has put together.

Nothing here decides what is run, which `stages` says, nor what comes out, which is `compare`'s.
Whatever is missing on the way is an error of ours with a sentence and the name of its stage, before
anything is run.
"""

import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import singledispatchmethod
from pathlib import Path
from typing import Any, TypeVar

from lakeproof.errors import LakeproofError
from lakeproof.record.documents.document import from_bytes
from lakeproof.record.factors.surroundings import restored_umask
from lakeproof.record.facts import Record
from lakeproof.record.mlflow_store.stored_metrics import metrics_left
from lakeproof.record.places.redirection import outside_of
from lakeproof.record.run.command import to_yaml
from lakeproof.reproduce import store_rerun
from lakeproof.reproduce.code.raw_files import place_files, stored_folders
from lakeproof.reproduce.code.seen_files import place_seen
from lakeproof.reproduce.code.worktree import check_out, searched
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.environment.package_sources import (
    developed_with_the_code,
    find_local_packages,
)
from lakeproof.reproduce.environment.rebuild import cache_of, rebuild
from lakeproof.reproduce.older_versions import refusal
from lakeproof.reproduce.outcomes import Factor
from lakeproof.reproduce.stages.child import Finished, run_child
from lakeproof.reproduce.stages.child_request import (
    request_of,
    run_config,
    store_in,
    variables_of,
)
from lakeproof.reproduce.stages.fork.store_process import InThisProcess, StoreWriter
from lakeproof.reproduce.stages.scratch_models import placed_models
from lakeproof.reproduce.stages.scratch_tables import other_contents, placed
from lakeproof.reproduce.stages.stage_results import Context, RerunError, Result, StageError
from lakeproof.reproduce.stages.stage_types import (
    BuildEnvironment,
    CheckOut,
    Compare,
    Keep,
    KnownFaults,
    PlaceFiles,
    PlaceModels,
    Register,
    RunChild,
    Stage,
    StartTables,
    VerifyTables,
)
from lakeproof.views.values import readable_time

_STDERR_LINES = 12
_T = TypeVar("_T")


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
        self._store = store_in(context.scratch)
        self._worktree = context.scratch / "project"
        self._writer: StoreWriter = InThisProcess()

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
            with suppress(Exception):  # What is being told is why.
                given = self._context.records, self.result.registered
                self._writer.call(store_rerun.give_up, *given)

    @carry_out.register
    def _(self, stage: VerifyTables) -> None:
        others = tuple(other_contents(stage.tables, self._context.say))
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
        project_path, scratch = self._context.project_path, self._context.scratch
        project = _made(self.result.checked_out, stage, CheckOut).project
        outside = outside_of(scratch) if stage.mirrors else None
        stored = stored_folders(stage.files, scratch)
        find = self._context.find_artifact
        place_files(stage.files, project_path, project, find, outside, stored)
        place_seen(stage.nodes, project_path, project)

    @carry_out.register
    def _(self, stage: PlaceModels) -> None:
        folder = self._context.scratch / "models"
        self.result.models = placed_models(stage, self._context.records.artifact, folder)

    @carry_out.register
    def _(self, stage: StartTables) -> None:
        folder = self._context.scratch / "tables"
        self.result.tables = tuple(
            told
            for number, table in enumerate(stage.tables)
            for told in placed(table, folder / str(number), self._context.say)
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
        scratch, say = self._context.scratch, self._context.say
        placed_there = self.result.tables, self.result.models
        rerun = request_of(stage, self._context.project_path, scratch, *placed_there)
        rerun_file, config = scratch / "rerun.json", scratch / "rerun.yml"
        rerun.write(rerun_file)
        config.write_text(to_yaml(run_config(stage, out)))
        say("Running it again")
        surroundings = stage.compute.surroundings
        finished = run_child(
            *(python, out.project, config, variables_of(stage, say), rerun_file, say),
            meanwhile=self._begin_to_open,
            umask=restored_umask(surroundings) if surroundings is not None else None,
            path=(*local.path, *searched(out, stage.code)),
            start=self._context.start,
            most_seconds=self._context.most_seconds,
        )
        if finished.is_late:
            raise RerunError(
                f"It did not end within {readable_time(self._context.most_seconds or 0)} and was "
                "ended."
            )
        record = _record_of(finished, Path(rerun.record_path))
        self.result.record = record
        folders = self._store.glob(f"mlartifacts/**/{record.run.run_id}/artifacts")
        self.result.artifacts = next(folders, None)

    def _begin_to_open(self) -> None:
        (writer := self._context.store_writer()).begin_to_open(self._context.records)
        self._writer = writer

    @carry_out.register
    def _(self, stage: Register) -> None:
        record = _made(self.result.record, stage, RunChild)
        try:
            given = self._context.records, record
            self.result.registered = self._writer.call(store_rerun.begin, *given)
        except Exception as error:
            self._context.say(_not_stored(error))

    @carry_out.register
    def _(self, stage: Compare) -> None:
        record = _made(self.result.record, stage, RunChild)
        run_id = self.result.registered or record.run.run_id
        ran = replace(stage.record, code=stage.tested or stage.record.code)
        rerun = store_rerun.as_run(record, run_id, ran, self._context.project_path)
        factors = stage.factors
        left_out = self.result.checked_out.left_out if self.result.checked_out else ()
        if left_out:
            lost = Factor("code:not restored", "; ".join(left_out), None, is_setup=True)
            factors = (*factors, lost)
        notes = tuple(metrics_left(stage.record, self._context.records))
        self.result.rerun = rerun
        compared = compare(
            stage.record,
            rerun,
            is_rerun=True,
            extra_factors=factors,
            notes=notes,
            is_other_code=stage.tested is not None,
            erased=stage.erased,
        )
        # One that is not stored has no id by which it could be looked up.
        is_stored = self.result.registered is not None
        self.result.comparison = compared if is_stored else replace(compared, rerun_id=None)

    @carry_out.register
    def _(self, stage: Keep) -> None:
        rerun = _made(self.result.rerun, stage, Compare)
        comparison = _made(self.result.comparison, stage, Compare)
        self._context.tell(comparison)
        if self.result.registered is None:
            return
        try:
            told = rerun, self.result.artifacts, comparison, self._context.project_path
            self._writer.call(store_rerun.finish, self._context.records, *told)
            self.result.is_kept = True
        except Exception as error:
            self._context.say(_not_stored(error))
            self.give_up()


def _not_stored(error: Exception) -> str:
    return (
        f"The re-run cannot be stored in MLflow: {' '.join(str(error).split())[:200]}. The verdict "
        "holds all the same; keep it with --json --output FILE or --report FILE."
    )


def _made(made: _T | None, stage: Stage, by: type[Any]) -> _T:
    """Give what an earlier stage has made.

    Raises:
        RuntimeError: If that stage is not in the list before this one.
    """
    if made is None:
        raise RuntimeError(f"The stage '{stage.name}' needs the stage '{by.name}' before it.")
    return made


def _record_of(finished: Finished, record_path: Path) -> Record:
    if not record_path.is_file():
        # Of a traceback what it ends with: the stack has been shown.
        lines = [line for line in finished.stderr if not line.startswith((" ", "Traceback"))]
        said = "\n".join(lines[-_STDERR_LINES:]).strip() or "it said nothing"
        raise RerunError(
            f"The re-run ended with exit code {finished.exit_code} and without a record:\n{said}"
        )
    return from_bytes(record_path.read_bytes(), "The record of the re-run")
