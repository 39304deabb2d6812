"""What Kedro calls in the run of one session, and which part of its record that is.

Thin on purpose: each hook hands over to a room and does nothing itself.
"""

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

    from lakeproof.record.mlflow_store.tracking import Tracking
    from lakeproof.record.run.session import RunSession


class SessionHooks:
    """Make the run of one session read one snapshot of its tables, and leave a record of it."""

    def __init__(self) -> None:
        # The run in progress, and none before and after.
        self._session: RunSession | None = None
        self._catalog: CatalogProtocol[Any, Any] | None = None
        self._conf_catalog: Mapping[str, Any] = {}
        self.context: KedroContext | None = None
        # Where MLflow keeps its runs, as `mlflow.yml` says.
        self.store: Tracking | None = None

    @classmethod
    def of(cls, context: "KedroContext") -> "SessionHooks":
        """Give those of a session, which may make its context more than once."""
        manager = context._hook_manager
        found = next((one for one in manager.get_plugins() if isinstance(one, cls)), None)
        if found is None:
            found = cls()
            manager.register(found)
        return found

    @hook_impl(trylast=True)
    def after_catalog_created(
        self, catalog: "CatalogProtocol[Any, Any]", conf_catalog: Mapping[str, Any]
    ) -> None:
        """Tell each table its catalog name, and in a re-run its place; others may have added some.

        Others' hooks are called before or after ours by the order in which packages lie on a disk,
        where neither says: each of ours says.
        """
        from lakeproof.record.documents import rerun_request
        from lakeproof.record.run import rerun
        from lakeproof.record.run.pinning import name_tables
        from lakeproof.record.setup.personal import tell_all

        # Of the one that was made last: Kedro makes the run's, and runs with it.
        self._conf_catalog = conf_catalog
        name_tables(catalog, self.context.project_path if self.context is not None else Path())
        tell_all(catalog, conf_catalog)
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
        """Refuse unreadable pins and resolve every table, before MLflow starts a run."""
        from lakeproof.record.run.in_progress import give_turn, take_turn
        from lakeproof.record.run.session import RunSession
        from lakeproof.startup.faster_imports import end_imports, without_ipython

        take_turn(self)
        try:
            assert self.context is not None, "Kedro creates the context before it runs a pipeline"
            assert self.store is not None
            session = RunSession.begin(
                self.context, self.store, run_params, pipeline, catalog, self._conf_catalog
            )
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

    @hook_impl(trylast=True)
    def before_dataset_loaded(self, dataset_name: str, node: "Node") -> None:
        """Start the node's clock, and let it have what nobody else will get."""
        if self._session is not None and self._catalog is not None:
            self._session.seen.watcher.loads()
            self._session.seen.node_io.begins(node)
            self._session.sole_readers.loads(dataset_name, self._catalog.get(dataset_name))

    @hook_impl(trylast=True)
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: "Node") -> None:
        """Digest what the node gets."""
        if self._session is not None and self._catalog is not None:
            dataset = self._catalog.get(dataset_name)
            self._session.sole_readers.loaded(dataset_name, dataset)
            self._session.seen.node_io.loaded(node, dataset_name, dataset, data)

    @hook_impl(wrapper=True)
    def before_node_run(self, node: "Node", inputs: dict[str, Any]) -> Generator[None, Any, Any]:
        """Keep secrets from becoming MLflow parameters; Kedro hands hooks a copy of the inputs."""
        if self._session is None or self._catalog is None:
            return (yield)
        from lakeproof.record.node_io import random_states

        self._session.seen.node_io.begins(node)
        parameters = [n for n in inputs if n == "parameters" or n.startswith("params:")]
        with ExitStack() as stack:
            for name in parameters:
                stack.enter_context(hidden(inputs, name, self._session.secrets))
            stack.enter_context(self._session.seen.params_together())
            results = yield
        # After all other hooks: the node's function comes next. What they give it instead of its
        # inputs has no digest: then no other run's outputs are those of this one.
        if not any(isinstance(one, dict) and one for one in results):
            self._session.seen.runs(node, inputs, self._catalog)
        if self._session.resets_random:
            random_states.reset()
        self._session.seen.node_io.computes(node)
        self._session.seen.watcher.begins(node, self._catalog)
        return results

    @hook_impl(tryfirst=True)
    def before_dataset_saved(self, dataset_name: str, node: "Node") -> None:
        """Look away from a generator while its chunk is saved, and at what is there already."""
        if self._session is not None:
            self._session.seen.watcher.saves()
            if self._catalog is not None:
                dataset = self._catalog.get(dataset_name)
                self._session.seen.node_io.saves(node, dataset_name, dataset)

    @hook_impl(wrapper=True)
    def after_dataset_saved(
        self, dataset_name: str, data: Any, node: "Node"
    ) -> Generator[None, Any, Any]:
        """Digest what the node gave."""
        if self._session is not None and self._catalog is not None:
            dataset = self._catalog.get(dataset_name)
            self._session.seen.node_io.saved(node, dataset_name, dataset, data)
        results = yield
        if self._session is not None:
            self._session.seen.watcher.goes_on(node)
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
            self._session.seen.watcher.ends(node)
            self._session.seen.has_run(node, outputs, catalog)
        for name, output in outputs.items():
            dataset = catalog.get(name)
            if isinstance(dataset, SklearnModel):
                dataset.show_inputs(list(inputs.values()), output)
        if self._session is not None:
            self._session.seen.node_io.computed(node, inputs, outputs)
        results = yield
        if self._session is not None:
            self._session.seen.watcher.goes_on(node)
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
            self._session.seen.failed_node = node.name
            self._session.seen.watcher.ends(node)

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
            from lakeproof.record.run.ending.failure import in_brief

            node = session.seen.failed_node if session is not None else None
            secrets = session.secrets if session is not None else None
            path = Path(run_params["project_path"])
            raise in_brief(error, node, path, secrets) from error
        return results
