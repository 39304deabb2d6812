"""What a run read and wrote."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TableRead:
    """One version of a Delta table that the run read.

    Args:
        dataset: The catalog name.
        uri: Relative to the project where it lies inside.
        table_id: Tells it from a table made later at the same place.
        version: The Delta version.
        columns: Name and Delta type, in the table's order.
        rows: How many.
        digest: `rs1:…` of the content.
        digest_from: `commit` where the writer's own was taken, `rows` where they were read.
        pin: Who asked for the version: `--load-versions`, `the catalog`, or nobody.
        is_own: Whether this run wrote it before it read it.
        committed_digest: What the commit says that the content is, where the rows were another.
        catalog_name: `catalog.schema.table` in Unity Catalog, where it was found by that.
        catalog_id: What that catalog calls it.
    """

    dataset: str
    uri: str
    table_id: str
    version: int
    columns: tuple[tuple[str, str], ...]
    rows: int
    digest: str
    digest_from: Literal["commit", "rows"]
    pin: str | None
    is_own: bool
    committed_digest: str | None = None
    catalog_name: str | None = None
    catalog_id: str | None = None


@dataclass(frozen=True)
class TableWritten:
    """What became of what a node handed over to a Delta table.

    Args:
        dataset: The catalog name.
        uri: Relative to the project where it lies inside.
        table_id: Of the table that was written.
        version: The version that holds the rows afterwards.
        mode: How the rows were written: `overwrite`, `append`, `merge`, `delete` or `error`.
        started_at: The version it had before the run; `None` where there was no table.
        started_digest: `rs1:…` of the content of that version, where the write built upon it.
        written: Whether the run committed; not, where the content was there already.
        columns: Name and Delta type, in the table's order.
        rows: Rows in the table afterwards.
        digest: `rs1:…` of the whole table afterwards.
        digest_from: `commit` where the write knew it, `rows` where they were read.
        node: Who handed them over.
        handed_over: What was given: `rows:178` that are the whole table, `rows:5 rs1:…` that join
            others (`sha256:…` for several chunks), `sha256:…` of deliveries' names and contents.
            Rows that the table holds already leave no trace in it.
        catalog_name: `catalog.schema.table` in Unity Catalog, where it was found by that.
        catalog_id: What that catalog calls it.
    """

    dataset: str
    uri: str
    table_id: str
    version: int
    mode: str
    started_at: int | None
    started_digest: str | None
    written: bool
    columns: tuple[tuple[str, str], ...]
    rows: int
    digest: str
    digest_from: Literal["commit", "rows"]
    node: str | None
    handed_over: str | None = None
    catalog_name: str | None = None
    catalog_id: str | None = None


@dataclass(frozen=True)
class FileFacts:
    """A file that was read or written.

    Args:
        dataset: The catalog name.
        path: Relative to the project where it lies inside.
        sha256: Of its bytes, in hexadecimal.
        size: In bytes.
        artifact: The MLflow artifact that holds the same bytes: `runs:/…` or `models:/…`.
        is_own: Whether this run wrote it before it read it.
        text: What it held, where a dataset keeps in it how far it has come: the run moves that on.
        holds_place: Whether the place of the project stands in it, so that it is another file
            wherever the project lies. Of what was read nobody asks.
    """

    dataset: str
    path: str
    sha256: str
    size: int
    artifact: str | None = None
    is_own: bool = False
    text: str | None = None
    holds_place: bool = False


@dataclass(frozen=True)
class ValueFacts:
    """Something else that was loaded or saved (SQL, an API): known by digest, not restorable.

    Args:
        dataset: The catalog name.
        type: The dataset's class.
        digest: Of what passed; `None` where it has none.
        note: Why not.
    """

    dataset: str
    type: str
    digest: str | None
    note: str | None = None


@dataclass(frozen=True)
class ModelRead:
    """A model that was loaded from MLflow.

    Args:
        dataset: The catalog name.
        asked: As the catalog names it: `models:/wine@champion`.
        uri: What that meant when the run started: `models:/wine/7`.
        digest: `sha256:…` of the model's files.
    """

    dataset: str
    asked: str
    uri: str
    digest: str


@dataclass(frozen=True)
class InputFacts:
    """What the run read from outside of itself, and what it wrote and read again."""

    tables: tuple[TableRead, ...] = ()
    files: tuple[FileFacts, ...] = ()
    values: tuple[ValueFacts, ...] = ()
    models: tuple[ModelRead, ...] = ()


@dataclass(frozen=True)
class OutputFacts:
    """What the run handed over to be kept; `files` beside the crossings that say what is in them.

    A dataset that is in `values` has no file that can be looked at.
    """

    tables: tuple[TableWritten, ...] = ()
    files: tuple[FileFacts, ...] = ()
    values: tuple[ValueFacts, ...] = ()
