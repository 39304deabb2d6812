"""What the store says of a metric beside the record."""

import math
import sqlite3
import sys

import pytest

from lakeproof.record.mlflow_store.stored_metrics import other_metrics

from ..reproduce.builders import a_metric

LARGEST = sys.float_info.max


def said(recorded, stored):
    return list(other_metrics({"loss": a_metric(recorded)}, stored))


@pytest.mark.parametrize(
    ("recorded", "stored"),
    [
        (0.75, 0.75),
        (math.nan, math.nan),
        (math.inf, LARGEST),
        (-math.inf, -LARGEST),
        (math.inf, math.inf),
        (-0.0, 0.0),
        (5e-324, 5e-324),
    ],
)
def test_the_limits_of_a_database_are_no_alarm(recorded, stored):
    """Infinity is its largest number, and it has one zero."""
    assert said(recorded, {"loss": stored, "added later": 1.0}) == []


@pytest.mark.parametrize(
    ("recorded", "stored"),
    [
        (0.75, math.nextafter(0.75, 1)),
        (0.75, math.nan),
        (math.nan, 0.0),
        (math.inf, -LARGEST),
        (LARGEST, math.inf),
        (0.0, 5e-324),
    ],
)
def test_another_value_is_said_to_the_last_bit(recorded, stored):
    """With both; the record counts."""
    (sentence,) = said(recorded, {"loss": stored})
    assert f"'loss', {stored!r};" in sentence
    assert sentence.endswith(f"which counts, says {recorded!r}.")


def test_a_metric_that_the_store_has_lost_is_said():
    """One that was deleted."""
    assert said(0.75, {}) == [
        "The MLflow store no longer has the metric 'loss'; the record, which counts, says 0.75."
    ]


def test_sqlite_has_the_limits_that_are_known_of_it():
    """What MLflow puts into it comes back as it is told here."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE metrics (value DOUBLE)")
    for number in (-0.0, LARGEST):
        connection.execute("INSERT INTO metrics VALUES (?)", (number,))
    values = [float(value) for (value,) in connection.execute("SELECT value FROM metrics")]
    assert said(-0.0, {"loss": values[0]}) == said(math.inf, {"loss": values[1]}) == []
    connection.close()
