"""Where Kedro's run touches the machinery, in each project that has `[tool.lakeproof]`.

The entry points `kedro.hooks` and `kedro.cli_hooks` name this module, not a thing in it: the re-run
of a run from before there were entry points has its own module of this name on its path, with a
class that its `settings.py` makes use of, and no function for Kedro to call.

Thin on purpose: each hook hands over to a room and does nothing itself.
"""

import logging
import os
from collections.abc import Generator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.hooks import cli_hook_impl
from kedro.framework.hooks import hook_impl

from lakeproof.determinism import RecipeError, find_recipe
from lakeproof.errors import RunError, wants_traceback
from lakeproof.record.redaction.log_filter import hidden

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.framework.startup import ProjectMetadata
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

    from lakeproof.record.run.session import RunSession

logger = logging.getLogger(__name__)


def is_rerun() -> bool:
    """Tell whether this run is a re-run, for hooks that would send or deploy again."""
    from lakeproof.record.documents.rerun_request import VARIABLE

    return bool(os.environ.get(VARIABLE))


class LakeproofHooks:
    """What `HOOKS` in `settings.py` held before the plugin came by itself; it has no hooks.

    It is still a way to be recorded without `[tool.lakeproof]`. A packaged project, which has no
    `pyproject.toml`, says it in its `__main__` (`startup.prepare_package`).
    """


@hook_impl(wrapper=True)
def after_context_created(context: "KedroContext") -> Generator[None, Any, Any]:
    """Give the session hooks of its own, and prepare configuration before kedro-mlflow reads its.

    A process may have several sessions, and a node may open one to read a catalog: what is known of
    a run is its session's alone. Where runs are not recorded, there are no more hooks than this.
    """
    from lakeproof.record.places.project_paths import register_configuration, register_project_path

    # Whoever took the table out may have left it in `mlflow.yml`.
    register_project_path(context.project_path)
    if not _is_ours(context.project_path):
        return (yield)

    from lakeproof.record.documents import rerun_request
    from lakeproof.record.mlflow_store import server, unsent
    from lakeproof.record.mlflow_store.moved_store import follow_move
    from lakeproof.record.mlflow_store.tracking import serving, tracking_of
    from lakeproof.record.places.environments import require_environment
    from lakeproof.record.run import in_progress, rerun
    from lakeproof.record.run.rerun_hooks import leave_out_hooks
    from lakeproof.record.setup import version_ranges
    from lakeproof.spark.project import use_settings_of

    if (doubt := version_ranges.warning()) is not None and not is_rerun():
        logger.warning(doubt)
    SessionHooks.of(context).context = context
    register_configuration(context.project_path, context.config_loader)
    use_settings_of(context)
    told = rerun_request.current()
    with ExitStack() as stack:
        if told is not None:
            leave_out_hooks(context)
            rerun.prepare(told, context)
        else:
            require_environment(context.config_loader)
            tracking = tracking_of(context.project_path, context.config_loader)
            with serving(tracking.uri):
                # It may have moved.
                follow_move(tracking)
            if (note := server.ignored_variable(tracking, os.environ)) is not None:
                logger.warning(note)
            server.leave_out_local_artifacts(context.config_loader, tracking)
            server.require_server(tracking)
            unsent.send_all(context.project_path, tracking)
            stack.enter_context(serving(tracking.uri, through="kedro_mlflow"))
        if in_progress.is_in_progress():
            stack.enter_context(in_progress.kedro_mlflow_as_it_was())
        return (yield)


