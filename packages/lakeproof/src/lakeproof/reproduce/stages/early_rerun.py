"""What `kedro reproduce` does before Kedro is imported: begin the process of the re-run.

Half of a re-run of a small project is imports, and the command that looks for its record needs the
dearest of them too, MLflow. So a process in the recipe of the project imports what both need, and
forks; then it is the command that was typed, in the environment that it was given. What becomes of
the fork is decided later (`early_fork`).
"""

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from lakeproof import determinism
from lakeproof.record.mlflow_store.mlflow_tables import newest_revision
from lakeproof.reproduce.stages import early_fork
from lakeproof.reproduce.stages.child import shared_environment
from lakeproof.startup import begin, early_start
from lakeproof.startup.faster_imports import end_imports, without_ipython
from lakeproof.startup.libraries.known_schema import compare_without_alembic
from lakeproof.startup.libraries.no_flask import leave_out_flask

# What the command imports as well, wherever its re-run is.
_OF_BOTH = (
    *("mlflow.tracking", "mlflow.store.tracking.sqlalchemy_store", "sqlalchemy.dialects.sqlite"),
    *("mlflow.store.model_registry.sqlalchemy_store", "opentelemetry.sdk.trace", "click"),
    *("rich.logging", "omegaconf", "dynaconf", "pydantic.dataclasses", "logging.config"),
    *("filelock", "fsspec.implementations.local", "deltalake", "narwhals.stable.v2"),
    *("multiprocessing.managers", "more_itertools", "kedro.pipeline"),
    *("lakeproof.record.run.session", "lakeproof.delta.embedded.embedded_engine"),
)


def main() -> None:
    """Import, fork, and be the command that was typed."""
    typed, added = early_start.take_over()
    with _forked(added):
        early_start.become_typed(typed)


@contextmanager
def _forked(added: Mapping[str, str]) -> Iterator[None]:
    leave_out_flask()
    typed = dict(os.environ)
    given = shared_environment(typed, determinism.in_force({**typed, **added}))
    project = determinism.tables_around(Path.cwd()) or {}
    source = Path.cwd() / str(project.get("kedro", {}).get("source_dir", "src"))
    with ExitStack() as stack:
        with _environment(given), without_ipython():
            begin.have_home()
            begin.import_quickly()
            compare_without_alembic(newest_revision)
            for name in _OF_BOTH:
                # Whoever needs it says so.
                with suppress(Exception):
                    importlib.import_module(name)
            end_imports()
            stack.enter_context(early_fork.begun(Path.cwd(), source, given))
        # Before libraries added to it.
        determinism.remember(typed)
        _let_polars_have_threads()
        yield


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
        added = {name: value for name, value in os.environ.items() if wanted.get(name) != value}
        os.environ.clear()
        os.environ.update(typed | added)


if __name__ == "__main__":
    main()
