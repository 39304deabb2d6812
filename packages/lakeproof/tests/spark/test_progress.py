"""What is said of Spark's work: a bar on a terminal, lines of the log anywhere else."""

import io
import logging
from types import SimpleNamespace

import pytest
from rich.console import Console
from rich.logging import RichHandler

from lakeproof.spark import progress


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Say at once what would be said after ten seconds."""
    monkeypatch.setattr(progress, "_SILENT_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_ROUND_SECONDS", 0.0)


@pytest.fixture
def log(monkeypatch):
    """Have the log written by rich, to a terminal or to a file; gives what is written."""

    def to(is_terminal: bool) -> io.StringIO:
        console = Console(file=io.StringIO(), force_terminal=is_terminal, width=100)
        handler = RichHandler(console=console)
        monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
        monkeypatch.setattr(progress.logger, "level", logging.INFO)
        return console.file

    monkeypatch.setenv("TERM", "xterm")
    return to


def test_a_terminal_gets_a_bar_that_goes_when_the_work_is_done(log):
    """And no line of the log."""
    written = log(is_terminal=True)
    sayings = progress._Sayings()
    sayings.at_work(3, 20)
    sayings.at_work(0, 0)
    assert "Spark is at work" in written.getvalue()
    assert "3/20" in written.getvalue()
    assert "tasks" not in written.getvalue()
    assert written.getvalue().endswith("\x1b[2K")


def test_a_file_gets_lines(log):
    """With no code of a terminal in them."""
    written = log(is_terminal=False)
    progress._Sayings().at_work(3, 20)
    assert "Spark is at work: 3 of 20 tasks, 0 s" in written.getvalue()
    assert "\x1b" not in written.getvalue()


def test_two_works_at_once_are_told_beside_each_other(log):
    """As on Spark Connect, where each thread has work of its own."""
    written = log(is_terminal=True)
    session = SimpleNamespace(
        registerProgressHandler=lambda _: None, removeProgressHandler=lambda _: None
    )
    heard = progress.RemoteProgress(session)
    stage = SimpleNamespace(num_completed_tasks=1, num_tasks=4)
    for operation in ("a", "b"):
        heard._heard([stage], 0, operation, False)
    heard.stop()
    heard._heard(None, 0, "a", True)
    assert "1/4" in written.getvalue()
