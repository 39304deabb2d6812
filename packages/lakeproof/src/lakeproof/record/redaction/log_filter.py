"""Show others a value without its secrets: the hooks that follow, and whoever reads the log.

kedro-mlflow writes parameters and run parameters to MLflow as they are, and has no switch for it.
Kedro logs the message of the error in which a node ends.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakeproof.record.redaction.secrets import Secrets


@contextmanager
def hidden(values: Any, key: str, secrets: "Secrets") -> Iterator[None]:
    """Let a mapping hold a value without its secrets for a while.

    Args:
        values: The mapping, which is shared with whoever is not to see them.
        key: Whose value.
        secrets: What they are.
    """
    shown = values.get(key)
    redacted, names = secrets.redact({key: shown})
    if not names:
        yield
        return
    values[key] = redacted[key]
    try:
        yield
    finally:
        values[key] = shown


@contextmanager
def without_async_hint() -> Iterator[None]:
    """Leave out the first line of Kedro's runner, which recommends `--async` to everybody.

    It is worth nothing where a node's inputs are few, and it makes the order in which datasets are
    loaded and saved another one each time.
    """

    def is_other(record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("Using synchronous mode for loading and saving")

    logger = logging.getLogger("kedro.runner.sequential_runner")
    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)


class LogWithoutSecrets(logging.Filter):
    """Replace secrets in what the handlers of the root logger write, from now until `stop`."""

    def __init__(self, secrets: "Secrets") -> None:
        super().__init__()
        self._secrets = secrets
        self._handlers = list(logging.getLogger().handlers)
        for handler in self._handlers:
            handler.addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if record.exc_info and not record.exc_text:
            shown = logging.Formatter().formatException(record.exc_info)
            record.exc_text = self._secrets.redact_text(shown)
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):
            return True  # The handler says itself that the arguments do not fit.
        shown = self._secrets.redact_text(text)
        if shown != text:
            record.msg, record.args = shown, None
        return True

    def stop(self) -> None:
        """Leave the handlers as they were."""
        for handler in self._handlers:
            handler.removeFilter(self)
