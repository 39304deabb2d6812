"""A guess whether what a node gave holds the time of the run."""

import time
from datetime import UTC, datetime, timedelta

import pandas as pd
import polars as pl
import pytest

from lakeproof.record.node_io.clocks import clocks_in

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=1)


def found(data):
    return clocks_in(data, NOW.timestamp() - 5)


@pytest.mark.parametrize(
    ("data", "places"),
    [
        (time.time(), ("it",)),
        ({"at": time.time_ns()}, ("at",)),
        ({"report": {"rows": 178, "made_at": NOW.isoformat()}}, ("report.made_at",)),
        ({"naive": datetime.now(), "utc": NOW.replace(tzinfo=None)}, ("naive", "utc")),
        ([{"ms": int(time.time() * 1000)}], ("ms",)),
        (pd.DataFrame({"x": [0.5], "loaded_at": [pd.Timestamp(NOW)]}), ("loaded_at",)),
        (pl.DataFrame({"x": [0.5], "loaded_at": [NOW]}), ("loaded_at",)),
        ({str(number): NOW for number in range(9)}, ("0", "1", "2")),
    ],
    ids=["s", "ns", "text", "without a zone", "ms", "pandas", "polars", "many"],
)
def test_the_time_of_the_run_is_found_however_it_is_written(data, places):
    """In seconds to nanoseconds, as text, in the first row; with or without a zone."""
    assert found(data) == places


@pytest.mark.parametrize(
    "data",
    [
        LONG_AGO,
        LONG_AGO.timestamp(),
        NOW.date(),
        str(NOW.date()),
        {"year": 2026, "big": 10**400, "nan": float("nan"), "flag": True, "text": "1" * 30},
        pd.DataFrame({"when": [pd.NaT, pd.Timestamp(NOW)]}),
        pd.DataFrame(),
        pl.LazyFrame({"when": [NOW]}),
        {"deep": {"deeper": {"deepest": {"at": NOW}}}},
        None,
    ],
    # Not by the values: each process that runs tests would call them something else.
    ids=["ago", "s ago", "day", "text", "others", "gap", "empty", "lazy", "deep", "none"],
)
def test_what_is_no_time_of_the_run_is_not_taken_for_one(data):
    """Nor is anything computed for it, and nothing that is odd makes it fail."""
    assert found(data) == ()
