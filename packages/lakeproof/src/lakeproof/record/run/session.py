"""One run from the machinery's side: begun, started, then finished or failed."""

import atexit
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.errors import LakeproofError, RunError
from lakeproof.record.code.git import head_commit
from lakeproof.record.documents import rerun_request
from lakeproof.record.documents.rerun_request import Rerun
from lakeproof.record.facts import InputFacts, OutputFacts, Record, RunFacts, Status
from lakeproof.record.mlflow_store import unsent
from lakeproof.record.mlflow_store.one_run import one_run
from lakeproof.record.mlflow_store.server import (
    address_of,
    asked_once,
    is_gone,
    refuse_foreign_artifacts,
)
from lakeproof.record.mlflow_store.tracking import Tracking, is_local, tracking_of
from lakeproof.record.node_io.logged import Hide, LoggedWatch, flush
from lakeproof.record.node_io.metrics import MetricWatch
from lakeproof.record.node_io.node_io_recorder import NodeIORecorder
from lakeproof.record.node_io.run_files import FileRecorder
from lakeproof.record.node_io.table_facts import TableRecorder
from lakeproof.record.node_io.watcher import NodeWatcher
from lakeproof.record.places.redirection import Redirection
from lakeproof.record.redaction.log_filter import LogWithoutSecrets, without_async_hint
from lakeproof.record.run import rerun as rerunning
from lakeproof.record.run.doubts import doubts_of
from lakeproof.record.run.ended import attend, leave, raising_at_sigterm
from lakeproof.record.run.gathering import RunInputs, from_bits
from lakeproof.record.run.pinning import pin_tables, warn_of_lifetimes
from lakeproof.record.run.store_record import (
    forget_last_run,
    is_open,
    keep,
    mlflow_uri,
    name_by_nobody,
    refuse_recorded,
    refuse_second,
    why_untracked,
)
from lakeproof.spark import session as spark_session
from lakeproof.versioned.contract import is_versioned
from lakeproof.versioned.run_tables import RunTables

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from mlflow.entities import Run


_MOST_CHARACTERS = 2_000
# What ends a run from outside; anything else that is no Exception is a panic of something compiled.
_ENDED = (KeyboardInterrupt, SystemExit, GeneratorExit)


