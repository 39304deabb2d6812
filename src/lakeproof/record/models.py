"""What a fitted model is worth comparing by: what it learned, and what it predicts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lakeproof.record.facts import ModelFacts

if TYPE_CHECKING:
    import pandas as pd

# More rows would show no more: a forest of 1,000 trees answers for these in a fraction of a second.
_MOST_ROWS = 1_000


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
        notes.append(str(error)[:300])
    predictions, rows = None, 0
    frame = frame_of(model, inputs)
    if frame is None:
        notes.append("no frame with the model's features was among the inputs of its node")
    else:
        try:
            predictions, rows = _digest_predictions(model, frame.head(_MOST_ROWS))
        except Exception as error:
            notes.append(f"its predictions cannot be had: {type(error).__name__}: {error}"[:300])
    return ModelFacts(dataset, digest, predictions, rows, "; ".join(notes) or None)


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
    with joblib.parallel_config(backend="sequential"):
        predicted = np.asarray(predict(rows))
    return digest_frame(predicted).digest, len(rows)
