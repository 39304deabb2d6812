"""What `make bench` says at its end."""

import sys
from importlib import import_module
from pathlib import Path

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