class RunSession:
    """The run in progress.

    Args:
        setting: What decides it.
        tables: Its tables, at their versions.
        rerun: What it is told, if it is a re-run.
        pipelines: What was asked for.
        tracking: What `mlflow.yml` says of its MLflow run, where kedro-mlflow makes one.
        store: Where MLflow keeps its runs, as `mlflow.yml` says.
        redirection: Of a re-run: where the places of the catalog are.
    """

    def __init__(
        self,
        setting: RunInputs,
        tables: RunTables,
        rerun: Rerun | None,
        pipelines: tuple[str, ...],
        tracking: Any,
        store: Tracking,
        redirection: Redirection | None = None,
    ) -> None:
        self._setting = setting
        self._tables = tables
        self._rerun = rerun
        self._pipelines = pipelines
        self._tracking = tracking
        self._store = store
        self._began = datetime.now(UTC)
        self._files = FileRecorder(setting.project_path, setting.secrets, redirection)
        self._table_facts = TableRecorder(setting.project_path, rerun)
        self.secrets = setting.secrets
        self._log = LogWithoutSecrets(setting.secrets)
        self.node_io = NodeIORecorder(tables, self._files, setting.secrets)
        self.watcher = NodeWatcher(
            *(setting.project_path, setting.source, setting.secrets), is_on=setting.is_watched
        )
        self.failed_node: str | None = None
        self._metrics: MetricWatch | None = None
        self._logged: LoggedWatch | None = None
        self._was_open = is_open()
        self._on_end: Callable[[], None] | None = None

    @classmethod
    def begin(
        cls,
        context: "KedroContext",
        run_params: Mapping[str, Any],
        pipeline: "Pipeline",
        catalog: "CatalogProtocol[Any, Any]",
        conf_catalog: Mapping[str, Any],
    ) -> "RunSession":
        """Resolve and refuse, before anything of the run exists.

        Args:
            context: Kedro's.
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
        store = tracking_of(project_path, context.config_loader)
        if rerun is None:
            refuse_foreign_artifacts(store)
        tables = RunTables(git_commit=head_commit(project_path), believes_commits=rerun is None)
        pin_tables(run_params, pipeline, catalog, tables)
        if rerun is None:  # whose run has said it
            warn_of_lifetimes(tables, run_params.get("env"))
        setting = RunInputs.gather(context, run_params, pipeline, catalog, conf_catalog)
        names = run_params.get("pipeline_names") or ["__default__"]
        pipelines = (names,) if isinstance(names, str) else tuple(names)
        return cls(setting, tables, rerun, pipelines, tracking, store, redirection)

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
        if why_untracked(self._tracking, self._pipelines):
            forget_last_run()
        elif active is not None:
            self._tables.run_id = active.info.run_id
            self._logged = LoggedWatch(active.info.run_id, catalog)
            self._metrics = MetricWatch(active.info.run_id, self._logged.metrics_before)
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
        from lakeproof.record.run.last_words import print_metrics, print_recorded, print_unrecorded

        with self._ending(catalog) as run_id:
            if run_id is None:
                print_unrecorded(
                    why_untracked(self._tracking, self._pipelines) or "no MLflow run was open"
                )
                return
            try:
                record = self._keep(run_id, "FINISHED")
            except _ENDED as error:
                self._ends_otherwise(run_id, "KILLED", error)
                raise
            except BaseException as error:
                self._ends_otherwise(run_id, "FAILED", error)
                if isinstance(error, LakeproofError):
                    raise
                raise RunError(
                    f"Run {run_id[:8]} cannot be recorded: {self._told(error)}. What it wrote is "
                    "there, without a record of what it came from."
                ) from error
        print_metrics({name: from_bits(one.bits) for name, one in record.metrics.items()})
        print_recorded(run_id, doubts_of(record, self._setting.project_path))

    def failed(self, catalog: "CatalogProtocol[Any, Any]", error: BaseException) -> None:
        """Record what a failed run had read and written by then."""
        with self._ending(catalog) as run_id:
            if run_id is not None:
                self._record_end(run_id, "FAILED", error)

    def _attended(self, catalog: "CatalogProtocol[Any, Any]", error: BaseException) -> None:
        """Record a run that has ended in what Kedro tells no hook of."""
        status: Status = "KILLED" if isinstance(error, _ENDED) else "FAILED"
        with self._ending(catalog) as run_id:
            if run_id is not None:
                self._ends_otherwise(run_id, status, error)

    @contextmanager
    def _attending(self, catalog: "CatalogProtocol[Any, Any]") -> Iterator[None]:
        """Hold together what nodes give to MLflow, and notice whatever ends them."""
        process = os.getpid()
        try:
            with ExitStack() as stack:
                stack.enter_context(raising_at_sigterm())
                stack.enter_context(without_async_hint())
                if self._tables.run_id is not None and self._metrics is not None:
                    stack.enter_context(one_run(self._tables.run_id))
                    stack.enter_context(self._metrics.watching())
                if self._logged is not None:
                    stack.enter_context(self._logged.watching())
                yield
        except Exception:
            raise  # Kedro tells `failed`
        except BaseException as error:
            # Not what has ended a process that a node has forked.
            if os.getpid() == process:
                self._attended(catalog, error)
            raise

    def _ends_otherwise(self, run_id: str, status: Status, error: BaseException) -> None:
        """Record and end a run that no other hook will end."""
        import mlflow

        try:
            # Nobody waits for the record of a re-run that was cut short.
            if self._rerun is None or status != "KILLED":
                self._record_end(run_id, status, error)
        finally:
            active = mlflow.active_run()
            if active is not None and active.info.run_id == run_id and not self._was_open:
                mlflow.end_run(status)

    def _record_end(self, run_id: str, status: Status, error: BaseException) -> None:
        """Record a run that did not finish, as far as that can be; `error` stays its error."""
        from lakeproof.record.run.last_words import print_ended

        try:
            self._keep(run_id, status, error)
        except Exception:
            # What made it fail may make its tables unreadable.
            self._table_facts.leaves_out_unreadable = True
            try:
                self._keep(run_id, status, error)
            except Exception as another:
                print_ended(run_id, status, self._told(another))
                return
        print_ended(run_id, status)

    def _keep(self, run_id: str, status: Status, error: BaseException | None = None) -> Record:
        """Keep the record on this disk, then on its MLflow run; a server may be gone by then."""
        store = replace(self._store, uri=mlflow_uri())
        with nullcontext() if is_local(store.uri) else asked_once():
            run = self._asked(run_id, store)
            stored = run.data.metrics if run is not None else None
            metrics = self._metrics.results(stored) if self._metrics else (stored or {})
            record = self._record(run_id, status, metrics, error)
            if run is not None:
                refuse_second(run_id, run.data.tags)
                if self._logged is not None and self._metrics is not None:
                    hide = Hide(self.secrets, self._setting.project_path)
                    logged = self._logged.gather(run, self._metrics, record.outputs.files, hide)
                    record = replace(record, logged=logged)
            folder = keep(
                record,
                self._setting.project_path,
                self._rerun,
                store,
                name_by_nobody(self._tracking, self._pipelines),
                self._setting.bundle_data,
            )
            self._send(folder, record, store, is_there=run is not None)
        return record

    def _asked(self, run_id: str, store: Tracking) -> "Run | None":
        """Give the MLflow run as it is now; `None` where its server is gone."""
        from mlflow.tracking import MlflowClient

        from lakeproof.record.run import mlflow_index

        is_lenient = self._table_facts.leaves_out_unreadable
        try:
            mlflow_index.log_tables(run_id, self._tables.uses, self._table_facts, is_lenient)
            flush()
            return MlflowClient().get_run(run_id)
        except Exception:
            if not is_gone(store):
                raise
            return None

    def _send(self, folder: Path, record: Record, store: Tracking, is_there: bool) -> None:
        import mlflow
        from mlflow.tracking import MlflowClient

        from lakeproof.record.run.last_words import print_unsent

        try:
            if is_there:
                unsent.send(MlflowClient(), folder)
                return
        except Exception:
            if not is_gone(store):
                raise
        print_unsent(record.run.run_id, address_of(store.uri), folder)
        with suppress(Exception):
            # Nobody else is to ask the server again. Before it does, MLflow takes it as ended.
            if mlflow.active_run() is not None and not self._was_open:
                mlflow.end_run(record.run.status)

    def _record(
        self,
        run_id: str,
        status: Status,
        metrics: Mapping[str, float],
        error: BaseException | None = None,
    ) -> Record:
        ended = datetime.now(UTC)
        options = dict(self._setting.options)
        if options.pop("only_missing_outputs", None) and self.node_io.node_names:
            # Which outputs are missing is not a fact of the run; which nodes ran is.
            options["node_names"] = ",".join(self.node_io.node_names)
        run = RunFacts(
            run_id=run_id,
            status=status,
            started_at=_iso(self._began),
            finished_at=_iso(ended),
            duration_s=round((ended - self._began).total_seconds(), 3),
            kedro_env=self._setting.kedro_env,
            pipelines=self._pipelines,
            command=self._setting.command,
            options=options,
            config={},
            reproduces=self._rerun.reproduces if self._rerun is not None else None,
            failed_node=self.failed_node,
            error=self._told(error) if error is not None else None,
        )
        return self._setting.record(
            run,
            InputFacts(
                self._table_facts.read(self._tables), self._files.read, self._files.values_read
            ),
            OutputFacts(
                self._table_facts.written(self._tables),
                self._files.written,
                self._files.values_written,
            ),
            self.node_io.nodes(self._table_facts, self.watcher),
            self.node_io.models,
            metrics,
        )

    def _told(self, error: BaseException) -> str:
        return self.secrets.redact_text(f"{type(error).__name__}: {error}")[:_MOST_CHARACTERS]

    def _interrupted(self) -> None:
        import mlflow

        mlflow.end_run("KILLED")

    @contextmanager
    def _ending(self, catalog: "CatalogProtocol[Any, Any]") -> Iterator[str | None]:
        """Let the tables go, and Spark once the record is kept: it is asked what it was."""
        self._release(catalog)
        try:
            yield self._tables.run_id
        finally:
            spark_session.stop()
            if self._on_end is not None:
                self._on_end()

    def _release(self, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Let the tables go: what is loaded after the run is not this run's."""
        atexit.unregister(self._interrupted)
        leave(catalog)
        self._log.stop()
        for _, dataset in catalog.items():
            if is_versioned(dataset):
                dataset.join(None)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
