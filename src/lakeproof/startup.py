"""What must be in force before Kedro imports anything.

The entry point `kedro.init` comes first of all, before any plug-in, `settings.py` or numpy. This
module therefore imports the standard library alone until all that is set.
"""

import os
import sys
import warnings
from typing import Any

from lakeproof.imports import begin_imports
from lakeproof.plugins import defer_kedro_mlflow


def prepare() -> None:
    """Turn off what would send or write something behind the user's back, or only take time.

    Kedro's telemetry is on unless refused and writes an id into `pyproject.toml`, which would make
    the very first run a run of a changed tree. A value the user has set is left alone.
    """
    os.environ.setdefault("KEDRO_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    _silence(_OF_PLUGINS)
    defer_kedro_mlflow()
    if sys.argv[1:2] == ["run"] and "--help" not in sys.argv:
        begin_imports()


# What kedro-mlflow 2.0.3 makes OmegaConf and MLflow warn of in every command, for its authors to
# mend. A filter would not do: MLflow sets its own while it warns.
_OF_PLUGINS = (
    "register_new_resolver() is deprecated",
    "Add type hints to the `predict` method",
)


def _silence(texts: tuple[str, ...]) -> None:
    """Leave out the warnings that hold one of the texts; show all others."""
    show = warnings.showwarning

    def show_others(message: Warning | str, *args: Any, **kwargs: Any) -> None:
        if not any(text in str(message) for text in texts):
            show(message, *args, **kwargs)

    warnings.showwarning = show_others
