"""What `make bench` says at its end, and what the decade looks through."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture
def collect(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    yield import_module("collect")
    for name in ("collect", "measure"):
        sys.modules.pop(name, None)


def test_a_ratio_that_is_worse_by_more_than_a_tenth_is_said(collect):
    """Seconds hang on the machine, and what was not measured before is not worse."""
    before = {
        "run": {"ratio": 0.4, "ratio_max": 0.4, "ours_s": 1.0, "processor_ratio": 0.5},
        "record": {"share": 0.01, "record_s": 1.0},
    }
    now = {
        "run": {"ratio": 0.45, "ratio_max": 9.0, "ours_s": 9.0, "processor_ratio": 0.54},
        "record": {"share": 0.02, "record_s": 9.0},
        "new": {"ratio": 3.0},
    }
    assert list(collect.worse(before, now)) == [
        "run: ratio is 0.45, was 0.4",
        "record: share is 0.02, was 0.01",
    ]
    now["run"]["ratio"], now["record"]["share"] = 0.43, 0.001
    assert list(collect.worse(before, now)) == []


def test_the_table_has_each_figure_and_when_it_was_measured(collect):
    """A line for each benchmark."""
    figures = {"benchmark": "P1", "ratio": 0.4, "target": "<= 0.5", "is_met": True}
    told = collect.table({"P1": {**figures, "measured": "2026-11-29, load 2"}})
    assert told.splitlines()[2] == "| P1 | <= 0.5 | ratio 0.4 | yes | 2026-11-29, load 2 |"


def test_what_git_has_packed_is_looked_through_for_the_values_of_the_erased(tmp_path):
    """In a history that no branch shows any more, and in a bundle of code."""
    remains = import_module("years.remains")
    value, other = "xq0123456789ab", "xqba9876543210"
    repository = tmp_path / "world" / "clinic"
    repository.mkdir(parents=True)

    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        subprocess.run(("git", *who, *words), cwd=repository, check=True, capture_output=True)

    git("init", "--quiet")
    (repository / "notes.txt").write_text(value * 100)
    git("add", ".")
    git("commit", "--quiet", "--message", "a")
    git("bundle", "create", "code.bundle", "HEAD")
    (repository / "notes.txt").unlink()
    world = SimpleNamespace(path=tmp_path / "world", projects=(SimpleNamespace(path=repository),))
    assert list(remains.hits(world, [value])) == ["clinic/code.bundle", "clinic: what git has"]
    assert list(remains.hits(world, [other])) == []
