"""Where a model file is: on this machine, or in a store, of which a copy is worked on here."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lakeproof.errors import LakeproofError
from lakeproof.stores.addresses import file_url, is_remote, misleading, place_of
from lakeproof.stores.files import fetch, is_there, put
from lakeproof.stores.patience import waiting
from lakeproof.stores.troubles import without_secrets


class ModelError(LakeproofError):
    """A model file is missing or holds something that is not to be trusted."""


class ModelPlace:
    """The place of a model file.

    Args:
        filepath: A path, or an address of a store.
        credentials: The settings of the store.

    Raises:
        ModelError: If it is neither, or an address with a secret in it.
    """

    def __init__(self, filepath: str, credentials: Mapping[str, Any] | None) -> None:
        filepath = place_of(filepath, "The filepath of the model", ModelError)
        if meant := misleading(filepath):
            raise ModelError(
                f"The filepath of the model is {filepath}, which looks like {meant} and would be "
                "taken for a path of this machine. Nothing was read or written. Correct it in "
                "catalog.yml."
            )
        self.filepath = filepath
        self._options = {key: str(value) for key, value in (credentials or {}).items()}

    @property
    def is_remote(self) -> bool:
        """Tell whether it is in a store."""
        return is_remote(self.filepath)

    @property
    def _url(self) -> str:
        return file_url(self.filepath)

    def exists(self) -> bool:
        """Tell whether there is a file."""
        if not self.is_remote:
            return Path(self.filepath).exists()
        with self._explained("Nothing was read."):
            return is_there(self._url, self._options)

    @contextmanager
    def to_read(self) -> Iterator[Path]:
        """Give the file on this machine.

        Raises:
            ModelError: If there is none, or its store cannot be asked.
        """
        if not self.is_remote:
            if not Path(self.filepath).exists():
                raise self._no_model()
            yield Path(self.filepath)
            return
        with tempfile.TemporaryDirectory(prefix="lakeproof-model-") as folder:
            copy = Path(folder, "model.skops")
            with self._explained("Nothing was run with it."):
                try:
                    fetch(self._url, self._options, copy)
                except FileNotFoundError as error:
                    raise self._no_model() from error
            yield copy

    @contextmanager
    def to_write(self) -> Iterator[Path]:
        """Give a file beside it that takes its place when the block has ended without an error.

        Raises:
            ModelError: If its store does not take it; what is there stays.
        """
        if self.is_remote:
            with tempfile.TemporaryDirectory(prefix="lakeproof-model-") as folder:
                copy = Path(folder, "model.skops")
                yield copy
                with self._explained("The model that is there is as it was."):
                    put(copy, self._url, self._options)
            return
        path = Path(self.filepath)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two runs may save at once.
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            yield partial
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)

    def _no_model(self) -> ModelError:
        return ModelError(
            f"There is no model at {self.filepath}. Nothing was run with it. Train one first: "
            "kedro run --pipelines train"
        )

    @contextmanager
    def _explained(self, outcome: str) -> Iterator[None]:
        try:
            with waiting("the model", self.filepath):
                yield
        except OSError as error:
            said = without_secrets(str(error), self._options)
            raise ModelError(f"The model at {self.filepath}: {said[:500]} {outcome}") from error
