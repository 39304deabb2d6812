"""One run from the machinery's side: begun, started, then finished or failed."""

import atexit
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.advice import concrete
from lakeproof.errors import LakeproofError, RunError
from lakeproof.record.code.git import head_commit
from lakeproof.record.documents import rerun_request
from lakeproof.record.facts import Status
from lakeproof.record.mlflow_store.one_run import one_run
from lakeproof.record.mlflow_store.server import (
    refuse_foreign_artifacts,
)
from lakeproof.record.mlflow_store.tracking import Tracking
from lakeproof.record.places.sole_readers import SoleReaders
from lakeproof.record.places.writable import require_writable, saved
from lakeproof.record.redaction.log_filter import LogWithoutSecrets, without_async_hint
from lakeproof.record.registry.loaded_models import pin_models
from lakeproof.record.run import rerun as rerunning
from lakeproof.record.run.ending.doubts import doubts_of
from lakeproof.record.run.ending.ended import attend, leave, raising_at_sigterm
from lakeproof.record.run.ending.last_words import Warned
from lakeproof.record.run.ending.lost_outputs import misspelt_outputs
from lakeproof.record.run.gathering import RunInputs
from lakeproof.record.run.keeping import RecordKeeping
from lakeproof.record.run.observation import Observation
from lakeproof.record.run.pinning import pin_tables, warn_of_lifetimes
from lakeproof.record.run.store_record import (
    forget_last_run,
    name_by_nobody,
    refuse_recorded,
    why_untracked,
)
from lakeproof.spark import session as spark_session
from lakeproof.startup.faster_imports import collecting_later
from lakeproof.versioned.contract import is_versioned
from lakeproof.versioned.run_tables import RunTables

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline


logger = logging.getLogger(__name__)

# What nodes import of ours, and what is seen before the first of them runs.
_OF_NODES = ("lakeproof.frames", "lakeproof.estimators", __name__)
# What ends a run from outside; anything else that is no Exception is a panic of something compiled.
_ENDED = (KeyboardInterrupt, SystemExit, GeneratorExit)


