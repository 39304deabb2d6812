"""Wire the training."""

from kedro.pipeline import Node, Pipeline

from winery.pipelines.train.nodes import (
    fit_model,
    select_training_rows,
)


def create_pipeline() -> Pipeline:
    """Connect the table `features` with the model.

    Returns:
        The pipeline `train`.
    """
    return Pipeline(
        [
            Node(
                select_training_rows,
                inputs=["features", "params:train"],
                outputs="training_rows",
                name="select_training_rows",
            ),
            Node(
                fit_model,
                inputs=["training_rows", "params:train"],
                outputs="model",
                name="fit_model",
            ),
        ]
    )
