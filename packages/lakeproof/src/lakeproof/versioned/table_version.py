"""One version of a table: what it says of itself, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from lakeproof.versioned.location import Location
from lakeproof.versioned.pins import Pin


@dataclass(frozen=True)
class Content:
    """The content of a version.

    Args:
        digest: Of what it holds, as `algorithm:hexadecimal`.
        source: `commit` where the writer's own was taken, `rows` where they were read.
        committed: What the writer says, where the rows say something else.
    """

    digest: str
    source: Literal["commit", "rows"]
    committed: str | None = None


@dataclass(frozen=True)
class VersionFacts:
    """One line of a table's history; what a format does not keep is `None`.

    Args:
        version: Its number.
        timestamp: When it was written, ISO 8601 in UTC.
        operation: The format's name of what was done.
        rows: Rows in the table at that version.
        run_id: The MLflow run that wrote it, if one did.
        git_commit: The commit of the code that wrote it.
        node: The Kedro node that wrote it.
        delivery: The delivery whose rows it brought.
        digest: The content digest its writer stored with it.
    """

    version: int
    timestamp: str
    operation: str | None = None
    rows: int | None = None
    run_id: str | None = None
    git_commit: str | None = None
    node: str | None = None
    delivery: str | None = None
    digest: str | None = None


class TableVersion(Protocol):
    """One version of a table, opened.

    Attributes:
        format: What the table is, in a word: `delta`. MLflow's dataset inputs say it.
    """

    format: ClassVar[str]

    @property
    def location(self) -> Location:
        """Where the table is."""
        ...

    @property
    def version(self) -> int:
        """Which one; 0 is a version."""
        ...

    @property
    def table_id(self) -> str:
        """What tells the table from another one made later at the same place."""
        ...

    @property
    def columns(self) -> Mapping[str, str]:
        """Type by name, in the table's order; empty for what has none."""
        ...

    def rows(self) -> int:
        """Count the rows."""
        ...

    def content(self) -> Content:
        """Give the digest of what it holds: the writer's own where that can be believed.

        Raises:
            TableError: If it must be read and cannot.
        """
        ...

    def stored_digest(self) -> str | None:
        """Give the digest that the writer stored with it, without reading anything."""
        ...

    def compute_digest(self) -> str:
        """Read all of it and digest that, whatever its writer says.

        Two versions with equal content must have one digest, in every process and at every place.

        Raises:
            Exception: Whatever reading raises.
        """
        ...

    def require_files(self) -> None:
        """Refuse a version of which something is gone; presence and size are enough to look at.

        Raises:
            PinError: Naming the table and what is gone.
        """
        ...

    def size(self) -> int:
        """Tell how many bytes a copy of it may take."""
        ...

    def state(self) -> Any:
        """Give what tells, at the end of a run, whether it still is what a node has read."""
        ...

    def require_state(self, state: Any) -> None:
        """Refuse to say what was read of files that were written meanwhile.

        Raises:
            TableError: Naming the table.
        """
        ...

    def warn(self, pin: Pin | None, env: str | None = None) -> None:
        """Warn once, before a run, if the version may be gone by the time it is wanted again."""
        ...
