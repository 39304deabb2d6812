"""The catalog's dataset for a folder into which files are delivered.

Not for tables: whether a delivery is taken already is not known here.
"""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Any

from kedro.io import AbstractDataset

from lakeproof.deliveries.declared import EDIT_THE_CATALOG
from lakeproof.deliveries.delivery import Delivery
from lakeproof.deliveries.delivery_errors import DeliveryError, shown
from lakeproof.deliveries.dialect import Dialect, refuse_contradiction
from lakeproof.deliveries.file_digests import digests
from lakeproof.deliveries.formats import KNOWN, parse
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.deliveries.rows.files import stem_of
from lakeproof.deliveries.schema import Schema
from lakeproof.deliveries.sources import Source, fetch, refuse_other_bytes
from lakeproof.deliveries.stored_folder import StoredFolder
from lakeproof.spelling import first_of
from lakeproof.stores.addresses import is_remote, misleading, place_of

_log = logging.getLogger(__name__)

# What is still being written.
_UNFINISHED = (".part", ".tmp")


class DeliveryFolder(AbstractDataset[Any, list[Delivery]]):
    """List the deliveries of a folder, in order of their names; parse none of them.

    Names are ordered by code point, on every machine alike: `wine-10.csv` comes before
    `wine-2.csv`. Hidden files, folders, and names that end in `.part` or `.tmp` are left alone. A
    file's ending says how it is read: CSV (`.gz` and `.zst` too), Parquet, JSON lines, Excel.

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
        path: The folder, on a local disk or in a store (`s3://…`); of a store each file is read
            once, into `.lakeproof/raw` of the project.
        key: The column, or columns, that tell rows apart.
        schema: The columns; see `lakeproof.deliveries.schema.Column`. Without it nothing is taken.
        table: The table that was made elsewhere and has the rows instead: nothing is delivered.
        pattern: Which files of the folder are deliveries, in letters of either case; one pattern,
            or several.
        csv: How they are punctuated; see `lakeproof.deliveries.dialect.Dialect`.
        sources: Files that are fetched when they are missing: a mapping of name to `url` and
            `sha256`; into a folder on a local disk.
        credentials: The settings of the store, as tables have them.
        metadata: Anything that Kedro and its plug-ins keep for themselves.

    Raises:
        DeliveryError: An argument is not as it must be. Nothing is looked at on disk.
    """

    def __init__(
        self,
        *,
        path: str,
        key: str | Sequence[str],
        schema: Mapping[str, Any] | None = None,
        table: str | None = None,
        pattern: str | Sequence[str] = "*.csv",
        csv: Mapping[str, Any] | None = None,
        sources: Mapping[str, Any] | None = None,
        credentials: Mapping[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        path = place_of(str(path), "`path` of deliveries", DeliveryError)
        if meant := misleading(path, is_folder=True):
            raise DeliveryError(
                f"`path` is {shown(path)}, which looks like {meant}. {EDIT_THE_CATALOG}"
            )
        is_said = bool(pattern) and all(one and isinstance(one, str) for one in pattern)
        if not is_said:
            raise DeliveryError(
                f"`pattern` is {shown(str(pattern))}: it must be a pattern of file names, such as "
                f'"*.csv", or a list of them. {EDIT_THE_CATALOG}'
            )
        options = {key: str(value) for key, value in (credentials or {}).items()}
        is_stored = is_remote(path)
        self.stored = StoredFolder(path.rstrip("/"), options) if is_stored else None
        self._path = None if is_stored else Path(path)
        self._project_path = Path()
        self._patterns = (pattern,) if isinstance(pattern, str) else tuple(pattern)
        self._pattern = ", ".join(map(str, self._patterns))
        self._table = table
        self._schema = None if table or schema is None else Schema.from_config(schema, key)
        self._dialect = Dialect.from_config(csv)
        for column in self._schema.columns if self._schema else ():
            if column.own:
                own = self._dialect.of_column(column.own)
                refuse_contradiction(own, f"schema: {column.name}")
        self._sources = tuple(
            Source.from_config(name, config) for name, config in (sources or {}).items()
        )
        self.metadata = metadata
        self._mentioned: list[str] = []
        if self._sources and is_stored:
            raise DeliveryError(
                f"`sources` are fetched into a folder on a local disk, and `path` is "
                f"{shown(self._place)}. {EDIT_THE_CATALOG}"
            )
        for source in self._sources:
            if not self._is_delivery(source.name):
                raise DeliveryError(
                    f"`sources: {source.name}` would be fetched and never read: `pattern` is "
                    f"{shown(self._pattern)}. {EDIT_THE_CATALOG}"
                )

    @property
    def schema(self) -> Schema:
        """What is declared of the deliveries.

        Raises:
            DeliveryError: Nothing is.
        """
        if self._table:
            raise DeliveryError(
                f"`table` names {shown(self._table)}, which was made elsewhere and has the rows: "
                "nothing is delivered into it, neither as a batch nor as a stream. Nothing was "
                "run. What follows from it: kedro run. To take deliveries instead, take `table` "
                "out of conf/<environment>/globals.yml"
            )
        if self._schema is None:
            raise DeliveryError(
                f"No schema is declared of the deliveries in {self._place}. Nothing was read. "
                "Write one with: kedro deliveries declare FILE; or, where the table was made "
                "elsewhere, leave its ingest out: kedro run"
            )
        return self._schema

    @property
    def dialect(self) -> Dialect:
        """What their text means."""
        return self._dialect

    @property
    def fetched(self) -> frozenset[str]:
        """The names of files that are fetched where they are missing, and have a digest to have."""
        return frozenset(source.name for source in self._sources)

    def keep_in(self, project_path: Path) -> None:
        """Be told the project, in which what is read of a store is kept by its content."""
        self._project_path = project_path

    def lie_in(self, folder: Path) -> None:
        """Be a local copy of a folder in a store, in a re-run: as recorded, with its addresses."""
        self._path = folder

    def load(self) -> list[Delivery]:
        """List the deliveries; fetch those that are declared under `sources` and missing.

        Raises:
            DeliveryError: No folder, no file in it, a file that cannot be fetched, or one that is
                not what `sources` declares.
        """
        schema = self.schema
        if self._path is None:
            assert self.stored is not None
            listed = self.stored.listed()
            wanted = {name: listed[name] for name in self._deliveries_of(listed)}
            files = self.stored.files(wanted, RawStore(self._project_path), time.time_ns())
        else:
            files = self._local_files(self._path)
        address = self.stored.address if self.stored is not None else lambda _: None
        return [
            Delivery(name, sha256, path, schema, parse, self._dialect, uri=address(name))
            for name, (sha256, path) in files.items()
        ]

    def _local_files(self, folder: Path) -> dict[str, tuple[str, Path]]:
        for source in self._sources:
            if not (folder / source.name).is_file():
                fetch(source, folder)
        if not folder.is_dir():
            raise DeliveryError(
                f"There is no folder {folder} to take deliveries {shown(self._pattern)} from. "
                "Nothing was read. Make it and put the files there, or correct `path` in "
                "catalog.yml"
            )
        names = self._deliveries_of(path.name for path in folder.iterdir() if path.is_file())
        try:
            found = digests(folder, names)
        except OSError as error:
            raise DeliveryError(
                f"{error.filename} cannot be read ({error.strerror}). Nothing was read. Make it "
                "readable, or take it away, and run again: kedro run"
            ) from error
        for source in self._sources:
            refuse_other_bytes(source, found[source.name], folder / source.name)
        return {name: (found[name], folder / name) for name in names}

    def save(self, data: Any) -> None:
        """Refuse: deliveries come from outside.

        Raises:
            DeliveryError: Always.
        """
        raise DeliveryError(
            f"The deliveries in {self._place} are read only: nothing was written. Let the node "
            "write to a table, or to another dataset"
        )

    def _deliveries_of(self, listed: Iterable[str]) -> list[str]:
        """Choose the deliveries among the files of the folder, in their order."""
        files = sorted(listed)
        names = [name for name in files if self._is_delivery(name)]
        near = [name for name in files if self._is_nearly(name)]
        if not names:
            has = f" It has {', '.join(map(shown, near[:3]))}." if near else self._below()
            raise DeliveryError(
                f"There is no file {shown(self._pattern)} in {self._place}.{has} Nothing was read. "
                "Put the deliveries there, or correct `pattern` in catalog.yml"
            )
        if near and near != self._mentioned:
            self._mentioned = near
            _log.warning(
                "%s in %s is no delivery, for `pattern` is %s. If it is one, correct it in "
                "catalog.yml.",
                first_of(list(map(shown, near)), 3),
                self._place,
                self._pattern,
            )
        self._refuse_shared_stems(names)
        return names

    def _below(self) -> str:
        """Say which files of folders below would be deliveries, if they lay in this one."""
        if self._path is None:
            return ""
        inner = (path for path in self._path.rglob("*") if self._is_delivery(path.name))
        first = next((path for path in inner if path.is_file()), None)
        if first is None:
            return ""
        place = first.relative_to(self._path).as_posix()
        return f" Folders below it are left alone, as the one of {shown(place)}."

    def _refuse_shared_stems(self, names: list[str]) -> None:
        """Refuse two files of which one would pass for the other's correction."""
        if all(column.origin not in ("file", "row") for column in self.schema.columns):
            return
        stems: dict[str, str] = {}
        for name in names:
            other = stems.setdefault(stem_of(name), name)
            if other != name:
                raise DeliveryError(
                    f"Deliveries {shown(other)} and {shown(name)} differ in their ending alone, "
                    "and the schema makes a column of the name without it. Nothing was read. "
                    "Rename one, or take it away, and run again: kedro run"
                )

    def _is_nearly(self, name: str) -> bool:
        """Tell a file that looks like a delivery and is none."""
        is_left = name.startswith(".") or name.endswith(_UNFINISHED) or self._is_delivery(name)
        endings = {ending.strip().lower() for ending in PurePath(name).suffixes}
        return not is_left and not endings.isdisjoint(KNOWN)

    def _is_delivery(self, name: str) -> bool:
        return (
            not name.startswith(".")
            and not name.endswith(_UNFINISHED)
            and any(fnmatchcase(name.casefold(), one.casefold()) for one in self._patterns)
        )

    @property
    def _place(self) -> str:
        """Where deliveries are found, for messages."""
        return self.stored.uri if self.stored is not None else str(self._path)

    def _exists(self) -> bool:
        if self._path is None:
            return self.stored is not None and any(map(self._is_delivery, self.stored.listed()))
        return self._path.is_dir() and any(
            self._is_delivery(path.name) for path in self._path.iterdir()
        )

    def _describe(self) -> dict[str, Any]:
        return {
            "path": self._place,
            "pattern": self._pattern,
            "key": ", ".join(self._schema.key) if self._schema else None,
            "columns": list(self._schema.names) if self._schema else None,
        }
