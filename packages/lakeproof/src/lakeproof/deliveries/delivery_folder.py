"""The catalog's dataset for a folder into which files are delivered.

Not for tables: whether a delivery is taken already is not known here.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from lakeproof.deliveries.declared import EDIT_THE_CATALOG
from lakeproof.deliveries.delivery import Delivery
from lakeproof.deliveries.delivery_errors import DeliveryError, shown
from lakeproof.deliveries.dialect import Dialect
from lakeproof.deliveries.file_digests import digests
from lakeproof.deliveries.formats import parse
from lakeproof.deliveries.schema import Schema
from lakeproof.deliveries.sources import Source, fetch, refuse_other_bytes

# What is still being written.
_UNFINISHED = (".part", ".tmp")


class DeliveryFolder(AbstractDataset[Any, list[Delivery]]):
    """List the deliveries of a folder, in order of their names; parse none of them.

    Names are ordered by code point, on every machine alike: `wine-10.csv` comes before
    `wine-2.csv`. Hidden files, folders, and names that end in `.part` or `.tmp` are left alone.

    Example of an entry in the catalog::

        deliveries:
          type: lakeproof.deliveries.DeliveryFolder
          path: data/01_raw/wine
          key: sample_id
          schema:
            sample_id: {type: string}
            alcohol: {type: double}
            hue: {type: double, nullable: true}

    Args:
        path: The folder, on a local disk.
        key: The column, or columns, that tell rows apart.
        schema: The columns; see `lakeproof.deliveries.schema.Column`.
        pattern: Which files of the folder are deliveries.
        csv: How they are punctuated; see `lakeproof.deliveries.dialect.Dialect`.
        sources: Files that are fetched when they are missing: a mapping of name to `url` and
            `sha256`.
        metadata: Anything that Kedro and its plug-ins keep for themselves.

    Raises:
        DeliveryError: An argument is not as it must be. Nothing is looked at on disk.
    """

    def __init__(
        self,
        *,
        path: str,
        key: str | Sequence[str],
        schema: Mapping[str, Any],
        pattern: str = "*.csv",
        csv: Mapping[str, Any] | None = None,
        sources: Mapping[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        if "://" in str(path):
            raise DeliveryError(
                f"`path` is {shown(str(path))}: deliveries are read from a folder on a local disk. "
                f"{EDIT_THE_CATALOG}"
            )
        self._path = Path(path)
        self._pattern = pattern
        self._schema = Schema.from_config(schema, key)
        self._dialect = Dialect.from_config(csv)
        self._sources = tuple(
            Source.from_config(name, config) for name, config in (sources or {}).items()
        )
        self.metadata = metadata
        for source in self._sources:
            if not self._is_delivery(source.name):
                raise DeliveryError(
                    f"`sources: {source.name}` would be fetched and never read: `pattern` is "
                    f"{shown(pattern)}. {EDIT_THE_CATALOG}"
                )

    @property
    def schema(self) -> Schema:
        """What is declared of the deliveries."""
        return self._schema

    @property
    def dialect(self) -> Dialect:
        """What their text means."""
        return self._dialect

    def load(self) -> list[Delivery]:
        """List the deliveries; fetch those that are declared under `sources` and missing.

        Raises:
            DeliveryError: No folder, no file in it, a file that cannot be fetched, or one that is
                not what `sources` declares.
        """
        for source in self._sources:
            if not (self._path / source.name).is_file():
                fetch(source, self._path)
        names = self._names()
        try:
            found = digests(self._path, names)
        except OSError as error:
            raise DeliveryError(
                f"{error.filename} cannot be read ({error.strerror}). Nothing was read. Make it "
                "readable, or take it away, and run again: kedro run"
            ) from error
        for source in self._sources:
            refuse_other_bytes(source, found[source.name], self._path / source.name)
        return [
            Delivery(name, found[name], self._path / name, self._schema, parse, self._dialect)
            for name in names
        ]

    def save(self, data: Any) -> None:
        """Refuse: deliveries come from outside.

        Raises:
            DeliveryError: Always.
        """
        raise DeliveryError(
            f"The deliveries in {self._path} are read only: nothing was written. Let the node "
            "write to a table, or to another dataset"
        )

    def _names(self) -> list[str]:
        if not self._path.is_dir():
            raise DeliveryError(
                f"There is no folder {self._path} to take deliveries {shown(self._pattern)} from. "
                "Nothing was read. Make it and put the files there, or correct `path` in "
                "catalog.yml"
            )
        names = sorted(
            path.name
            for path in self._path.iterdir()
            if self._is_delivery(path.name) and path.is_file()
        )
        if not names:
            raise DeliveryError(
                f"There is no file {shown(self._pattern)} in {self._path}. Nothing was read. Put "
                "the deliveries there, or correct `pattern` in catalog.yml"
            )
        return names

    def _is_delivery(self, name: str) -> bool:
        return (
            not name.startswith(".")
            and not name.endswith(_UNFINISHED)
            and fnmatchcase(name, self._pattern)
        )

    def _exists(self) -> bool:
        return self._path.is_dir() and any(
            self._is_delivery(path.name) for path in self._path.iterdir()
        )

    def _describe(self) -> dict[str, Any]:
        return {
            "path": str(self._path),
            "pattern": self._pattern,
            "key": ", ".join(self._schema.key),
            "columns": list(self._schema.names),
        }
