"""What an environment's parameters have to say of a table, so that the pipelines run on it.

`conf/base` may be about another table: its ratios, its estimators of another task and its metrics
are taken away or replaced. Not for the table itself (`declare`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakeproof.deliveries.look.proposal import Proposal

_CLASSES = {
    "classification": {
        "random_forest": "sklearn.ensemble.RandomForestClassifier",
        "gradient_boosting": "sklearn.ensemble.HistGradientBoostingClassifier",
        "linear": "sklearn.linear_model.LogisticRegression",
    },
    "regression": {
        "random_forest": "sklearn.ensemble.RandomForestRegressor",
        "gradient_boosting": "sklearn.ensemble.HistGradientBoostingRegressor",
        "linear": "sklearn.linear_model.Ridge",
    },
}


@dataclass(frozen=True)
class Base:
    """What `conf/base` says; of a project without such parameters, nothing.

    Args:
        globals: Its `globals.yml`, resolved.
        parameters: Its parameters.
    """

    globals: Mapping[str, Any]
    parameters: Mapping[str, Any]

    @classmethod
    def of(cls, project: Path) -> "Base":
        """Read it as a run of the default environment would."""
        from lakeproof.record.mlflow_store.tracking import open_loader

        try:
            loader = open_loader(project, "base")
            return cls(dict(loader["globals"]), dict(loader["parameters"]))
        except Exception:
            # What cannot be read today is nothing to be taken away.
            return cls({}, {})

    def said(self, pipeline: str, name: str) -> Any:
        """Give one parameter of a pipeline; `None` where it is not said."""
        found = self.parameters.get(pipeline)
        return found.get(name) if isinstance(found, Mapping) else None


def parameters_for(found: "Proposal", base: Base) -> dict[str, dict[str, Any]]:
    """Give what the parameters of each pipeline have to say, by pipeline.

    Args:
        found: What the files are.
        base: What is said already.
    """
    said: dict[str, dict[str, Any]] = {"feature": _feature(found, base)}
    is_other = base.globals.get("task", found.task) != found.task
    if is_other and base.said("train", "estimators") is not None:
        classes = _CLASSES[found.task]
        said["train"] = {
            "estimator": "random_forest",
            "estimators": {name: {"class": path} for name, path in classes.items()},
        }
    if is_other and base.said("evaluate", "metrics"):
        said["evaluate"] = {"metrics": []}
    return said


def _feature(found: "Proposal", base: Base) -> dict[str, Any]:
    said: dict[str, Any] = {"columns": "all"}
    if found.no_features:
        said["but"] = found.no_features
    ratios = base.said("feature", "ratios")
    foreign = [
        name
        for name, pair in (ratios.items() if isinstance(ratios, Mapping) else ())
        if not (isinstance(pair, list) and set(pair) <= {*found.schema, *found.columns})
    ]
    if foreign:
        said["ratios"] = dict.fromkeys(foreign)
    return said


def file_of(folder: Path, pipeline: str) -> str:
    """Name the file of an environment that has the parameters of a pipeline, or is to have them.

    Kedro refuses two files of one environment that say something of the same pipeline.
    """
    from lakeproof.commands.catalog_edits.round_trip import load

    for path in sorted(folder.glob("parameters*.yml")):
        document = load(path.read_text(encoding="utf-8"))
        if isinstance(document, Mapping) and pipeline in document:
            return path.name
    return f"parameters_{pipeline}.yml"
