"""Small data: `kedro run --env spark` on the example against the embedded run, sessions included.

Every run begins without tables, in a store that exists already. What they have written is compared.
"""

import ctypes
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from measure import Seconds, copy_of_project, pairs, processors, ratio, remove_tables, report, run

RUNS = 5
_PR_SET_CHILD_SUBREAPER = 36


def seconds_of_all(work: Callable[[], object]) -> Seconds:
    """Time one call, with the processor time of whatever outlives its parent: a JVM does."""
    begin, used = time.perf_counter(), sum(os.times()[:4])
    work()
    elapsed = Seconds(time.perf_counter() - begin)
    with suppress(ChildProcessError):
        while True:
            os.wait()
    elapsed.processor = sum(os.times()[:4]) - used
    return elapsed


def main() -> None:
    """Measure in turn."""
    # Orphans become children of this process, which can wait for them.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_project(Path(folder) / "project")
        contents = {}

        def kedro(*arguments: str) -> None:
            remove_tables(project)
            command = [sys.executable, "-m", "kedro", "run", *arguments]
            run(command, project, PYTHONPATH=str(project / "src"))
            contents[arguments] = digests(project)

        timed = pairs(lambda: kedro("--env", "spark"), kedro, RUNS, warm_up=1, clock=seconds_of_all)
    if len(set(contents.values())) != 1:
        sys.exit(f"the engines wrote other rows: {contents}")
    report(
        "small data: kedro run --env spark on the example ÷ the embedded run",
        "told",
        True,
        **ratio(timed),
        **processors(timed),
    )


def digests(project: Path) -> tuple[str | None, ...]:
    """Give the content of the tables that a run wrote."""
    from lakeproof.delta import DeltaTable
    from lakeproof.delta.read.versions import digest_of

    tables = sorted(log.parent for log in (project / "data").rglob("_delta_log"))
    return tuple(digest_of(DeltaTable(filepath=str(table)).resolve()) for table in tables)


if __name__ == "__main__":
    main()
