"""A scikit-learn estimator as a skops file, logged to MLflow through kedro-mlflow.

The file is what other runs load; the MLflow model is what is served. Not for pickles: a file of
somebody else's must not run code when it is opened.
"""

import io
import os
import pickle
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

from lakeproof.errors import LakeproofError

if TYPE_CHECKING:
    import pandas as pd

# Their types hold data, not code; skops lists the compiled ones as unknown.
_TRUSTED_PACKAGES = ("sklearn.", "numpy.", "scipy.")
_EXAMPLE_ROWS = 5


class ModelError(LakeproofError):
    """A model file is missing or holds something that is not to be trusted."""


class SklearnModel(AbstractDataset[Any, Any]):
    """Save a fitted estimator without pickle, and log it to the MLflow run that is open.

    Example catalog entry:
        ```yaml
        model:
          type: lakeproof.model.SklearnModel
          filepath: data/06_models/model.skops
          requirements: {filepath: requirements/run.txt}
        ```

    Args:
        filepath: The `.skops` file.
        requirements: The lock whose versions the MLflow model asks for.
        name: The model's name in MLflow.
        trusted: Type names of your own that the file may hold.
        metadata: For other tools.
    """

    def __init__(
        self,
        *,
        filepath: str,
        requirements: Mapping[str, str] | None = None,
        name: str = "model",
        trusted: Sequence[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._filepath = PurePosixPath(filepath)
        self._requirements = Path(requirements["filepath"]) if requirements else None
        self._name = name
        self._trusted = tuple(trusted)
        self._example: pd.DataFrame | None = None
        # What this run logged. Another run may replace the file before this one loads it.
        self._own: Path | None = None
        self.metadata = metadata

    def show_inputs(self, inputs: Sequence[Any], model: Any) -> None:
        """Take the input example from the frames the model was fitted on.

        Args:
            inputs: What the node that fitted it was given.
            model: The estimator; its `feature_names_in_` tell which frame and columns.
        """
        import pandas as pd

        columns = list(getattr(model, "feature_names_in_", ()))
        for frame in inputs:
            if columns and isinstance(frame, pd.DataFrame) and set(columns) <= set(frame.columns):
                self._example = frame[columns].head(_EXAMPLE_ROWS)
                return

    def load(self) -> Any:
        """Load the estimator: the one this run saved, else the file's.

        Raises:
            ModelError: If there is no file, or it holds types that are not trusted.
        """
        import skops.io

        path = self._own or Path(self._filepath)
        if not path.exists():
            raise ModelError(
                f"There is no model at {path}. Nothing was run with it. Train one first: "
                "kedro run --pipelines train"
            )
        unknown = skops.io.get_untrusted_types(file=path)
        refused = [t for t in unknown if not self._is_trusted(t)]
        if refused:
            raise ModelError(
                f"The model at {path} holds types that are not trusted: {', '.join(refused)}. It "
                "was not loaded. If they are yours, list them under `trusted` in the catalog."
            )
        return skops.io.load(path, trusted=unknown)

    def save(self, data: Any) -> None:
        """Save the estimator, and log it where an MLflow run is open.

        Writing a large forest takes seconds, so MLflow's own file is copied where there is one.
        """
        import mlflow

        path = Path(self._filepath)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two runs may save at once.
        partial = path.with_suffix(f".{os.getpid()}.partial")
        if mlflow.active_run() is not None:
            self._own = self._log(data)
            shutil.copyfile(self._own, partial)
        else:
            import skops.io

            skops.io.dump(data, partial)
        os.replace(partial, path)

    def _log(self, model: Any) -> Path:
        """Log the model and give the place of its skops file on this machine."""
        import mlflow.artifacts
        from kedro_mlflow.io.models import MlflowModelTrackingDataset

        save_args: dict[str, Any] = {
            "name": self._name,
            "serialization_format": "skops",
            "skops_trusted_types": [t for t in types_in(model) if self._is_trusted(t)],
        }
        if self._example is not None:
            # MLflow infers the signature from the example and what the model predicts for it.
            save_args["input_example"] = self._example
        if self._requirements is not None and self._requirements.exists():
            save_args["pip_requirements"] = locked_versions(self._requirements)
        tracked = MlflowModelTrackingDataset(flavor="mlflow.sklearn", save_args=save_args)
        tracked.save(model)
        # In a local store this is the file itself, not a copy.
        uri = f"{tracked.model_info.artifact_path}/model.skops"
        return Path(mlflow.artifacts.download_artifacts(uri))

    def _is_trusted(self, type_name: str) -> bool:
        return type_name in self._trusted or type_name.startswith(_TRUSTED_PACKAGES)

    def _exists(self) -> bool:
        return Path(self._filepath).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "name": self._name, "trusted": self._trusted}


def types_in(model: Any) -> list[str]:
    """Name the classes of all objects that an estimator consists of, by walking it as pickle does.

    skops tells only those of a file it has written.
    """
    names = set()

    class Walker(pickle.Pickler):
        def reducer_override(self, part: Any) -> Any:
            kind = part if isinstance(part, type) else type(part)
            names.add(f"{kind.__module__}.{kind.__qualname__}")
            return NotImplemented

    Walker(io.BytesIO(), protocol=5).dump(model)
    return sorted(names)


def locked_versions(lock: Path) -> list[str]:
    """Read `name==version` of every distribution that a lock has for this platform.

    MLflow takes neither hashes nor markers.
    """
    from packaging.requirements import Requirement

    versions = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        text = line.rstrip("\\ ").strip()
        if not text or text.startswith(("#", "--")):
            continue
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate():
            versions.append(f"{requirement.name}{requirement.specifier}")
    return versions
