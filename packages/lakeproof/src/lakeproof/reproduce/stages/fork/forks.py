"""Processes of re-runs that share one import: forks of one that has imported the libraries.

Half of a small run is the import of five thousand modules. Runs in one environment with the same
variables have them from one process (`fork_server`), which has done nothing but import: what a run
leaves behind it, no other sees. Where that cannot be (another system than Linux, a library that
starts threads when it is imported, which no fork outlives), each is a process of its own.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

from lakeproof.reproduce.stages import child_system
from lakeproof.reproduce.stages.child_system import Asked, Process
from lakeproof.reproduce.stages.fork.fork_processes import OWN, Server
from lakeproof.reproduce.stages.fork.project_start import sets_nothing

# What a recorded run imports, whatever its nodes do.
_OF_EVERY_RUN = (
    *("scipy.special", "mlflow.tracking", "alembic.command"),
    *("mlflow.store.tracking.sqlalchemy_store", "mlflow.store.model_registry.sqlalchemy_store"),
    *("sqlalchemy.dialects.sqlite", "opentelemetry.sdk.trace", "threadpoolctl", "xxhash", "git"),
    *("polars", "pandas", "pyarrow.csv", "pyarrow.dataset", "pyarrow.parquet", "deltalake"),
    *("narwhals.stable.v2", "filelock", "fsspec.implementations.local", "dynaconf", "omegaconf"),
    *("click", "rich", "pydantic.dataclasses", "pathspec", "parse", "attrs", "more_itertools"),
    *("importlib_metadata", "logging.config", "email.policy", "tomllib", "tomli_w", "appdirs"),
    *("alembic.config", "narwhals.stable.v2.selectors", "omegaconf.grammar_parser", "webbrowser"),
    "mlflow.tracing.processor.base_mlflow",
    *("mlflow.store.tracking.sqlalchemy_workspace_store", "multiprocessing.managers"),
    *("mlflow.tracking.request_header.registry", "polars._utils.threading", "PIL.GifImagePlugin"),
)
# Of Kedro and of this package what looks at no folder when it is imported.
_OURS = (
    *("kedro.io", "kedro.pipeline", "lakeproof.cli", "lakeproof.startup.begin"),
    *("lakeproof.record.run.session", "lakeproof.record.run.rerun", "lakeproof.record.run.keeping"),
    *("lakeproof.record.run.ending.doubts", "lakeproof.record.run.mlflow_index"),
    *("lakeproof.record.sections.setup_sections", "lakeproof.record.mlflow_store.mlflow_labels"),
    *("lakeproof.record.registry.loaded_models", "lakeproof.record.chain.head"),
    *("lakeproof.delta.delta_table", "lakeproof.delta.embedded.embedded_engine"),
    *("lakeproof.model.sklearn_model", "lakeproof.model.mlflow_model"),
    *("lakeproof.deliveries.delivery_stream", "lakeproof.estimators.pipelines"),
)
# What comes with a library that the project's code names.
_WITH = {
    "sklearn": ("skops.io", "sklearn.ensemble", "sklearn.pipeline", "mlflow.sklearn"),
    "matplotlib": (
        "matplotlib.figure",
        "matplotlib.pyplot",
        "matplotlib.backends.backend_agg",
        "PIL.JpegImagePlugin",
    ),
}
# They look at the folder, or at the environment, that they are imported in.
_OF_THE_FORK = frozenset({"kedro", "kedro_datasets", "kedro_mlflow", "kedro_viz", "lakeproof"})
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_MOST_FILES = 500


class Forks:
    """Starts processes of re-runs, as forks where that can be; for use in a `with` statement."""

    def __init__(self) -> None:
        self._servers: dict[tuple[Any, ...], Server | None] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Start nothing before it is needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes that fork."""
        self._open.close()
        self._servers.clear()

    def start(self, *asked: *Asked) -> Process:
        """Start `python -P -m kedro …`, as `child_system.start` does."""
        (python, *_), cwd, environment, *_ = asked
        server = self._server(python, cwd, environment)
        forked = server.fork(*asked) if server is not None else None
        return child_system.start(*asked) if forked is None else forked

    def _server(self, python: str, cwd: Path, environment: Mapping[str, str]) -> "Server | None":
        """Give the process that has what is read once: interpreter, libraries and variables."""
        folders = [Path(one) for one in environment["PYTHONPATH"].split(os.pathsep)]
        # What is set before a library is imported there would be set after it here.
        if sys.platform != "linux" or not sets_nothing(folders[0]):
            return None
        libraries = tuple(_imports_of(folders, cwd))
        given = {name: value for name, value in environment.items() if name not in OWN}
        key = python, libraries, tuple(sorted(given.items()))
        if key not in self._servers:
            server = Server.started(python, libraries, given)
            self._open.callback(server.close)
            self._servers[key] = server if server.is_ready() else None
        return self._servers[key]


def _imports_of(folders: Sequence[Path], cwd: Path) -> Iterator[str]:
    """Name what the runs import: what every run does, and what the code of the project names."""
    named = sorted(_named_in(folders[0]))
    tops = {name.partition(".")[0] for name in named}
    more = (name for top, names in _WITH.items() if top in tops for name in names)
    for name in dict.fromkeys([*_OF_EVERY_RUN, *_OURS, *more, *named]):
        top = name.partition(".")[0]
        is_of_run = any((one / top).exists() or (one / f"{top}.py").exists() for one in folders)
        # As matplotlib does its settings.
        reads_folder = (cwd / f"{top}rc").exists()
        may_be_before = top not in _OF_THE_FORK or name in _OURS
        if may_be_before and not is_of_run and not reads_folder:
            yield name


def _named_in(folder: Path) -> set[str]:
    """Name the modules that the files of a folder import; one that cannot be read has none."""
    found: set[str] = set()
    for path in sorted(folder.rglob("*.py"))[:_MOST_FILES]:
        with suppress(OSError, ValueError, SyntaxError, RecursionError):
            for one in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(one, ast.Import):
                    found.update(alias.name for alias in one.names)
                elif isinstance(one, ast.ImportFrom) and one.module and not one.level:
                    found.add(one.module)
    return {name for name in found if _MODULE.fullmatch(name)}
