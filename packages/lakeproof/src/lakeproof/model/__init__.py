"""The fitted estimator: a file of the project and a model of the run; and what was tried before."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakeproof.model.mlflow_trials import MlflowTrials
    from lakeproof.model.sklearn_model import SklearnModel

__all__ = ["MlflowTrials", "SklearnModel"]


def __getattr__(name: str) -> Any:
    if name == "SklearnModel":
        from lakeproof.model.sklearn_model import SklearnModel

        return SklearnModel
    if name == "MlflowTrials":
        from lakeproof.model.mlflow_trials import MlflowTrials

        return MlflowTrials
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
