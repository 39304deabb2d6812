"""Say what Spark is at when that takes a while, in place of its own bars.

Spark draws its bars over whatever else is on the terminal; here it is a line of the log now and
then, and none at all for work that is done in seconds.
"""

import logging
import threading
import time
from typing import Any

logger = logging.getLogger(__name__)

_SILENT_SECONDS = 10.0
_ROUND_SECONDS = 10.0


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
        busy_since: float | None = None
        said = 0.0
        while not self._ended.wait(1.0):
            try:
                done, tasks = self._tasks()
            except Exception:
                # The JVM is going away: whoever waits for it says so.
                return
            now = time.monotonic()
            if not tasks:
                busy_since = None
                continue
            busy_since = busy_since or now
            if now - busy_since >= _SILENT_SECONDS and now - said >= _ROUND_SECONDS:
                said = now
                logger.info(
                    "Spark is at work: %d of %d tasks, %.0f s", done, tasks, now - busy_since
                )

    def _tasks(self) -> tuple[int, int]:
        """Count the tasks of the stages that are running: those done, and all."""
        stages = [self._tracker.getStageInfo(stage) for stage in self._tracker.getActiveStageIds()]
        known = [stage for stage in stages if stage is not None]
        return sum(s.numCompletedTasks for s in known), sum(s.numTasks for s in known)
