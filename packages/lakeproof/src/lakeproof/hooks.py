"""Where Kedro's run touches the machinery, in each project that has `[tool.lakeproof]`.

The entry points `kedro.hooks` and `kedro.cli_hooks` name this module, not a thing in it: the re-run
of a run from before there were entry points has its own module of this name on its path, with a
class that its `settings.py` makes use of, and no function for Kedro to call.

Thin on purpose: each hook hands over to a room and does nothing itself. Those of a run are its
session's (`record.run.session_hooks`).
"""

import logging
import os
from collections.abc import Generator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.hooks import cli_hook_impl
from kedro.framework.hooks import hook_impl

from lakeproof.determinism import RecipeError, find_recipe
from lakeproof.errors import RunError

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.framework.startup import ProjectMetadata


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
    from lakeproof.record.mlflow_store.mlflow_tables import newest_revision
    from lakeproof.record.mlflow_store.moved_store import follow_move
    from lakeproof.record.mlflow_store.tracking import serving, tracking_of
    from lakeproof.record.places.environments import require_environment
    from lakeproof.record.run import in_progress, rerun
    from lakeproof.record.run.rerun_hooks import leave_out_hooks
    from lakeproof.record.run.session_hooks import SessionHooks
    from lakeproof.record.setup import version_ranges
    from lakeproof.spark.project import use_settings_of
    from lakeproof.startup.libraries.hooked_imports import let_threads_import
    from lakeproof.startup.libraries.known_schema import compare_without_alembic

    if (doubt := version_ranges.warning()) is not None and not is_rerun():
        logger.warning(doubt)
    compare_without_alembic(newest_revision)
    let_threads_import()
    hooks = SessionHooks.of(context)
    hooks.context = context
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
        hooks.store = tracking
        if told is None:
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
