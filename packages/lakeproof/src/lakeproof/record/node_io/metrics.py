"""Metrics as they are logged, to the last bit.

A store need not give back what it was given: in SQLite an infinity is the largest double, and -0.0
is 0.0. So what passes on its way there is noted while nodes run.
"""

import math
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# MLflow's own thread, which logs how busy the machine is: no result of the run.
_MACHINE = "SystemMetricsMonitor"
# What MLflow says of a metric beside its value, which a batch takes otherwise.
_OF_MORE = ("dataset_name", "dataset_digest", "model_id")
# As many as MLflow takes at once.
_MOST = 1000


@dataclass(frozen=True)
class Point:
    """One value of a metric, at a step."""

    key: str
    value: float
    step: int
    timestamp: int


class MetricWatch:
    """What a run has logged, in the order in which it was logged.

    Args:
        run_id: The MLflow run; what goes to others is not noted.
        before: Metrics that stand on it already: it was begun by somebody else.
    """

    def __init__(self, run_id: str, before: Mapping[str, float] | None = None) -> None:
        self._run_id = run_id
        self._before = before or {}
        self._lock = threading.Lock()
        self._points: list[Point] = []
        self._of_machine: set[str] = set()
        self._of_nodes: set[str] = set()
        # Nodes may save side by side, each in a thread of its own.
        self._waiting = threading.local()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note what is logged, by whatever way MLflow has."""
        from mlflow.tracking._tracking_service import client

        Client: Any = client.TrackingServiceClient  # noqa: N806
        log_metric, log_batch = Client.log_metric, Client.log_batch
        Client.log_metric = self._noting_one(log_metric)
        Client.log_batch = self._noting_all(log_batch)
        try:
            with self._saved_together():
                yield
        finally:
            Client.log_metric, Client.log_batch = log_metric, log_batch

    @contextmanager
    def _saved_together(self) -> Iterator[None]:
        """Send what kedro-mlflow's dataset of metrics saves at once, and not one by one."""
        from kedro_mlflow.io.metrics import MlflowMetricsHistoryDataset
        from mlflow.tracking import MlflowClient

        Dataset: Any = MlflowMetricsHistoryDataset  # noqa: N806
        own, save = "save" in vars(Dataset), Dataset.save

        def saving(dataset: Any, data: Any) -> None:
            waiting: list[Any] = []
            self._waiting.metrics = waiting
            try:
                save(dataset, data)
            finally:
                self._waiting.metrics = None
                for start in range(0, len(waiting), _MOST):
                    some = waiting[start : start + _MOST]
                    MlflowClient().log_batch(self._run_id, metrics=some)

        Dataset.save = saving
        try:
            yield
        finally:
            if own:
                Dataset.save = save
            else:
                del Dataset.save

    @property
    def count(self) -> int:
        """How many values were logged by now."""
        return len(self._points)

    def results(self, stored: Mapping[str, float] | None) -> dict[str, float]:
        """Give the newest value of each metric as it was logged, without those of the machine.

        Args:
            stored: The newest values as the store has them; what another process has logged is
                known from there alone. `None` where the store cannot be asked.
        """
        if stored is None:
            # In the order of MLflow: by step, then by time.
            points = sorted(self._points, key=lambda point: (point.step, point.timestamp))
            stored = {point.key: point.value for point in points}
        return {
            key: self._exact(key, value) for key, value in stored.items() if self.is_result(key)
        }

    def is_result(self, key: str) -> bool:
        """Tell whether a metric is the nodes', and not what MLflow measures of the machine."""
        return key in self._of_nodes or not (key in self._of_machine or key in self._before)

    def history(self, key: str, stored: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """Give the steps of a metric with the values that were logged.

        Args:
            key: The metric.
            stored: Steps and values as the store has them. It keeps one of two equal values of a
                millisecond, so that equal ones are one here; and no order within a step.
        """
        known: dict[int, dict[str, float]] = {}
        for point in self._of(key):
            known.setdefault(point.step, {})[_key(point.value)] = point.value
        for step, value in stored:
            here = known.setdefault(step, {})
            if not any(is_kept_as(exact, value) for exact in here.values()):
                here[_key(value)] = value
        return [(step, here[name]) for step, here in sorted(known.items()) for name in sorted(here)]

    def _exact(self, key: str, stored: float) -> float:
        fitting = [point for point in self._of(key) if is_kept_as(point.value, stored)]
        # The last of those that were logged in one millisecond.
        newest = max(
            enumerate(fitting),
            key=lambda found: (found[1].step, found[1].timestamp, found[0]),
            default=None,
        )
        return newest[1].value if newest is not None else stored

    def _of(self, key: str) -> list[Point]:
        with self._lock:
            return [point for point in self._points if point.key == key]

    def _noting_one(self, log: Callable[..., Any]) -> Callable[..., Any]:
        from mlflow.entities import Metric

        def log_metric(
            client: Any,
            run_id: str,
            key: str,
            value: Any,
            timestamp: int | None = None,
            step: int | None = None,
            *args: Any,
            **kwargs: Any,
        ) -> Any:
            timestamp = time.time_ns() // 1_000_000 if timestamp is None else timestamp
            waiting: list[Any] | None = getattr(self._waiting, "metrics", None)
            is_plain = not args and not any(kwargs.get(name) for name in _OF_MORE)
            if waiting is not None and run_id == self._run_id and is_plain:
                waiting.append(Metric(key, _as_number(value), timestamp, step or 0))
                return None
            result = log(client, run_id, key, value, timestamp, step, *args, **kwargs)
            self._note(run_id, key, value, timestamp, step)
            return result

        return log_metric

    def _noting_all(self, log: Callable[..., Any]) -> Callable[..., Any]:
        def log_batch(
            client: Any, run_id: str, metrics: Any = (), *args: Any, **kwargs: Any
        ) -> Any:
            result = log(client, run_id, metrics, *args, **kwargs)
            for one in metrics:
                self._note(run_id, one.key, one.value, one.timestamp, one.step)
            return result

        return log_batch

    def _note(self, run_id: str, key: str, value: Any, timestamp: Any, step: Any) -> None:
        if run_id != self._run_id:
            return
        number = _as_number(value)
        is_machine = threading.current_thread().name == _MACHINE
        with self._lock:
            (self._of_machine if is_machine else self._of_nodes).add(key)
            if not is_machine:
                self._points.append(Point(key, number, int(step or 0), int(timestamp)))


def _as_number(value: Any) -> float:
    from mlflow.tracking.metric_value_conversion_utils import (
        convert_metric_value_to_float_if_possible,
    )

    return float(convert_metric_value_to_float_if_possible(value))


def is_kept_as(value: float, stored: float) -> bool:
    """Tell whether a store may hold a value so: an infinity as the largest double, -0.0 as 0.0."""
    if math.isnan(value):
        return math.isnan(stored)
    return value == stored or (
        math.isinf(value) and stored == math.copysign(sys.float_info.max, value)
    )


def _key(value: float) -> str:
    """Tell -0.0 from 0.0, and NaN from nothing."""
    return value.hex()
