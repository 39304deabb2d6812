"""The fitted estimator: a file of the project and a model of the MLflow run."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakeproof.model.sklearn_model import SklearnModel

__all__ = ["SklearnModel"]


def __getattr__(name: str) -> Any:
    if name == "SklearnModel":
        from lakeproof.model.sklearn_model import SklearnModel

        return SklearnModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
