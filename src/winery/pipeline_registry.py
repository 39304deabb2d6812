"""Name the pipelines that `kedro run --pipelines` knows."""

from kedro.pipeline import Pipeline

from winery.pipelines import evaluate, feature, ingest, train


def register_pipelines() -> dict[str, Pipeline]:
    """Build the four pipelines, and `__default__`, which is the four in the order of a run.

    Beside them `stream`, which takes the same deliveries as `ingest` by Spark, as they arrive.

    Returns:
        The pipelines by name.
    """
    pipelines = {
        "ingest": ingest.create_pipeline(),
        "feature": feature.create_pipeline(),
        "train": train.create_pipeline(),
        "evaluate": evaluate.create_pipeline(),
    }
    whole = sum(pipelines.values(), Pipeline([]))
    return {**pipelines, "stream": ingest.create_stream(), "__default__": whole}
