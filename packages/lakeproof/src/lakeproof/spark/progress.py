"""Say what Spark is at when that takes a while, in place of its own bars.

Spark draws its bars over whatever else is on the terminal; here it is a line of the log now and
then, and none at all for work that is done in seconds.
"""

import logging
import threading
import time
from collections.abc import Iterable
from typing import Any

logger = logging.getLogger(__name__)

_SILENT_SECONDS = 10.0
_ROUND_SECONDS = 10.0


class _Sayings:
    """Says a line now and then while work goes on."""

    def __init__(self) -> None:
        self._busy_since: float | None = None
        self._said = 0.0

    def at_work(self, done: int, tasks: int) -> None:
        """Take note that so many tasks are done of those that are known; of none, it is idle."""
        now = time.monotonic()
        if not tasks:
            self._busy_since = None
            return
        self._busy_since = self._busy_since or now
        took = now - self._busy_since
        if took >= _SILENT_SECONDS and now - self._said >= _ROUND_SECONDS:
            self._said = now
            logger.info("Spark is at work: %d of %d tasks, %.0f s", done, tasks, took)


class Progress:
    """Watches the jobs of a context until it is stopped.

    Args:
        context: Spark's.
    """

    def __init__(self, context: Any) -> None:
        self._tracker = context.statusTracker()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lakeproof-spark", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._ended.set()
        self._thread.join(timeout=5)

    def _watch(self) -> None:
        sayings = _Sayings()
        while not self._ended.wait(1.0):
            try:
                sayings.at_work(*self._tasks())
            except Exception:
                # The JVM is going away: whoever waits for it says so.
                return

    def _tasks(self) -> tuple[int, int]:
        """Count the tasks of the stages that are running: those done, and all."""
        stages = [self._tracker.getStageInfo(stage) for stage in self._tracker.getActiveStageIds()]
        known = [stage for stage in stages if stage is not None]
        return sum(s.numCompletedTasks for s in known), sum(s.numTasks for s in known)


class RemoteProgress:
    """Hears what a Spark Connect server says of its work, until it is stopped.

    Args:
        session: Spark's.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        # Several threads may each have work of their own under way.
        self._sayings: dict[str | None, _Sayings] = {}
        session.registerProgressHandler(self._heard)

    def stop(self) -> None:
        """Hear no more."""
        self._session.removeProgressHandler(self._heard)

    def _heard(
        self,
        stages: Iterable[Any] | None,
        inflight_tasks: int,
        operation_id: str | None,
        done: bool,
    ) -> None:
        del inflight_tasks  # Spark calls by name
        if done:
            self._sayings.pop(operation_id, None)
            return
        known = list(stages or ())
        sayings = self._sayings.setdefault(operation_id, _Sayings())
        sayings.at_work(sum(s.num_completed_tasks for s in known), sum(s.num_tasks for s in known))
