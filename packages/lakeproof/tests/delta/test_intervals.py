"""Delta's texts for a length of time, as each engine reads them."""

import datetime as dt

import pytest

from lakeproof.delta.retention.intervals import FOR_EVER, in_words, on_both, on_spark, written

DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "both", "spark"),
    [
        ("interval 30 days", 30 * DAY, 30 * DAY),
        ("interval 1 day", DAY, DAY),
        ("interval 2 weeks", 14 * DAY, 14 * DAY),
        ("interval 36 hours", 1.5 * DAY, 1.5 * DAY),
        ("interval 0 days", 0 * DAY, 0 * DAY),
        ("30 days", None, 30 * DAY),
        ("INTERVAL 30 DAYS", None, 30 * DAY),
        ("interval 1 day 12 hours", None, 1.5 * DAY),
        ("interval 10 years", None, None),
        ("P30D", None, None),
        ("interval", None, None),
        ("", None, None),
        (None, None, None),
        ("interval 99999999999999999999 weeks", FOR_EVER, FOR_EVER),
    ],
)
def test_engines_do_not_read_them_alike(text, both, spark):
    """What delta-rs passes over is no interval for both."""
    assert on_both(text) == both
    assert on_spark(text) == spark


@pytest.mark.spark
@pytest.mark.parametrize("text", ["30 days", "INTERVAL 30 DAYS", "interval 1 day 12 hours", "P30D"])
def test_spark_reads_them_so(spark_session, tmp_path, text):
    """It takes those that are said to be one, and refuses the others."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    key, log = "delta.deletedFileRetentionDuration", "delta.logRetentionDuration"
    create = (
        f"CREATE TABLE delta.`{tmp_path / 't'}` (x INT) USING delta "
        f"TBLPROPERTIES ('{key}' = '{text}', '{log}' = '{text}')"
    )
    if on_spark(text) is None:
        with pytest.raises((PySparkException, Py4JError)):
            spark_session.sql(create)
    else:
        spark_session.sql(create)


def test_lengths_are_written_for_engines_and_for_people():
    """Rounded up for engines."""
    assert written(1.5 * DAY) == "interval 2 days"
    assert [in_words(length) for length in (DAY, 7 * DAY, 1.5 * DAY)] == [
        *("1 day", "7 days", "36 hours")
    ]
