"""Delta's texts for a length of time, as each engine reads them: not alike.

Executed on delta-rs 1.6.6 and delta-spark 4.4.0: what Spark takes and delta-rs does not, delta-rs
holds for not being there, without a word.
"""

import re
from datetime import timedelta

_MICROSECONDS = {
    "microsecond": 1,
    "millisecond": 1_000,
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": 86_400_000_000,
    "week": 604_800_000_000,
}
# Longer than this is as good as for ever, and more than a date can hold.
FOR_EVER = timedelta(days=365_000)
_UNIT = rf"({'|'.join(_MICROSECONDS)})s?"
_FOR_BOTH = re.compile(rf"interval (\d+) {_UNIT}")
_PART = re.compile(rf"([+-]?\d+)\s+{_UNIT}")
_FOR_SPARK = re.compile(rf"(?:interval\s+)?{_PART.pattern}(?:\s+{_PART.pattern})*")


def on_both(text: str | None) -> timedelta | None:
    """Read an interval that delta-rs and Spark read alike: `interval 30 days`.

    Returns:
        `None` for no text, and for one that delta-rs passes over: `30 days`, `INTERVAL 30 DAYS`.
    """
    found = _FOR_BOTH.fullmatch(text or "")
    return _length(found[1], found[2]) if found else None


def on_spark(text: str | None) -> timedelta | None:
    """Read an interval as Spark does: in any case, with or without the word, of several parts.

    Returns:
        `None` for no text, and for one that Spark refuses: months and years.
    """
    plain = (text or "").strip().lower()
    if not _FOR_SPARK.fullmatch(plain):
        return None
    return sum((_length(*part) for part in _PART.findall(plain)), timedelta())


def written(length: timedelta) -> str:
    """Write a length, rounded up to days, in the one spelling that both engines read."""
    return f"interval {-(-length // timedelta(days=1))} days"


def in_words(length: timedelta) -> str:
    """Write a length the way a person would."""
    days, rest = divmod(length, timedelta(days=1))
    if not rest:
        return f"{days} day{'' if days == 1 else 's'}"
    return f"{length / timedelta(hours=1):.4g} hours"


def _length(number: str, unit: str) -> timedelta:
    longest = FOR_EVER // timedelta(microseconds=1)
    return timedelta(microseconds=min(int(number) * _MICROSECONDS[unit], longest))
