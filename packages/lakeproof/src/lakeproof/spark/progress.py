"""Say what Spark is at when that takes a while, in place of its own bars.

Spark draws its bars over whatever else is on the terminal. Here it is one bar beneath the log where
that is on a terminal, else a line of it now and then, and nothing for work that is done in seconds.
"""

import logging
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

logger = logging.getLogger(__name__)

_SILENT_SECONDS = 10.0
_ROUND_SECONDS = 10.0


class _Bar:
    """A bar beneath the lines of a log, gone when the work is done."""

    def __init__(self, console: "Console") -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        columns = (TextColumn("Spark is at work"), BarColumn(), MofNCompleteColumn())
        self._bars = Bars(*columns, TimeElapsedColumn(), console=console, transient=True)
        self._task = self._bars.add_task("")
        self._bars.start()

    def show(self, done: int, tasks: int) -> None:
        """Move it."""
        self._bars.update(self._task, completed=done, total=tasks)

    def end(self) -> None:
        """Take it away."""
        self._bars.stop()


class _Sayings:
    """Says now and then how far work has come."""

    def __init__(self) -> None:
        self._busy_since: float | None = None
        self._said = 0.0
        self._bar: _Bar | None = None

    def at_work(self, done: int, tasks: int) -> None:
        """Take note that so many tasks are done of those that are known; of none, it is idle."""
        now = time.monotonic()
        if not tasks:
            self.end()
            return
        self._busy_since = self._busy_since or now
        took = now - self._busy_since
        if took < _SILENT_SECONDS:
            return
        self._bar = self._bar or _bar_beneath_the_log()
        if self._bar is not None:
            self._bar.show(done, tasks)
        elif now - self._said >= _ROUND_SECONDS:
            self._said = now
            logger.info("Spark is at work: %d of %d tasks, %.0f s", done, tasks, took)

    def end(self) -> None:
        """Say no more of this work."""
        self._busy_since = None
        if self._bar is not None:
            self._bar.end()
            self._bar = None


def _bar_beneath_the_log() -> _Bar | None:
    """Draw a bar on the terminal to which the log goes by rich, if it goes to one."""
    from rich.errors import LiveError
    from rich.logging import RichHandler

    for handler in logging.getLogger().handlers:
        if isinstance(handler, RichHandler) and handler.console.is_terminal:
            try:
                return _Bar(handler.console)
            except LiveError:
                return None  # somebody else draws there
    return None


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
                break
        sayings.end()

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
        for sayings in self._sayings.values():
            sayings.end()

    def _heard(
        self,
        stages: Iterable[Any] | None,
        inflight_tasks: int,
        operation_id: str | None,
        done: bool,
    ) -> None:
        del inflight_tasks  # Spark calls by name
        if done:
            self._sayings.pop(operation_id, _Sayings()).end()
            return
        known = list(stages or ())
        sayings = self._sayings.setdefault(operation_id, _Sayings())
        sayings.at_work(sum(s.num_completed_tasks for s in known), sum(s.num_tasks for s in known))
