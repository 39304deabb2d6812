"""The digest of a fitted model: what it learned, not how it was stored.

Two fits that predict the same bits have the same digest across processes, hash seeds and thread
settings. It is not a check of the code that a model calls by name: the code has a digest of its
own.
"""

from __future__ import annotations

from typing import Any

# Each adds the canonical forms that it knows.
from lakeproof.digest.frames import frame as _frame  # noqa: F401
from lakeproof.digest.objects import catboost_models as _catboost_models  # noqa: F401
from lakeproof.digest.objects import tensors as _tensors  # noqa: F401
from lakeproof.digest.objects.round_trip import proven_digest

ALGORITHM = "model2"


def digest_model(model: Any) -> str:
    """Digest a fitted estimator, or any other picklable object, as `model2:` and 64 digits.

    Mappings count with their order, sets and the attributes of an object without. What
    scikit-learn's own classes say of threads, reporting, durations and caches does not count.

    Raises:
        NotDigestibleError: A part cannot be pickled, or holds what only this process has. The
            verdict is then "not comparable".
    """
    return f"{ALGORITHM}:{proven_digest(model).hex()}"
