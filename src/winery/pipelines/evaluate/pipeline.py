"""Wire the evaluation."""

from kedro.pipeline import Node, Pipeline

from winery.pipelines.evaluate.nodes import (
    draw_confusion_matrix,
    draw_residuals,
    predict_test_rows,
    score_predictions,
    select_test_rows,
)


def create_pipeline() -> Pipeline:
    """Connect the table `features` and the model with predictions, metrics and pictures.

    Returns:
        The pipeline `evaluate`.
    """
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
            Node(
                draw_confusion_matrix,
                inputs=["predictions", "params:evaluate"],
                outputs="confusion_matrix",
                name="draw_confusion_matrix",
            ),
            Node(
                draw_residuals,
                inputs=["predictions", "params:evaluate"],
                outputs="residual_plot",
                name="draw_residuals",
            ),
        ]
    )
