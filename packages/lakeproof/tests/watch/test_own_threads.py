"""The machinery's own threads work until a program ends."""

import subprocess
import sys

import pytest

from lakeproof.watch import OwnThreads

AFTER_THE_MAIN_THREAD = """
import threading, time
from lakeproof.watch import OwnThreads

def late():
    threading.main_thread().join()
    time.sleep(0.2)
    with OwnThreads(1) as threads:
        print(threads.submit(sum, [1, 2]).result())
        print(type(threads.submit(int, "x").exception()).__name__)

threading.Thread(target=late).start()
"""


def test_work_is_done_where_python_begins_no_thread_any_more():
    """A run in a thread goes on when the main thread has ended, and is recorded."""
    done = subprocess.run(
        [sys.executable, "-c", AFTER_THE_MAIN_THREAD], capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["3", "ValueError"], "")


def test_what_goes_wrong_is_told_to_whoever_asks():
    with OwnThreads(1) as threads:
        failed = threads.submit(int, "x")
        assert threads.submit(int, "3").result() == 3
    with pytest.raises(ValueError, match="invalid literal"):
        failed.result()
