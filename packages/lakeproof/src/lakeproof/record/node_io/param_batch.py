"""What kedro-mlflow logs of a node's parameters, sent to MLflow at once and not one by one.

To a server each is a request: more than half of those that a run makes.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# As many as MLflow takes at once, and as long as kedro-mlflow lets one be before it does otherwise.
_MOST, _LONGEST = 100, 500


class ParamBatch:
    """The params of one run.

    Args:
        run_id: The MLflow run.
    """

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        # Nodes may begin side by side, each in a thread of its own.
        self._open = threading.local()
        self._sent: dict[str, str] = {}

    def log(self, name: str, value: Any, alone: Callable[[], Any]) -> Any:
        """Take a param into the batch that is open in this thread, else log it alone."""
        waiting: dict[str, str] | None = getattr(self._open, "waiting", None)
        text = str(value)
        if waiting is None or len(text) > _LONGEST or name in waiting:
            return alone()
        if self._sent.get(name) != text:
            waiting[name] = text
        return None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what is logged within when it is over.

        Raises:
            MlflowException: As it does for one param: of another value than it has on the run.
        """
        from mlflow.entities import Param
        from mlflow.tracking import MlflowClient

        waiting: dict[str, str] = {}
        self._open.waiting = waiting
        try:
            yield
        finally:
            self._open.waiting = None
        params = [Param(name, text) for name, text in waiting.items()]
        for start in range(0, len(params), _MOST):
            MlflowClient().log_batch(self._run_id, params=params[start : start + _MOST])
        self._sent |= waiting
