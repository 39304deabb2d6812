"""One run from the machinery's side: begun, started, then finished or failed."""

import atexit
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.delta.dataset import DeltaTable
from lakeproof.delta.run import RunTables
from lakeproof.errors import LakeproofError
from lakeproof.record import rerun as rerunning
from lakeproof.record.boundary import Boundary
from lakeproof.record.facts import InputFacts, OutputFacts, Record, RunFacts, Status
from lakeproof.record.files import FileRecorder
from lakeproof.record.gathering import Setting
from lakeproof.record.git import head_commit
from lakeproof.record.hiding import LogWithoutSecrets
from lakeproof.record.pinning import pin_tables, warn_of_lifetimes
from lakeproof.record.tables import TableRecorder
from lakeproof.record.watcher import NodeWatcher
from lakeproof.spark import session as spark_session

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from mlflow.entities import Run

_MOST_CHARACTERS = 2_000


class RunSession:
    """The run in progress.

    Args:
        setting: What decides it.
        tables: Its tables, at their versions.
        rerun: What it is told, if it is a re-run.
        pipelines: What was asked for.
        tracking: What `mlflow.yml` says of its MLflow run, where kedro-mlflow makes one.
    """

    def __init__(
        self,
        setting: Setting,
        tables: RunTables,
        rerun: rerunning.Rerun | None,
        pipelines: tuple[str, ...],
        tracking: Any,
    ) -> None:
        self._setting = setting
        self._tables = tables
        self._rerun = rerun
        self._pipelines = pipelines
        self._tracking = tracking
        self._began = datetime.now(UTC)
        self._files = FileRecorder(setting.project_path)
        self._table_facts = TableRecorder(setting.project_path, rerun)
        self.secrets = setting.secrets
        self._log = LogWithoutSecrets(setting.secrets)
        self.boundary = Boundary(tables, self._files, setting.secrets)
        self.watcher = NodeWatcher(
            *(setting.project_path, setting.source, setting.secrets), is_on=setting.is_watched
        )
        self.failed_node: str | None = None

    @classmethod
    def begin(
        cls,
        context: "KedroContext",
        run_params: Mapping[str, Any],
        pipeline: "Pipeline",
        catalog: "CatalogProtocol[Any, Any]",
    ) -> "RunSession":
        """Resolve and refuse, before anything of the run exists.

        Raises:
            LakeproofError: If the run cannot be had as asked for.
        """
        project_path = Path(run_params["project_path"])
        rerun = rerunning.current()
        if rerun is not None:
            rerunning.hold_outputs(rerun, pipeline, catalog, project_path)
        tables = RunTables(git_commit=head_commit(project_path), believes_commits=rerun is None)
        pin_tables(run_params, pipeline, catalog, tables)
        if rerun is None:  # whose run has said it
            warn_of_lifetimes(tables, run_params.get("env"))
        setting = Setting.gather(context, run_params, pipeline, catalog)
        names = run_params.get("pipeline_names") or ["__default__"]
        pipelines = (names,) if isinstance(names, str) else tuple(names)
        configured = getattr(context, "mlflow", None)
        return cls(setting, tables, rerun, pipelines, configured and configured.tracking)

    def started(self) -> None:
        """Take note of the MLflow run that kedro-mlflow has just started."""
        import mlflow

        from lakeproof.record.mlflow_index import settle_registry

        settle_registry()
        active = mlflow.active_run()
        self._tables.run_id = active.info.run_id if active else None
        if self._tracking is not None and not self._tracking.disable_tracking.disable_autologging:
            # kedro-mlflow only refrains from turning it off. Models and tables are logged already.
            mlflow.autolog(log_models=False, log_datasets=False, exclude_flavors=["spark"])
        # MLflow's own clean-up, which runs after ours, would call an interrupted run FINISHED.
        atexit.register(self._interrupted)

    def finished(self, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Record the run and tell its id."""
        from lakeproof.record.report import print_metrics, print_recorded

        with self._ending(catalog) as run_id:
            if run_id is None:
                return
            run = self._index(run_id)
            self._keep(self._record(run_id, "FINISHED", run.data.metrics), run)
        print_metrics(run.data.metrics)
        print_recorded(run_id)

    def failed(self, catalog: "CatalogProtocol[Any, Any]", error: BaseException) -> None:
        """Record what a failed run had read and written by then."""
        from lakeproof.record.report import print_failed

        with self._ending(catalog) as run_id:
            if run_id is None:
                return
            # What made it fail may make its tables unreadable; that error is the one.
            with suppress(LakeproofError):
                run = self._index(run_id)
                self._keep(self._record(run_id, "FAILED", run.data.metrics, error), run)
        print_failed(run_id)

    def _index(self, run_id: str) -> "Run":
        from mlflow.tracking import MlflowClient

        from lakeproof.record import mlflow_index

        mlflow_index.log_tables(run_id, self._tables.uses, self._table_facts)
        return MlflowClient().get_run(run_id)

    def _record(
        self,
        run_id: str,
        status: Status,
        metrics: Mapping[str, float],
        error: BaseException | None = None,
    ) -> Record:
        ended = datetime.now(UTC)
        options = dict(self._setting.options)
        if options.pop("only_missing_outputs", None):
            # Which outputs are missing is not a fact of the run; which nodes ran is.
            options["node_names"] = ",".join(self.boundary.node_names)
        text = f"{type(error).__name__}: {error}" if error is not None else None
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
            error=self.secrets.redact_text(text)[:_MOST_CHARACTERS] if text else None,
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
            self.boundary.nodes(self._table_facts, self.watcher),
            self.boundary.models,
            metrics,
        )

    def _keep(self, record: Record, run: "Run") -> None:
        from mlflow.tracking import MlflowClient

        from lakeproof.record import mlflow_words, store
        from lakeproof.record.code import keep_alive
        from lakeproof.record.command import to_yaml
        from lakeproof.record.document import to_bytes

        if self._rerun is not None:
            path = Path(self._rerun.record_path)
            partial = path.with_suffix(".partial")
            partial.write_bytes(to_bytes(record))
            partial.replace(path)
        elif record.code.commit is not None:
            keep_alive(self._setting.project_path, record.run.run_id, record.code.commit)
        client = MlflowClient()
        # What the user has named or described stays so.
        if self._has_name_of_kedro_mlflow(run):
            client.update_run(record.run.run_id, name=mlflow_words.name_of(record))
        tags = mlflow_words.tags_of(record)
        if mlflow_words.NOTE not in run.data.tags:
            tags[mlflow_words.NOTE] = mlflow_words.description_of(record)
        store.write(client, record, to_yaml(record.run.config), tags)

    def _has_name_of_kedro_mlflow(self, run: "Run") -> bool:
        """Tell whether nobody named the MLflow run, in `mlflow.yml` or meanwhile."""
        asked = self._tracking.run if self._tracking is not None else None
        is_asked = asked is None or bool(asked.name or asked.id)
        return not is_asked and run.info.run_name == "+".join(self._pipelines)

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

    def _release(self, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Let the tables go: what is loaded after the run is not this run's."""
        atexit.unregister(self._interrupted)
        self._log.stop()
        for _, dataset in catalog.items():
            if isinstance(dataset, DeltaTable):
                dataset.join(None)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
