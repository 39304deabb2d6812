"""The digest of a fitted model: what it learned, not how it was stored.

Two fits that predict the same bits have the same digest across processes, hash seeds and thread
settings. It is not a check of the code that a model calls by name: the code has a digest of its
own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from numbers import Number
from typing import Any

from lakeproof.digest.frame import digest_frame, is_frame
from lakeproof.digest.structure import Walk

ALGORITHM = "model1"

# How the work was done, not what came out.
_SETTINGS = {"n_jobs", "n_threads", "_n_threads", "verbose", "memory", "pre_dispatch"}
# A memory address in text vectorisers; what SciPy's sparse arrays found out about themselves; what
# scikit-learn's Bunch forgets in a pickle.
_CACHES = {
    "_stop_words_id",
    "_has_sorted_indices",
    "_has_canonical_format",
    "_deprecated_key_to_warnings",
}
# MLflow's autologging notes on an estimator which run it was fitted in.
_NOTES = {"_mlflow_run_id"}
_SKIPPED = _SETTINGS | _CACHES | _NOTES
_DURATIONS = ("_time", "_time_")


def digest_model(model: Any) -> str:
    """Digest a fitted estimator, or any other picklable object, as `model1:` and 64 digits.

    Dictionaries and sets count without their order. Parameters about threads and reporting,
    durations and caches do not count.

    Raises:
        NotDigestibleError: A part cannot be pickled. The verdict is then "not comparable".
    """
    return f"{ALGORITHM}:{Walk(_counting, _of_frame).digest(model).hex()}"


def _counting(state: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in state.items():
        if name in _SKIPPED or (_is_duration(name) and isinstance(value, Number)):
            continue
        if name == "cv_results_" and isinstance(value, dict):
            # A search keeps its durations as arrays, among the scores.
            value = {key: column for key, column in value.items() if not _is_duration(key)}
        yield name, value


def _is_duration(name: Any) -> bool:
    return isinstance(name, str) and name.endswith(_DURATIONS)


def _of_frame(value: Any) -> bytes | None:
    if not is_frame(value):
        return None
    return hashlib.sha256(digest_frame(value).digest.encode()).digest()
