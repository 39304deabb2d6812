"""Look for hyperparameters by cross-validation of the training rows; no part of a whole run."""

from kedro.pipeline import Node, Pipeline

from winery.pipelines import train
from winery.pipelines.search.nodes import search_hyperparameters

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """Connect the rows that `train` fits to with the trials and the best of them.

    Returns:
        The pipeline `search`.
    """
    return train.create_pipeline().only_nodes("select_training_rows") + Pipeline(
        [
            Node(
                search_hyperparameters,
                inputs=["training_rows", "params:train", "params:search"],
                outputs=["trials", "best_trial", "search_metrics"],
                name="search_hyperparameters",
            )
        ]
    )
