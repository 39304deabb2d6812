"""What a fitted model is worth comparing by: what it learned, and what it predicts."""

import operator
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lakeproof.record.facts import ModelFacts

if TYPE_CHECKING:
    import pandas as pd

# More rows would show no more: a forest of 1,000 trees answers for these in a fraction of a second.
_MOST_ROWS = 1_000
_MOST_CHARACTERS = 500
# Parameters of estimators, after scikit-learn, XGBoost, LightGBM and CatBoost.
_DECIDING = frozenset(
    {
        *("random_state", "random_seed", "seed"),
        *("n_jobs", "nthread", "num_threads", "thread_count"),
    }
)


def describe_model(dataset: str, model: Any, inputs: Sequence[Any]) -> ModelFacts:
    """Digest a fitted model and its predictions, and change neither model nor inputs.

    The predictions are computed on one thread, whatever the model asks for: threads add up a
    forest's trees in the order in which they finish.

    Args:
        dataset: The catalog name.
        model: The estimator, just fitted.
        inputs: What the node that fitted it was given.
    """
    from lakeproof.digest import NotDigestibleError, digest_model

    notes = []
    try:
        digest: str | None = digest_model(model)
    except NotDigestibleError as error:
        digest = None
        notes.append(str(error)[:_MOST_CHARACTERS])
    predictions, rows = None, 0
    frame = frame_of(model, inputs)
    if frame is None:
        notes.append("no frame with the model's features was among the inputs of its node")
    else:
        try:
            predictions, rows = _digest_predictions(model, frame.head(_MOST_ROWS))
        except Exception as error:
            notes.append(f"it cannot predict: {type(error).__name__}: {error}"[:300])
    note = "; ".join(notes) or None
    return ModelFacts(dataset, digest, predictions, rows, note, settings_of(model))


def settings_of(model: Any) -> dict[str, int | str | None]:
    """Give what decides whether a model learns the same again; what cannot be asked has none."""
    try:
        found = dict(model.get_params(deep=True))
    except Exception:
        return {}
    named = {name: value for name, value in found.items() if name.rpartition("__")[2] in _DECIDING}
    return {str(name)[:200]: _plain(value) for name, value in sorted(named.items())}


def _plain(value: Any) -> int | str | None:
    if value is None:
        return None
    is_number = not isinstance(value, bool) and hasattr(value, "__index__")
    return operator.index(value) if is_number else type(value).__name__[:80]


def frame_of(model: Any, inputs: Sequence[Any]) -> "pd.DataFrame | None":
    """Find the frame that a model was fitted on, with its features alone."""
    import pandas as pd

    columns = list(getattr(model, "feature_names_in_", ()))
    for frame in inputs:
        if columns and isinstance(frame, pd.DataFrame) and set(columns) <= set(frame.columns):
            return frame[columns]
    return None


def _digest_predictions(model: Any, rows: "pd.DataFrame") -> tuple[str, int]:
    import joblib
    import numpy as np

    from lakeproof.digest import digest_frame

    predict = getattr(model, "predict_proba", None) or model.predict
    with joblib.parallel_config(backend="sequential"), _without_warnings():
        predicted = np.asarray(predict(rows))
    return digest_frame(predicted).digest, len(rows)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Warn nobody of predictions that nobody asked for; scikit-learn sets all filters per tree.

    The filters are the whole process's: not where nodes run in threads.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.simplefilter("ignore")
        yield
