"""Name the pipelines that `kedro run --pipelines` knows: every folder of `pipelines`."""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

from winery.context import is_delivered

# The order of a run, for whoever reads it; Kedro sorts the nodes by what they need.
STEPS = ("ingest", "feature", "train", "evaluate")
# Run when they are named, never as a part of a whole run: `search` takes its time, and `stream`
# takes what `ingest` takes, as it arrives, and needs Spark.
BY_NAME = frozenset({"search", "stream"})


def register_pipelines() -> dict[str, Pipeline]:
    """Find the pipelines, and build `__default__` of all but those that are run by name.

    A pipeline of your own, as `kedro pipeline create` makes it, is found and part of `__default__`.
    `ingest` is not where the session's table was made elsewhere: it would write into it.

    Returns:
        The pipelines by name, the steps of a run first and in their order.
    """
    found = find_pipelines(raise_errors=True)
    found.pop("__default__", None)
    names = [*(name for name in STEPS if name in found), *sorted(found.keys() - set(STEPS))]
    pipelines = {name: found[name] for name in names}
    apart = BY_NAME if is_delivered() else BY_NAME | {"ingest"}
    whole = sum((pipelines[name] for name in names if name not in apart), Pipeline([]))
    return {**pipelines, "__default__": whole}
