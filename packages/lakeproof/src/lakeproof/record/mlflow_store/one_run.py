"""Keep everything that nodes give to MLflow on the one run, whichever thread or process gives it.

MLflow's active run is a thread's own: what another thread logs (`kedro run --async`, ThreadRunner,
a pool in a node) would start a run that nobody asked for and nobody ends. While nodes run, a thread
without a run of its own therefore has the run's, and a run that a node or a process starts all the
same is the run's child.
"""

import inspect
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from lakeproof.record.mlflow_store.mlflow_database import has_tag

if TYPE_CHECKING:
    from mlflow.entities import Run

# MLflow makes tags of what it holds, in every process that starts a run.
_CONTEXT = "MLFLOW_RUN_CONTEXT"
_PARENT = "mlflow.parentRunId"


@contextmanager
def one_run(run_id: str) -> Iterator[None]:
    """Let all threads have an MLflow run, and all runs that start meanwhile be its children.

    Args:
        run_id: The run that is open in this thread.
    """
    from mlflow.tracking import fluent as module

    fluent: Any = module
    active = fluent.active_run()
    if active is None or active.info.run_id != run_id:
        yield
        return
    own = fluent._active_run_stack
    lent = _Lent(own, active)
    fluent._active_run_stack = lent
    given = os.environ.get(_CONTEXT)
    os.environ[_CONTEXT] = _with_parent(given, run_id)
    try:
        yield
    finally:
        fluent._active_run_stack = own
        lent.take_back()
        if given is None:
            os.environ.pop(_CONTEXT, None)
        else:
            os.environ[_CONTEXT] = given


def children_of(parent: "Run") -> list["Run"]:
    """Find the runs that nodes have started beside theirs; one that still goes on is ended.

    Whoever has started it without ending it never will: the nodes are done.
    """
    import mlflow
    from mlflow.tracking import MlflowClient

    run_id, experiment = parent.info.run_id, parent.info.experiment_id
    # Nearly always there are none, which MLflow takes ten times as long to say.
    if has_tag(mlflow.get_tracking_uri(), _PARENT, run_id) is False:
        return []
    client = MlflowClient()
    found: list[Run] = []
    token = None
    while True:
        page = client.search_runs(
            [experiment], filter_string=f"tags.`{_PARENT}` = '{run_id}'", page_token=token
        )
        found += page
        token = page.token
        if not token:
            break
    for run in found:
        if run.info.status == "RUNNING":
            client.set_terminated(run.info.run_id)
    return found


class _Lent:
    """MLflow's stack of active runs, a list for each thread, with a run at the bottom of each."""

    def __init__(self, own: Any, run: Any) -> None:
        from mlflow.tracking import fluent

        self._own = own
        self._run = run
        self._home: list[Any] = own.get()
        self._depth = len(self._home)
        # To these, a thread that has no run of its own has none.
        self._starts = inspect.unwrap(fluent.start_run).__code__
        self._ends = inspect.unwrap(fluent.end_run).__code__

    def get(self) -> list[Any]:
        stack: list[Any] = self._own.get()
        caller = sys._getframe(1)
        is_start = caller.f_code is self._starts and not caller.f_locals.get("nested")
        if is_start or caller.f_code is self._ends:
            # It was lent to this thread alone, and the thread that has started it ends it.
            if stack is not self._home and len(stack) == 1 and stack[0] is self._run:
                stack.clear()
        elif not stack:
            stack.append(self._run)
        return stack

    def take_back(self) -> None:
        """Leave a thread that outlives the nodes without a run, and this one with one of it.

        With `nested: true`, its default, kedro-mlflow opens the run again for each node and ends it
        once: it would stay open for the next run of this process.
        """
        for stack in self._own.get_all_thread_values().values():
            if stack is not self._home:
                stack[:] = [run for run in stack if run is not self._run]
        again = self._home[self._depth :]
        if all(run.info.run_id == self._run.info.run_id for run in again):
            del self._home[self._depth :]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


def _with_parent(given: str | None, run_id: str) -> str:
    """Add to what the user may have set."""
    known: dict[str, str] = {}
    if given:
        with suppress(ValueError):
            known = dict(json.loads(given))
    return json.dumps({**known, _PARENT: run_id})
