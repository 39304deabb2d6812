"""One run from the machinery's side: begun, started, then finished or failed."""

import atexit
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.delta.dataset import DeltaTable
from lakeproof.delta.run import RunTables
from lakeproof.record.git import head_commit
from lakeproof.record.pinning import pin_tables

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline


class RunSession:
    """The run in progress.

    Args:
        tables: Its tables, at their versions.
    """

    def __init__(self, tables: RunTables) -> None:
        self._tables = tables
        self.failed_node: str | None = None

    @classmethod
    def begin(
        cls,
        run_params: Mapping[str, Any],
        pipeline: "Pipeline",
        catalog: "CatalogProtocol[Any, Any]",
    ) -> "RunSession":
        """Resolve and refuse, before anything of the run exists.

        Raises:
            LakeproofError: If the run cannot be had as asked for.
        """
        tables = RunTables(git_commit=head_commit(Path(run_params["project_path"])))
        pin_tables(run_params, pipeline, catalog, tables)
        return cls(tables)

    def started(self) -> None:
        """Take note of the MLflow run that kedro-mlflow has just started."""
        import mlflow

        active = mlflow.active_run()
        self._tables.run_id = active.info.run_id if active else None
        # MLflow's own clean-up, which runs after ours, would call an interrupted run FINISHED.
        atexit.register(self._interrupted)

    def finished(self, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Record the run and tell its id."""
        from lakeproof.record import mlflow_index
        from lakeproof.record.report import print_metrics, print_recorded

        self._release(catalog)
        run_id = self._tables.run_id
        if run_id is None:
            return
        mlflow_index.log_tables(run_id, self._tables.uses)
        print_metrics(mlflow_index.metrics_of(run_id))
        print_recorded(run_id)

    def failed(self, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Record what a failed run had read and written by then."""
        from lakeproof.record import mlflow_index
        from lakeproof.record.report import print_failed

        self._release(catalog)
        run_id = self._tables.run_id
        if run_id is None:
            return
        mlflow_index.log_tables(run_id, self._tables.uses)
        print_failed(run_id)

    def _interrupted(self) -> None:
        import mlflow

        mlflow.end_run("KILLED")

    def _release(self, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Let the tables go: what is loaded after the run is not this run's."""
        atexit.unregister(self._interrupted)
        for _, dataset in catalog.items():
            if isinstance(dataset, DeltaTable):
                dataset.join(None)
