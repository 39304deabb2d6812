"""Metrics as the MLflow store has them, held against those of the record, which count.

Databases have limits of their own, which are no alarm: MLflow keeps infinity as the largest double
and NaN as a mark, and SQLite has one zero.
"""

import math
import struct
import sys
from collections.abc import Iterator, Mapping

from lakeproof.record.facts import Metric


def other_metrics(recorded: Mapping[str, Metric], stored: Mapping[str, float]) -> Iterator[str]:
    """Say which metrics of a record the store has otherwise, or no longer.

    What the store has beside them was added later, and is nobody's business here.
    """
    for name, metric in sorted(recorded.items()):
        number = metric.number
        if name not in stored:
            yield (
                f"The MLflow store no longer has the metric '{name}'; the record, which counts, "
                f"says {number!r}."
            )
        elif not _is_same(number, stored[name]):
            yield (
                f"The MLflow store has another value of the metric '{name}', {stored[name]!r}; the "
                f"record, which counts, says {number!r}."
            )


def _is_same(recorded: float, stored: float) -> bool:
    if math.isnan(recorded) or math.isnan(stored):
        return math.isnan(recorded) and math.isnan(stored)
    if math.isinf(recorded):
        return stored == recorded or stored == math.copysign(sys.float_info.max, recorded)
    return recorded == stored == 0 or struct.pack(">d", recorded) == struct.pack(">d", stored)
