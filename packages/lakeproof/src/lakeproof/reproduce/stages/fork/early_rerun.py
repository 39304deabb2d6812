"""What `kedro reproduce` does before Kedro is imported: begin the process of the re-run.

Two fifths of a run of a small project are imports that come before its pipelines are. So a process
in the recipe of the project imports what the command and its re-run both need, and forks; the fork
imports the rest, most of it MLflow, and this process is the command that was typed, in the
environment that it was given. What becomes of the fork is decided later (`early_fork`).
"""

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from lakeproof import determinism
from lakeproof.record.documents import sections
from lakeproof.record.mlflow_store.mlflow_tables import newest_revision
from lakeproof.reproduce.stages.child import shared_environment
from lakeproof.reproduce.stages.fork import early_fork, fork_server, project_start
from lakeproof.startup import begin, early_start
from lakeproof.startup.faster_imports import end_imports, without_ipython
from lakeproof.startup.libraries.known_schema import compare_without_alembic
from lakeproof.startup.libraries.no_flask import leave_out_flask

# What a run imports before the project's pipelines, and the command as well.
OF_BOTH = (
    *("polars", "click", "omegaconf", "dynaconf", "pydantic", "logging.config"),
    *("more_itertools", "kedro.pipeline", "lakeproof.record.run.session"),
    *("multiprocessing.managers", "asyncio", "fsspec", "pluggy", "packaging.version"),
)
# What a run imports before them, and who writes into its store.
OF_THE_RUN = (
    *("mlflow.tracking", "mlflow.store.tracking.sqlalchemy_store", "sqlalchemy.dialects.sqlite"),
    *("opentelemetry.sdk.trace", "mlflow.tracing.processor.base_mlflow"),
    "mlflow.tracking.request_header.registry",
    *("mlflow.store.tracking.sqlalchemy_workspace_store", "concurrent.futures.process"),
    *("email.policy", "pathspec", "importlib_metadata"),
)


def main() -> None:
    """Import, fork, and be the command that was typed."""
    typed, added = early_start.take_over()
    with ExitStack() as stack:
        # Whatever is wrong, the command will say.
        with suppress(Exception):
            stack.enter_context(_forked(added))
        early_start.become_typed(typed)


@contextmanager
def _forked(added: Mapping[str, str]) -> Iterator[None]:
    leave_out_flask()
    if not project_start.only_declares(Path.cwd()):
        yield
        return
    typed = dict(os.environ)
    given = shared_environment(typed, determinism.in_force({**typed, **added}))
    with ExitStack() as stack:
        with _environment(given):
            begin.have_home()
            begin.import_quickly()
            for name in OF_BOTH:
                # Whoever needs it says so.
                with suppress(Exception):
                    importlib.import_module(name)
            sections.reader()
            end_imports()
            compare_without_alembic(newest_revision)
            stack.enter_context(early_fork.begun(_imported_for_the_run(), given))
        # Before libraries added to it.
        determinism.remember(typed)
        _let_polars_have_threads()
        yield


def _imported_for_the_run() -> Iterator[str]:
    with without_ipython():
        yield from OF_THE_RUN


def _let_polars_have_threads() -> None:
    """Have Polars, from version 2 on, read its variables again: it has seen the re-run's."""
    polars: Any = sys.modules.get("polars")
    with suppress(Exception):
        polars.Config.load("{}")


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Have other variables for a while; what libraries add to them stays."""
    typed = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        added = fork_server.changed(wanted)
        os.environ.clear()
        os.environ.update(typed | added)
