"""The one line in `settings.py`: where Kedro's run touches the machinery.

Thin on purpose: each method hands over to a room and does nothing itself.
"""

import os
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.hooks import hook_impl

from lakeproof.errors import wants_traceback
from lakeproof.record.redaction.log_filter import hidden

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

    from lakeproof.record.run.session import RunSession


def is_rerun() -> bool:
    """Tell whether this run is a re-run, for hooks that would send or deploy again."""
    from lakeproof.record.documents.rerun_request import VARIABLE

    return bool(os.environ.get(VARIABLE))


class LakeproofHooks:
    """Give each Kedro session hooks of its own.

    A process may have several sessions, and a node may open one to read a catalog: what is known of
    a run is its session's alone.
    """

    @hook_impl(wrapper=True)
    def after_context_created(self, context: "KedroContext") -> Generator[None, Any, Any]:
        """Prepare configuration before kedro-mlflow reads its own: its store may have moved."""
        from lakeproof.record.documents import rerun_request
        from lakeproof.record.mlflow_store import tracking
        from lakeproof.record.places.project_paths import register_project_path
        from lakeproof.record.run import in_progress, rerun
        from lakeproof.record.run.rerun_hooks import leave_out_hooks
        from lakeproof.spark.project import use_settings_of

        SessionHooks.of(context).context = context
        register_project_path(context.project_path)
        use_settings_of(context)
        told = rerun_request.current()
        if told is not None:
            leave_out_hooks(context)
            rerun.prepare(told, context)
        else:
            tracking.follow_move(tracking.tracking_of(context.project_path, context.config_loader))
        if not in_progress.is_in_progress():
            return (yield)
        with in_progress.kedro_mlflow_as_it_was():
            return (yield)


class SessionHooks:
    """Make the run of one session read one snapshot of its tables, and leave a record of it."""

    def __init__(self) -> None:
        # The run in progress, and none before and after.
        self._session: RunSession | None = None
        self._catalog: CatalogProtocol[Any, Any] | None = None
        self.context: KedroContext | None = None

    @classmethod
    def of(cls, context: "KedroContext") -> "SessionHooks":
        """Give those of a session, which may make its context more than once."""
        manager = context._hook_manager
        found = next((one for one in manager.get_plugins() if isinstance(one, cls)), None)
        if found is None:
            found = cls()
            manager.register(found)
        return found

    @hook_impl
    def after_catalog_created(self, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Tell each table its catalog name, and in a re-run its place."""
        from lakeproof.record.documents import rerun_request
        from lakeproof.record.run import rerun
        from lakeproof.record.run.pinning import name_tables

        name_tables(catalog)
        told = rerun_request.current()
        if told is not None:
            rerun.redirect(told, catalog)

    @hook_impl(wrapper=True)
    def before_pipeline_run(
        self,
        run_params: Mapping[str, Any],
        pipeline: "Pipeline",
        catalog: "CatalogProtocol[Any, Any]",
    ) -> Generator[None, Any, Any]:
        """Refuse what cannot be had and resolve every table, before MLflow starts a run."""
        from lakeproof.record.run.in_progress import give_turn, take_turn
        from lakeproof.record.run.session import RunSession
        from lakeproof.startup_speed import end_imports, without_ipython

        take_turn(self)
        try:
            assert self.context is not None, "Kedro creates the context before it runs a pipeline"
            session = RunSession.begin(self.context, run_params, pipeline, catalog)
            # kedro-mlflow makes tags of these, as they are.
            with hidden(run_params, "runtime_params", session.secrets), without_ipython():
                results = yield
            session.started(catalog, on_end=lambda: give_turn(self))
        except BaseException:
            give_turn(self)
            raise
        end_imports()
        self._session, self._catalog = session, catalog
        return results

    @hook_impl
    def before_dataset_loaded(self, node: "Node") -> None:
        """Start the node's clock."""
        if self._session is not None:
            self._session.watcher.loads()
            self._session.boundary.begins(node)

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: "Node") -> None:
        """Digest what the node gets."""
        if self._session is not None and self._catalog is not None:
            dataset = self._catalog.get(dataset_name)
            self._session.boundary.loaded(node, dataset_name, dataset, data)

    @hook_impl(wrapper=True)
    def before_node_run(self, node: "Node", inputs: dict[str, Any]) -> Generator[None, Any, Any]:
        """Keep secrets from becoming MLflow parameters; Kedro hands hooks a copy of the inputs."""
        if self._session is None or self._catalog is None:
            return (yield)
        self._session.boundary.begins(node)
        parameters = [n for n in inputs if n == "parameters" or n.startswith("params:")]
        with ExitStack() as stack:
            for name in parameters:
                stack.enter_context(hidden(inputs, name, self._session.secrets))
            results = yield
        # After all other hooks: the node's function comes next.
        self._session.watcher.begins(node, self._catalog)
        return results

    @hook_impl(tryfirst=True)
    def before_dataset_saved(self, dataset_name: str) -> None:
        """Look away from a generator while its chunk is saved, and at what is there already."""
        if self._session is not None:
            self._session.watcher.saves()
            if self._catalog is not None:
                self._session.boundary.saves(dataset_name, self._catalog.get(dataset_name))

    @hook_impl(wrapper=True)
    def after_dataset_saved(
        self, dataset_name: str, data: Any, node: "Node"
    ) -> Generator[None, Any, Any]:
        """Digest what the node gave."""
        if self._session is not None and self._catalog is not None:
            dataset = self._catalog.get(dataset_name)
            self._session.boundary.saved(node, dataset_name, dataset, data)
        results = yield
        if self._session is not None:
            self._session.watcher.goes_on(node)
        return results

    @hook_impl(wrapper=True)
    def after_node_run(
        self,
        node: "Node",
        catalog: "CatalogProtocol[Any, Any]",
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
    ) -> Generator[None, Any, Any]:
        """Give a fitted model the rows it was fitted on, for its input example."""
        from lakeproof.model import SklearnModel

        if self._session is not None:
            self._session.watcher.ends(node)
        for name, output in outputs.items():
            dataset = catalog.get(name)
            if isinstance(dataset, SklearnModel):
                dataset.show_inputs(list(inputs.values()), output)
        if self._session is not None:
            self._session.boundary.computed(node, inputs, outputs)
        results = yield
        if self._session is not None:
            self._session.watcher.goes_on(node)
        return results

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Record the run while MLflow's is still open (kedro-mlflow closes it after us)."""
        session, self._session = self._session, None
        if session is not None:
            session.finished(catalog)

    @hook_impl(tryfirst=True)
    def on_node_error(self, node: "Node") -> None:
        """Remember which node failed; the error of the whole run does not say."""
        if self._session is not None:
            self._session.failed_node = node.name
            self._session.watcher.ends(node)

    @hook_impl(wrapper=True)
    def on_pipeline_error(
        self, error: Exception, run_params: Mapping[str, Any], catalog: "CatalogProtocol[Any, Any]"
    ) -> Generator[None, Any, Any]:
        """Say which run failed, and, to a person at a terminal, why in a few lines."""
        session, self._session = self._session, None
        if session is not None:
            session.failed(catalog, error)
        results = yield
        if click.get_current_context(silent=True) is not None and not wants_traceback():
            from lakeproof.record.run.failure import in_brief

            node = session.failed_node if session is not None else None
            secrets = session.secrets if session is not None else None
            path = Path(run_params["project_path"])
            raise in_brief(error, node, path, secrets) from error
        return results