class RunSession:
    """The run in progress.

    Args:
        seen: What is seen of it, from now on.
        tracking: What `mlflow.yml` says of its MLflow run, where kedro-mlflow makes one.
        store: Where MLflow keeps its runs, as `mlflow.yml` says.
        sole_readers: Knows what is handed on without another copy.
    """

    def __init__(
        self, seen: Observation, tracking: Any, store: Tracking, sole_readers: SoleReaders
    ) -> None:
        self.seen = seen
        self.sole_readers = sole_readers
        rerun = seen.rerun
        self.resets_random = rerun is not None and bool(rerun.resets_random)
        self._tracking = tracking
        self.secrets = seen.setting.secrets
        self._log = LogWithoutSecrets(self.secrets)
        self._warned = Warned(_package(), *_OF_NODES)
        self._record = RecordKeeping(seen, store, name_by_nobody(tracking, seen.pipelines))
        self._on_end: Callable[[], None] | None = None

    @classmethod
    def begin(
        cls,
        context: "KedroContext",
        store: Tracking,
        run_params: Mapping[str, Any],
        pipeline: "Pipeline",
        catalog: "CatalogProtocol[Any, Any]",
        conf_catalog: Mapping[str, Any],
    ) -> "RunSession":
        """Resolve and refuse, before anything of the run exists.

        Args:
            context: Kedro's.
            store: Where MLflow keeps its runs, as `mlflow.yml` says.
            run_params: What the run was asked for.
            pipeline: What is about to run.
            catalog: With what.
            conf_catalog: What that was made of, resolved.

        Raises:
            LakeproofError: If the run cannot be made as asked for.
        """
        project_path = Path(run_params["project_path"])
        rerun = rerun_request.current()
        redirection = None
        if rerun is not None:
            redirection = rerunning.hold_outputs(rerun, pipeline, catalog, project_path)
        configured = getattr(context, "mlflow", None)
        tracking = configured and configured.tracking
        refuse_recorded(tracking)
        if rerun is None:
            refuse_foreign_artifacts(store)
            require_writable(project_path, saved(pipeline, catalog), store.places)
        tables = RunTables(git_commit=head_commit(project_path), believes_commits=rerun is None)
        pin_tables(run_params, pipeline, catalog, tables)
        if rerun is None:  # whose run has said it
            warn_of_lifetimes(tables, run_params.get("env"))
        told = rerun.models if rerun is not None else ()
        models = pin_models(pipeline, catalog, store.uri, told)
        doubts = misspelt_outputs(pipeline, conf_catalog, _used()) if rerun is None else ()
        setting = RunInputs.gather(context, run_params, pipeline, catalog, conf_catalog)
        names = run_params.get("pipeline_names") or ["__default__"]
        pipelines = (names,) if isinstance(names, str) else tuple(names)
        seen = Observation(setting, tables, rerun, pipelines, redirection)
        seen.loads_models(models)
        session = cls(seen, tracking, store, SoleReaders(pipeline))
        for doubt in doubts:
            logger.warning(concrete(doubt))
        return session

    def started(
        self, catalog: "CatalogProtocol[Any, Any]", on_end: Callable[[], None] | None = None
    ) -> None:
        """Take note of the MLflow run that kedro-mlflow has just started, and of all that follows.

        Args:
            catalog: The one that the runner is about to run with.
            on_end: Called when the run has ended, however it did.
        """
        import mlflow

        from lakeproof.record.run.mlflow_index import settle_registry

        self._on_end = on_end
        settle_registry()
        active = mlflow.active_run()
        if why_untracked(self._tracking, self.seen.pipelines):
            forget_last_run()
        elif active is not None:
            self.seen.tables.run_id = active.info.run_id
            self.seen.follow(active.info.run_id, catalog)
        if self._tracking is not None and not self._tracking.disable_tracking.disable_autologging:
            # kedro-mlflow only refrains from turning it off. Models and tables are logged already.
            mlflow.autolog(log_models=False, log_datasets=False, exclude_flavors=["spark"])
        # MLflow's own clean-up, which runs after ours, would call an interrupted run FINISHED.
        atexit.register(self._interrupted)
        attend(catalog, lambda: self._attending(catalog))

    def finished(self, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Record the run and tell its id.

        Raises:
            LakeproofError: If it cannot be recorded; it has failed then.
        """
        from lakeproof.record.run.ending.last_words import (
            print_metrics,
            print_recorded,
            print_unrecorded,
        )

        with collecting_later(), self._ending(catalog) as run_id:
            if run_id is None:
                print_unrecorded(
                    why_untracked(self._tracking, self.seen.pipelines) or "no MLflow run was open"
                )
                return
            try:
                record = self._record.keep(run_id, "FINISHED")
                self.seen.share(record)
            except _ENDED as error:
                self._record.end(run_id, "KILLED", error)
                raise
            except BaseException as error:
                self._record.end(run_id, "FAILED", error)
                if isinstance(error, LakeproofError):
                    raise
                raise RunError(
                    f"Run {run_id[:8]} cannot be recorded: {self._record.told(error)}. What it "
                    "wrote is there, without a record of what it came from."
                ) from error
            if self.seen.rerun is None and self._record.has_arrived:
                self._register(run_id, catalog)
        self._record.tell_corrections()
        self._warned.say_again(self.secrets.redact_text)
        print_metrics({name: one.number for name, one in record.metrics.items()})
        print_recorded(run_id, doubts_of(record, self.seen.setting.project_path))

    def _register(self, run_id: str, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Let the models of a recorded run be found by a name in MLflow's registry."""
        from mlflow.tracking import MlflowClient

        from lakeproof.record.registry.registered_models import register
        from lakeproof.record.run.ending.last_words import print_registered

        for told in register(MlflowClient(), run_id, catalog):
            print_registered(told)

    def failed(self, catalog: "CatalogProtocol[Any, Any]", error: BaseException) -> None:
        """Record what a failed run had read and written by then."""
        with self._ending(catalog) as run_id:
            self._record.tell_corrections()
            if run_id is not None:
                self._record.keep_end(run_id, "FAILED", error)

    def _attended(self, catalog: "CatalogProtocol[Any, Any]", error: BaseException) -> None:
        """Record a run that has ended in what Kedro tells no hook of."""
        status: Status = "KILLED" if isinstance(error, _ENDED) else "FAILED"
        with self._ending(catalog) as run_id:
            if run_id is not None:
                self._record.end(run_id, status, error)

    @contextmanager
    def _attending(self, catalog: "CatalogProtocol[Any, Any]") -> Iterator[None]:
        """Hold together what nodes give to MLflow, and notice whatever ends them."""
        process = os.getpid()
        try:
            with ExitStack() as stack:
                stack.enter_context(raising_at_sigterm())
                stack.enter_context(without_async_hint())
                if self.seen.tables.run_id is not None:
                    stack.enter_context(one_run(self.seen.tables.run_id))
                    stack.enter_context(self.seen.watching())
                yield
        except Exception:
            raise  # Kedro tells `failed`
        except BaseException as error:
            # Not what has ended a process that a node has forked.
            if os.getpid() == process:
                self._attended(catalog, error)
            raise

    def _interrupted(self) -> None:
        import mlflow

        mlflow.end_run("KILLED")

    @contextmanager
    def _ending(self, catalog: "CatalogProtocol[Any, Any]") -> Iterator[str | None]:
        """Let the tables go, and Spark once the record is kept: it is asked what it was."""
        self._release(catalog)
        try:
            yield self.seen.tables.run_id
        finally:
            spark_session.stop()
            if self._on_end is not None:
                self._on_end()

    def _release(self, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Let the tables go: what is loaded after the run is not this run's."""
        atexit.unregister(self._interrupted)
        leave(catalog)
        self._log.stop()
        self._warned.stop()
        for _, dataset in catalog.items():
            if is_versioned(dataset):
                dataset.join(None)


def _used() -> set[str]:
    """Name what the project's pipelines read and write, registered ones all."""
    from kedro.framework.project import pipelines

    return {name for pipeline in pipelines.values() for name in pipeline.datasets()}


def _package() -> str:
    # Kedro rebinds it for each project.
    from kedro.framework.project import PACKAGE_NAME

    return str(PACKAGE_NAME)
