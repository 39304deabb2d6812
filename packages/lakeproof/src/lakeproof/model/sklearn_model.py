"""A scikit-learn estimator as a skops file, logged to MLflow.

The file is what other runs load; the MLflow model is what is served. Not for pickles: a file of
somebody else's must not run code when it is opened.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

from lakeproof.model.model_place import ModelError, ModelPlace
from lakeproof.stores.addresses import place_of

if TYPE_CHECKING:
    import pandas as pd

# Their types hold data, not code; skops lists the compiled ones as unknown.
_TRUSTED_PACKAGES = ("sklearn.", "numpy.", "scipy.", "collections.OrderedDict")
# Of those, what skops asks about in most models: one that has no others is looked through once.
_USUAL = ("numpy.dtype", "sklearn.tree._tree.Tree")
_EXAMPLE_ROWS = 5


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
        filepath: The `.skops` file, on this machine or in an object store (`s3://`, `abfss://`).
        credentials: The settings of the store, as tables have them.
        requirements: The lock whose versions the MLflow model asks for; without one, what loads
            the file, as installed.
        name: The model's name in MLflow.
        registered_model: A name in MLflow's registry, under which the model becomes a version once
            its run is recorded. Not that of a re-run.
        alias: Which that version gets, and the one that has it now loses.
        trusted: Type names of your own that the file may hold.
        metadata: For other tools.
    """

    def __init__(
        self,
        *,
        filepath: str,
        requirements: Mapping[str, str] | None = None,
        name: str = "model",
        registered_model: str | None = None,
        alias: str | None = None,
        trusted: Sequence[str] = (),
        credentials: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._filepath = place_of(filepath, "The filepath of the model", ModelError)
        self._credentials = credentials
        self._requirements = Path(requirements["filepath"]) if requirements else None
        self._name = name
        self._trusted = tuple(trusted)
        if alias is not None and registered_model is None:
            raise ModelError(
                f"alias: {alias} is that of a registered model, and no registered_model is named. "
                "Nothing was run. Write both into the catalog entry, or neither."
            )
        self.registered_model, self.alias = registered_model, alias
        self._example: pd.DataFrame | None = None
        self._is_personal = False
        # What this run logged, and the types in it: another run may replace the shared file before
        # this one loads it.
        self._artifact: tuple[Path, list[str]] | None = None
        # Where MLflow keeps the bytes of the file: `models:/…`.
        self.artifact_uri: str | None = None
        self.metadata = metadata

    def keep_back(self, columns: Iterable[str]) -> None:
        """Show no row that the model was fitted on: where a column is personal, each is somebody's.

        Whichever columns the model learns from.
        """
        self._is_personal = self._is_personal or bool(tuple(columns))

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
                # No view, which would hold the whole frame until the run ends.
                self._example = frame.head(_EXAMPLE_ROWS)[columns].copy()
                return

    def load(self) -> Any:
        """Load the estimator: the one this run saved, else the file's.

        Raises:
            ModelError: If there is no file, or it holds types that are not trusted.
        """
        import skops.io
        from skops.io.exceptions import UntrustedTypesFoundException

        if self._artifact is not None:
            # What this run wrote a moment ago, and skops still compares the types.
            path, trusted = self._artifact
            return skops.io.load(path, trusted=trusted)
        with self._place.to_read() as path:
            with suppress(UntrustedTypesFoundException):
                return skops.io.load(path, trusted=[*self._trusted, *_USUAL])
            trusted = self._unknown_types(path, f"The model at {self._filepath}", "loaded")
            return skops.io.load(path, trusted=trusted)

    def save(self, data: Any) -> None:
        """Save the estimator, and log the same file where an MLflow run is open.

        Raises:
            ModelError: If it holds types that are not trusted, so that it could not be loaded.
        """
        import mlflow

        with self._place.to_write() as partial:
            _dump(data, partial)
            trusted = self._unknown_types(partial, f"The model for {self._filepath}", "saved")
            if mlflow.active_run() is not None:
                self._artifact = self._log(data, partial, trusted), trusted

    @property
    def _place(self) -> ModelPlace:
        # Asked each time: a re-run lets the dataset be elsewhere.
        return ModelPlace(self._filepath, self._credentials)

    def _log(self, model: Any, file: Path, trusted: list[str]) -> Path:
        """Log the model and give the place of its skops file on this machine."""
        from lakeproof.model.example import invented_rows
        from lakeproof.model.mlflow_model import SkopsFile, log_skops_file
        from lakeproof.model.requirements import installed_versions, locked_versions

        lock = self._requirements
        is_locked = lock is not None and lock.exists()
        requirements = locked_versions(lock) if lock and is_locked else installed_versions()
        example = self._example
        invented = invented_rows(example) if example is not None and self._is_personal else None
        logged = SkopsFile(file, model, trusted, requirements, example, invented)
        self.artifact_uri, place = log_skops_file(logged, self._name)
        return place

    def _unknown_types(self, path: Path, what: str, verb: str) -> list[str]:
        """List the types in a file that skops asks about, all of them trusted here."""
        import skops.io

        unknown = skops.io.get_untrusted_types(file=path)
        refused = [name for name in unknown if not self._is_trusted(name)]
        if refused:
            raise ModelError(
                f"{what} holds types that are not trusted: {', '.join(refused)}. It was not "
                f"{verb}. If you trust their packages, paste this into globals.yml, where the "
                f"catalog entry has `trusted: ${{globals:trusted}}`, else into the entry:\n"
                + "\n".join(["trusted:", *(f"  - {name}" for name in refused)])
            )
        return list(unknown)

    def _is_trusted(self, type_name: str) -> bool:
        return type_name in self._trusted or type_name.startswith(_TRUSTED_PACKAGES)

    def _exists(self) -> bool:
        return self._place.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "name": self._name, "trusted": self._trusted}


def _dump(model: Any, path: Path) -> None:
    import skops.io

    try:
        skops.io.dump(model, path)
    except Exception as error:
        raise ModelError(
            f"A {type(model).__name__} cannot be saved without pickle: {error}. It was not saved. "
            "A class of your own is, if what it learned is in attributes that are plain values or "
            "arrays of NumPy: docs/estimators.md."
        ) from error