@cli_hook_impl
def before_command_run(project_metadata: "ProjectMetadata | None", command_args: list[str]) -> None:
    """Say that a run will not be recorded, where no hook of the run can: they are turned off.

    And that there is no project, where Kedro knows no command of ours.
    """
    if project_metadata is None:
        _refuse_ours(command_args)
    if project_metadata is None or command_args[:1] != ["run"]:
        return
    from kedro.framework.project import settings

    from lakeproof.record.places.project_paths import register_project_path

    if "lakeproof" not in settings.DISABLE_HOOKS_FOR_PLUGINS:
        return
    register_project_path(project_metadata.project_path)
    with suppress(RecipeError):
        if find_recipe(project_metadata.project_path) is None:
            return
    click.echo(
        "This run is not recorded, and its tables are not pinned: DISABLE_HOOKS_FOR_PLUGINS in "
        "settings.py names lakeproof. Take it out there to have runs recorded.",
        err=True,
    )


def _refuse_ours(command_args: list[str]) -> None:
    from lakeproof.cli import commands

    if command_args and command_args[0] in commands.commands:
        click.echo(
            f"Error: There is no Kedro project in {Path.cwd()} or above it: no pyproject.toml with "
            f"a section [tool.kedro]. 'kedro {command_args[0]}' is a project's: change to its "
            "folder.",
            err=True,
        )
        raise SystemExit(2)


def _is_ours(project_path: Path) -> bool:
    """Tell whether runs of a project are recorded.

    Raises:
        RunError: If its `[tool.lakeproof]` cannot be read.
    """
    from kedro.framework.project import settings

    has_line = any(isinstance(hooks, LakeproofHooks) for hooks in settings.HOOKS)
    try:
        has_table = find_recipe(project_path) is not None
    except RecipeError as error:
        raise RunError(str(error)) from error
    if has_line and has_table and not is_rerun():
        logger.warning(
            "LakeproofHooks() in settings.py has no use any more: the installed plugin comes by "
            "itself where pyproject.toml has [tool.lakeproof]. Remove it from HOOKS."
        )
    return has_line or has_table or is_rerun()


class SessionHooks:
    """Make the run of one session read one snapshot of its tables, and leave a record of it."""

    def __init__(self) -> None:
        # The run in progress, and none before and after.
        self._session: RunSession | None = None
        self._catalog: CatalogProtocol[Any, Any] | None = None
        self._conf_catalog: Mapping[str, Any] = {}
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

        # Of the one that was made last: Kedro makes the run's, and runs with it.
        self._conf_catalog = conf_catalog
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
        """Refuse unreadable pins and resolve every table, before MLflow starts a run."""
        from lakeproof.record.run.in_progress import give_turn, take_turn
        from lakeproof.record.run.session import RunSession
        from lakeproof.startup.faster_imports import end_imports, without_ipython

        take_turn(self)
        try:
            assert self.context is not None, "Kedro creates the context before it runs a pipeline"
            session = RunSession.begin(
                self.context, run_params, pipeline, catalog, self._conf_catalog
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
    def before_dataset_loaded(self, node: "Node") -> None:
        """Start the node's clock."""
        if self._session is not None:
            self._session.watcher.loads()
            self._session.node_io.begins(node)

    @hook_impl(trylast=True)
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: "Node") -> None:
        """Digest what the node gets."""
        if self._session is not None and self._catalog is not None:
            dataset = self._catalog.get(dataset_name)
            self._session.node_io.loaded(node, dataset_name, dataset, data)

    @hook_impl(wrapper=True)
    def before_node_run(self, node: "Node", inputs: dict[str, Any]) -> Generator[None, Any, Any]:
        """Keep secrets from becoming MLflow parameters; Kedro hands hooks a copy of the inputs."""
        if self._session is None or self._catalog is None:
            return (yield)
        self._session.node_io.begins(node)
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
                self._session.node_io.saves(dataset_name, self._catalog.get(dataset_name))

    @hook_impl(wrapper=True)
    def after_dataset_saved(
        self, dataset_name: str, data: Any, node: "Node"
    ) -> Generator[None, Any, Any]:
        """Digest what the node gave."""
        if self._session is not None and self._catalog is not None:
            dataset = self._catalog.get(dataset_name)
            self._session.node_io.saved(node, dataset_name, dataset, data)
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
            self._session.node_io.computed(node, inputs, outputs)
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
