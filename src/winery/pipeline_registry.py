"""Name the pipelines that `kedro run --pipelines` knows."""

from kedro.pipeline import Pipeline

from winery.pipelines import evaluate, feature, ingest, train


def register_pipelines() -> dict[str, Pipeline]:
    """Build the four pipelines, and `__default__`, which is the four in the order of a run.

    Returns:
        The pipelines by name.
    """
    pipelines = {
        "ingest": ingest.create_pipeline(),
        "feature": feature.create_pipeline(),
        "train": train.create_pipeline(),
        "evaluate": evaluate.create_pipeline(),
    }
    return {**pipelines, "__default__": sum(pipelines.values(), Pipeline([]))}
