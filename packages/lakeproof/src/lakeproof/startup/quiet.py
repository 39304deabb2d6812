"""Leave out what plug-ins warn of in every command, for their authors to mend.

Where Kedro hands warnings to logging, by a filter of that logger: a function of ours on the way
would stand in the log as the place of every warning. Where they are printed, in front of what
prints them, which is told the place. A filter of `warnings` would not do: MLflow sets its own while
it warns.
"""

import logging
import warnings
from typing import Any

_OF_PLUGINS = (
    # Kedro 1.7 and kedro-mlflow 2.0.3 make OmegaConf warn of it (OmegaConf issue 969).
    "register_new_resolver() is deprecated",
    # kedro-mlflow 2.0.3 makes MLflow warn of it (MLflow pull request 14235).
    "Add type hints to the `predict` method",
    # kedro-viz 12.5 makes FastAPI warn of it in every build.
    "ORJSONResponse is deprecated",
    # What kedro-mlflow 2.0.3 advises writes a file that asks for a store that MLflow refuses.
    "Use ``kedro mlflow init`` command in CLI",
)
_LOGGERS = ("py.warnings", "kedro_mlflow.framework.hooks.mlflow_hook")


def silence_plugins() -> None:
    """Show all warnings but those of plug-ins, each with the place it comes from."""
    for logger in map(logging.getLogger, _LOGGERS):
        if any(isinstance(one, _LeftOut) for one in logger.filters):
            return
        logger.addFilter(_LeftOut())
    show = warnings.showwarning
    if show.__module__ == logging.__name__:
        return

    def show_others(message: Warning | str, *args: Any, **kwargs: Any) -> None:
        if not _is_of_plugins(str(message)):
            show(message, *args, **kwargs)

    warnings.showwarning = show_others


class _LeftOut(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Let through every warning but those."""
        return not _is_of_plugins(record.getMessage())


def _is_of_plugins(text: str) -> bool:
    return any(known in text for known in _OF_PLUGINS)
