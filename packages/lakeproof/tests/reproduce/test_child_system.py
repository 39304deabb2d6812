"""The branches for each operating system; those of Windows are tried here, and not run there."""

import os
import signal
import subprocess
import sys
import time

import pytest

from lakeproof.reproduce.stages import child_system

TALK = "import sys; sys.stderr.write('one\\ntwo\\nthree'); sys.stderr.flush()"
# One that it started keeps the pipe.
LEAVE = (
    "import subprocess, sys; sys.stderr.write('left'); sys.stderr.flush(); "
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
)


def started(script: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, **child_system.start_options(None)
    )


@pytest.mark.parametrize("is_windows", [False, True])
@pytest.mark.parametrize(("script", "said"), [(TALK, b"one\ntwo\nthree"), (LEAVE, b"left")])
def test_all_that_it_says_is_heard_and_nobody_is_waited_for(is_windows, script, said):
    """Through a selector, and through the thread that Windows needs."""
    process = started(script)
    began = time.monotonic()
    try:
        assert b"".join(child_system.pieces(process, process.stderr, is_windows)) == said
        assert time.monotonic() - began < 30
    finally:
        process.stderr.close()
        child_system.stop(process, ())


class Recorded:
    """A process of Windows, as far as it is asked anything."""

    pid = 4711

    def __init__(self, is_stubborn: bool) -> None:
        self.is_stubborn = is_stubborn
        self.asked: list[object] = []

    def poll(self):
        return None if self.is_stubborn or "sent" not in self.asked else 0

    def send_signal(self, number):
        self.asked += ["sent", number]

    def wait(self, seconds=None):
        if seconds is not None and self.is_stubborn:
            raise subprocess.TimeoutExpired("it", seconds)

    def kill(self):
        self.asked.append("killed")


@pytest.mark.parametrize("is_stubborn", [False, True])
def test_on_windows_a_break_comes_first_and_then_the_tree_is_ended(monkeypatch, is_stubborn):
    """There is no group that could be killed, and no SIGKILL."""
    typed = []
    monkeypatch.setattr(child_system.subprocess, "run", lambda command, **_: typed.append(command))
    monkeypatch.setattr(signal, "CTRL_BREAK_EVENT", 1, raising=False)
    process = Recorded(is_stubborn)
    child_system.stop(process, ((signal.SIGINT, 0.1), (signal.SIGTERM, 0.1)), is_windows=True)
    assert process.asked == ["sent", 1, "killed"]
    assert typed == [["taskkill", "/T", "/F", "/PID", "4711"]]


def test_each_system_is_told_what_it_knows():
    """A flag of the other one would be refused, or passed over without a word."""
    assert child_system.start_options(0o22, is_windows=True) == {"creationflags": 0x200}
    assert child_system.start_options(0o22, is_windows=False) == {"process_group": 0, "umask": 0o22}
    assert child_system.start_options(None, is_windows=False)["umask"] == -1


@pytest.mark.skipif(os.name == "nt", reason="has no groups")
def test_a_group_is_ended_to_the_last():
    """Also what the process has started."""
    process = started(LEAVE)
    process.wait()
    child_system.stop(process, ((signal.SIGINT, 1.0),))
    assert process.stderr.read() == b"left"  # nobody holds the pipe any more
    process.stderr.close()
