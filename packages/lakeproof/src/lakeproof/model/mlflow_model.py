"""The MLflow model around a skops file: what is served.

MLflow's own `log_model` writes the file again, loads it twice to see whether it works and compares
every requirement with what is installed: more time than the rest of the example's run. Here the
file is the one the run goes on with, whose types have been looked at, and the requirements are the
lock that the environment was made from. The result is of the same form. Not for other flavours.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_FLAVOR = "sklearn"
_LOADER = "mlflow.sklearn"
_SERVED = "python_function"
_FILE = "model.skops"


@dataclass(frozen=True)
class SkopsFile:
    """A skops file, and what MLflow says of it.

    Args:
        path: The file.
        estimator: What it holds.
        trusted: The types in it that skops does not know to be harmless.
        requirements: `name==version` of what is needed to load it.
        example: Some of the rows that the estimator was fitted on.
        invented: Rows of the same columns that are nobody's, to be shown in their place.
    """

    path: Path
    estimator: Any
    trusted: Sequence[str]
    requirements: Sequence[str]
    example: "pd.DataFrame | None" = None
    invented: "pd.DataFrame | None" = None

    @property
    def shown(self) -> "pd.DataFrame | None":
        """The rows that the model's folder holds."""
        return self.example if self.invented is None else self.invented


def log_skops_file(file: SkopsFile, name: str) -> tuple[str, Path]:
    """Log a skops file as a model of the MLflow run that is open.

    Args:
        file: The file.
        name: The model's name in MLflow.

    Returns:
        Where MLflow keeps the file, `models:/<id>/…`, and its place on this machine: in a local
        store the file itself, not a copy.
    """
    import mlflow.artifacts
    from mlflow.models import Model

    from lakeproof.startup.faster_imports import without_ipython
    from lakeproof.startup.plain import is_plain

    with without_ipython():
        if is_plain():
            logged = _log_by_mlflow(file, name)
        else:
            logged = Model.log(
                None,
                _Flavor(file),
                name=name,
                flavor_name=_LOADER,
                # It would load the model once more.
                validate_serving_input=False,
            )
    place = Path(mlflow.artifacts.download_artifacts(f"{logged.artifact_path}/{_FILE}"))
    if is_plain():
        # MLflow has written the estimator once more; the run has one file, by which others know it.
        shutil.copyfile(place, file.path)
    return f"models:/{logged.model_id}/{_FILE}", place


def _log_by_mlflow(file: SkopsFile, name: str) -> Any:
    import mlflow.sklearn

    return mlflow.sklearn.log_model(
        file.estimator,
        name=name,
        serialization_format="skops",
        skops_trusted_types=list(file.trusted),
        input_example=file.shown,
        **_own_signature(file),
        pip_requirements=list(file.requirements),
    )


def _own_signature(file: SkopsFile) -> dict[str, Any]:
    """Tell MLflow the signature where it would ask the estimator to predict invented rows."""
    is_asked = file.invented is not None and hasattr(file.estimator, "predict")
    return {"signature": _signature(file.estimator, file.example)} if is_asked else {}


class _Flavor:
    """What `Model.log` calls to have the model's folder written."""

    def __init__(self, file: SkopsFile) -> None:
        self._file = file

    def save_model(self, path: str, mlflow_model: Any, **_: Any) -> None:
        """Write the folder as MLflow 3.17's `mlflow.sklearn.save_model` does."""
        import sklearn
        from mlflow.models.utils import _save_example
        from mlflow.utils import PYTHON_VERSION

        file, folder = self._file, Path(path)
        folder.mkdir(parents=True)
        shutil.copyfile(file.path, folder / _FILE)
        _save_example(mlflow_model, file.shown, path)
        if hasattr(file.estimator, "predict"):
            if file.example is not None:
                mlflow_model.signature = _signature(file.estimator, file.example)
            # As `mlflow.pyfunc.add_to_model` does, whose import takes longer than a forest's fit.
            mlflow_model.add_flavor(
                _SERVED,
                model_path=_FILE,
                predict_fn="predict",
                loader_module=_LOADER,
                python_version=PYTHON_VERSION,
                env={"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
            )
        mlflow_model.add_flavor(
            _FLAVOR,
            pickled_model=_FILE,
            sklearn_version=sklearn.__version__,
            serialization_format="skops",
            code=None,
            skops_trusted_types=list(file.trusted),
        )
        mlflow_model.model_size_bytes = sum(part.stat().st_size for part in folder.iterdir())
        mlflow_model.save(str(folder / "MLmodel"))
        _write_environment(folder, list(file.requirements))


def _signature(estimator: Any, example: Any) -> Any:
    """Tell the columns that go in and the type that comes out."""
    import pandas as pd
    from mlflow.models import infer_signature

    predicted: Any = estimator.predict(example.copy())
    if predicted.ndim == 1:
        # One value a row is a column; MLflow would take an array for a tensor.
        predicted = pd.Series(predicted)
    return infer_signature(example, predicted)


def _write_environment(folder: Path, requirements: list[str]) -> None:
    """Write the three files by which MLflow makes an environment for a model."""
    import platform

    import yaml

    python = platform.python_version()
    conda = {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        # conda-forge has a new pip later than PyPI.
        "dependencies": [f"python={python}", _installed("pip", "<="), {"pip": requirements}],
    }
    virtual = {
        "python": python,
        "build_dependencies": [_installed(name, "==") for name in ("pip", "setuptools", "wheel")],
        "dependencies": ["-r requirements.txt"],
    }
    (folder / "requirements.txt").write_text("\n".join(requirements), encoding="utf-8")
    for name, content in (("conda.yaml", conda), ("python_env.yaml", virtual)):
        text = yaml.safe_dump(content, sort_keys=False)
        (folder / name).write_text(text, encoding="utf-8")


def _installed(name: str, bound: str) -> str:
    """Bound a distribution by the installed version; an environment may well be without pip."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"{name}{bound}{version(name)}"
    except PackageNotFoundError:
        return name
