"""Metrics as the MLflow store has them, held against those of the record, which count.

Databases have limits of their own, which are no alarm: MLflow keeps infinity as the largest double
and NaN as a mark, and SQLite has one zero.
"""

import math
import struct
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lakeproof.errors import LakeproofError
from lakeproof.record.facts import Metric, Record
from lakeproof.record.mlflow_store.server import address_of, no_answer
from lakeproof.record.redaction.secret_text import without_secrets

if TYPE_CHECKING:
    from lakeproof.record.mlflow_store.store import RecordStore


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


def metrics_left(record: Record, store: "RecordStore") -> Iterator[str]:
    """Say the same of a run, or why it is not known: what is told needs no answer of the store.

    Args:
        record: Of the run.
        store: Where it is kept, which may be gone by now.
    """
    why = no_answer(store.tracking.uri)
    if why is None:
        try:
            stored = store.metrics(record.run.run_id)
        except LakeproofError as error:
            why = error.message
        else:
            yield from other_metrics(record.metrics, stored)
            return
    shown = address_of(store.tracking.uri)
    yield (
        f"Whether the MLflow store {shown} still has the metrics of the record is not known: "
        f"{without_secrets(' '.join(why.split()))[:200].rstrip('.')}. The record counts."
    )


def _is_same(recorded: float, stored: float) -> bool:
    if math.isnan(recorded) or math.isnan(stored):
        return math.isnan(recorded) and math.isnan(stored)
    if math.isinf(recorded):
        return stored == recorded or stored == math.copysign(sys.float_info.max, recorded)
    return recorded == stored == 0 or struct.pack(">d", recorded) == struct.pack(">d", stored)
