"""The catalog's face of a Delta table. Versions, locks and engines are behind it."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from kedro.io import AbstractDataset
from kedro.io.core import Version
from kedro_datasets._typing import JSONPreview

from lakeproof.delta.delta_version import DeltaVersion
from lakeproof.delta.engines import engine_for
from lakeproof.delta.log.location import available_versions, require_path
from lakeproof.delta.log.opening import exists, open_table, resolve
from lakeproof.delta.read.versions import history, require_rows
from lakeproof.delta.retention.lifetime import lifetime
from lakeproof.delta.write.engine import Engine, SaveArgs
from lakeproof.delta.write.scratch_copy import start_table
from lakeproof.errors import LakeproofError, TableError
from lakeproof.stores.addresses import is_of_a_catalog, place_of
from lakeproof.stores.unity_catalog import Operation, UnityCatalog
from lakeproof.versioned.contract import Say
from lakeproof.versioned.location import Location
from lakeproof.versioned.pins import Pin, choose_pin
from lakeproof.versioned.run_tables import RunTables
from lakeproof.versioned.table_version import TableVersion, VersionFacts

logger = logging.getLogger(__name__)


class DeltaTable(AbstractDataset[Any, Any]):
    """Read a Delta table at one version, and write it in commits that say who made them.

    Nothing is opened before rows are asked for, so an entry that nobody uses breaks nothing.

    Example catalog entry:
        ```yaml
        samples:
          type: lakeproof.delta.DeltaTable
          filepath: data/02_intermediate/wine/samples
          key: sample_id
          load_args: {version: 3}
          save_args: {mode: merge, schema_mode: merge}
        ```

    Args:
        filepath: The table's folder, or an object-store URI (`s3://`, `abfss://`, `gs://`).
        table: In its place, the name in Unity Catalog: `catalog.schema.table`.
        engine: `embedded` or `spark`; the same for every table of a run.
        key: The column, or columns, whose values tell rows apart.
        load_args: `version: N` or `timestamp: "2026-01-31T00:00:00Z"`; `--load-versions` wins.
        save_args: `mode` (`overwrite`, `append`, `merge`, `delete`, `error`), `partition_by`,
            `schema_mode` (`merge`, `overwrite`), `skip_unchanged`.
        credentials: Storage options of the object store; with `table`, also `host` and `token`.
        personal: The columns that hold what belongs to persons, of a table that does not come from
            deliveries, whose schema says it. Their values stand in no log, message or preview.
        version: Kedro's, from `--load-versions`.
        metadata: For other tools; `kedro-viz` reads its layer from here.

    Raises:
        LakeproofError: If an argument is not one of those above.
    """

    # Kedro then hands `--load-versions` on to this class, for which it is a Delta version.
    versioned: ClassVar[bool] = True
    # delta-rs panics in a forked process.
    _SINGLE_PROCESS = True

    def __init__(
        self,
        *,
        filepath: str | None = None,
        table: str | None = None,
        engine: str = "embedded",
        key: str | Sequence[str] | None = None,
        load_args: Mapping[str, Any] | None = None,
        save_args: Mapping[str, Any] | None = None,
        credentials: Mapping[str, Any] | None = None,
        personal: str | Sequence[str] = (),
        version: Version | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._credentials = {key: str(value) for key, value in (credentials or {}).items()}
        self._table = table
        self._catalog = UnityCatalog(self._credentials) if table is not None else None
        self._uri = _place_of(filepath, table)
        # Kedro tells a dataset its name nowhere; the hook does, until then the place's serves.
        self._name = PurePosixPath(self._uri).name if table is None else table.rpartition(".")[2]
        self._engine_name = engine
        self.key = (key,) if isinstance(key, str) else tuple(key or ())
        self._load_args = dict(load_args or {})
        self._save_config = dict(save_args or {})
        self._personal = frozenset((personal,) if isinstance(personal, str) else personal)
        self._flag = version.load if version else None
        self._run: RunTables | None = None
        self._has_warned = False
        self.metadata = metadata

    @property
    def location(self) -> Location:
        """Where the table is, and what the catalog calls it."""
        return self._located("READ")

    @property
    def pin(self) -> Pin | None:
        """The version asked for, by the flag or the catalog."""
        return choose_pin(self._name, self._flag, self._load_args)

    @property
    def engine_name(self) -> str:
        """The engine the catalog entry names."""
        return self._engine_name

    def name_as(self, name: str) -> None:
        """Tell the dataset its catalog name, for messages."""
        self._name = name

    @property
    def personal(self) -> frozenset[str]:
        """The columns of which no value is shown."""
        return self._personal

    def keep_back(self, columns: Iterable[str]) -> None:
        """Show no value of these columns: other entries of the catalog call them personal."""
        self._personal |= frozenset(columns)

    def move_to(self, uri: str) -> None:
        """Be another copy of the table: a re-run writes to one of its own."""
        self._uri = uri
        if "://" not in uri:
            self._credentials = {}
            self._catalog = None

    def use_engine(self, engine: str) -> None:
        """Read and write on another engine than the catalog's: a re-run may be asked to."""
        self._engine_name = engine

    def join(self, run: RunTables | None) -> None:
        """Make the dataset part of a run: it reads what the run resolved and notes who writes."""
        self._run = run

    def check(self) -> None:
        """Refuse an entry that could not be used, without opening the table.

        Raises:
            LakeproofError: For an unknown engine, load or save argument.
        """
        engine_for(self._engine_name)
        require_path(self.location)
        SaveArgs.from_config(self._name, self._save_config)
        choose_pin(self._name, self._flag, self._load_args)

    def is_there(self) -> bool:
        """Tell whether there is a Delta table."""
        return exists(self.location)

    def versions(self) -> list[int]:
        """List the versions that the log can still rebuild."""
        return available_versions(self.location)

    def open(self, version: int | None = None) -> DeltaVersion:
        """Open one version, the latest where none is given."""
        return DeltaVersion.of(open_table(self.location, version))

    def resolve(self) -> DeltaVersion:
        """Open the version that a load would read now."""
        return DeltaVersion.of(resolve(self.location, self.pin))

    def require_readable(self, opened: TableVersion, *, believes_commits: bool) -> None:
        """Refuse a version that Spark refuses for its age, or whose rows cannot be read.

        Raises:
            LakeproofError: Spark's is a PinError, that of the rows a TableError.
        """
        found = self._own(opened)
        if self._engine_name == "spark":
            life = lifetime(found)
            if life is not None and life.is_over:
                self._engine().read(found)
        if believes_commits:
            require_rows(found)

    def copy_to(self, target: Path, version: int | None, also: Collection[int], say: Say) -> None:
        """Link, or copy, the log and the data files of a version."""
        start_table(self.location, version, target, say, also)

    def copy_log_to(self, target: Path, version: int | None, say: Say) -> None:
        """Copy the log of a version alone: for a write that replaces all rows unread."""
        start_table(self.location, version, target, say, has_data=False)

    def history(self, limit: int | None = None) -> Iterator[VersionFacts]:
        """Yield what each commit says of itself, newest first."""
        return history(self.location, limit)

    def load(self) -> Any:
        """Give the rows as the engine's lazy frame, in no promised order.

        Raises:
            PinError: If the pinned version cannot be read.
            TableError: If there is no such table.
        """
        run, pin = self._run, self.pin
        at_start = run.to_read(self.location.uri, pin) if run else None
        opened = self._own(at_start) if at_start is not None else self.resolve()
        if run is None and not self._has_warned:  # a run has looked at all its tables beforehand
            self._has_warned = True
            opened.warn(pin)
        if run:
            run.has_read(self._name, opened, pin)
        logger.info("Reading table '%s' at version %d", self._name, opened.version)
        return self._engine().read(opened)

    def save(self, data: Any) -> None:
        """Write rows in one commit, or each delivery of a list or a stream in one of its own.

        Raises:
            LakeproofError: With the table as it was before the write that failed.
        """
        # With what writes come Polars, NumPy and PyArrow, of which a look at a table needs nothing.
        from lakeproof.delta.table_save import TableSave

        args = SaveArgs.from_config(self._name, self._save_config)
        run = self._run or RunTables()
        TableSave(
            self._located("READ_WRITE"), self.key, args, self._engine(), run, self._personal
        ).save(data)

    def preview(self, nrows: int = 5) -> JSONPreview:
        """Show in `kedro viz` the version that a load would read, who wrote it and its rows."""
        from lakeproof.delta.read.preview import nothing, preview

        # A table that nobody has written yet is how a fresh clone looks, not a mistake.
        try:
            pin, opened = self.pin, self.resolve()
        except LakeproofError as error:
            return JSONPreview(nothing(error.message))
        return JSONPreview(preview(pin, opened, nrows, self._personal))

    def _located(self, operation: Operation) -> Location:
        """Say where the table is; one of Unity Catalog is asked for when it is first needed."""
        if self._catalog is None or self._table is None:
            return Location(self._name, self._uri, self._credentials or None)
        found = self._catalog.table(self._table, operation)
        return Location(
            self._name, self._uri or found.place, found.options, found.name, found.table_id
        )

    def _own(self, opened: TableVersion) -> DeltaVersion:
        """Give back as one of this class what a run was given by one."""
        assert isinstance(opened, DeltaVersion), type(opened)
        return opened

    def _engine(self) -> Engine:
        return engine_for(self._engine_name)

    def _exists(self) -> bool:
        return exists(self.location)

    def _describe(self) -> dict[str, Any]:
        return {
            "filepath": self._uri or None,
            "table": self._table,
            "engine": self._engine_name,
            "key": list(self.key),
            "load_args": self._load_args,
            "save_args": self._save_config,
            "load_version": self._flag,
        }


def _place_of(filepath: str | None, table: str | None) -> str:
    """Take the place of an entry, which is a path or a name; empty for a name.

    Raises:
        TableError: It is neither, or both.
    """
    if (filepath is None) == (table is None):
        raise TableError(
            "A Delta table has either a `filepath` or a `table` (its name in Unity Catalog), and "
            f"this entry has {'both' if table else 'neither'}. Correct it in catalog.yml."
        )
    if table is not None and not is_of_a_catalog(table):
        raise TableError(
            f"`table` is {table!r}: it must be the three names of a table of Unity Catalog, "
            "catalog.schema.table. Correct it in catalog.yml, or name a `filepath`."
        )
    if table is not None:
        return ""
    return place_of(str(filepath), "The filepath of a Delta table", TableError).rstrip("/")
