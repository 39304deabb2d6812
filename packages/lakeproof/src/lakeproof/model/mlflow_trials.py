"""The trials of a search as runs of MLflow's: what its pages compare side by side.

Not for models: a trial is what was tried and how well it did, and the best is trained again.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from kedro.io import AbstractDataset

from lakeproof.errors import LakeproofError

_PARENT = "mlflow.parentRunId"


class TrialsError(LakeproofError):
    """Trials cannot be read back."""


class MlflowTrials(AbstractDataset[Sequence[Mapping[str, Any]], Any]):
    """Log each trial as a child of the MLflow run that is open, with its params and metrics.

    A node hands over a list; each trial is a mapping of `name`, `params` and `metrics`. Where no
    run is open, nothing is logged.

    Example catalog entry:
        ```yaml
        trials:
          type: lakeproof.model.MlflowTrials
        ```

    Args:
        metadata: For other tools.
    """

    def __init__(self, *, metadata: Mapping[str, Any] | None = None) -> None:
        self.metadata = metadata

    def save(self, data: Sequence[Mapping[str, Any]]) -> None:
        """Log the trials in their order."""
        import mlflow
        from mlflow.entities import Metric, Param
        from mlflow.tracking import MlflowClient

        parent = mlflow.active_run()
        if parent is None:
            return
        client = MlflowClient()
        for trial in data:
            child = client.create_run(
                parent.info.experiment_id,
                run_name=str(trial["name"]),
                tags={_PARENT: parent.info.run_id},
            )
            now = int(time.time() * 1000)
            client.log_batch(
                child.info.run_id,
                metrics=[Metric(name, value, now, 0) for name, value in trial["metrics"].items()],
                params=[Param(name, str(value)) for name, value in trial["params"].items()],
            )
            client.set_terminated(child.info.run_id)

    def load(self) -> Any:
        """Refuse: they are in MLflow.

        Raises:
            TrialsError: Always.
        """
        raise TrialsError(
            "The trials of a search are runs in MLflow, and are not read back. See them with: "
            "mlflow ui; or give the node the dataset that holds the best one."
        )

    def _exists(self) -> bool:
        return False

    def _describe(self) -> dict[str, Any]:
        return {}
