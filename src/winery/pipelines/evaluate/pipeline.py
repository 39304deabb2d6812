"""Wire the evaluation."""

from kedro.pipeline import Node, Pipeline

from winery.context import task
from winery.pipelines.evaluate.nodes import (
    draw_confusion_matrix,
    draw_residuals,
    predict_test_rows,
    score_predictions,
    select_test_rows,
)

# What a person looks at first, by task: the run of one draws nothing of the other.
PICTURES = {
    "classification": Node(
        draw_confusion_matrix,
        inputs=["predictions", "params:evaluate"],
        outputs="confusion_matrix",
        name="draw_confusion_matrix",
    ),
    "regression": Node(
        draw_residuals,
        inputs=["predictions", "params:evaluate"],
        outputs="residual_plot",
        name="draw_residuals",
    ),
}


def create_pipeline() -> Pipeline:
    """Connect the table `features` and the model with predictions, metrics and a picture.

    Returns:
        The pipeline `evaluate`, with the picture that suits the session's task; with both where
        there is no session.
    """
    wanted = task()
    return Pipeline(
        [
            Node(
                select_test_rows,
                inputs=["features", "params:evaluate"],
                outputs="test_rows",
                name="select_test_rows",
            ),
            Node(
                predict_test_rows,
                inputs=["model", "test_rows", "params:evaluate"],
                outputs="predictions",
                name="predict_test_rows",
            ),
            Node(
                score_predictions,
                inputs=["predictions", "params:evaluate"],
                outputs=["metrics", "metric_history"],
                name="score_predictions",
            ),
            *(node for suits, node in PICTURES.items() if wanted in (suits, None)),
        ]
    )
