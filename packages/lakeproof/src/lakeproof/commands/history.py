"""`kedro history`: the versions of a table, and who wrote each."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lakeproof.terminal import layout

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog
    from lakeproof.versioned.pins import Pin
    from lakeproof.versioned.table_version import VersionFacts

_ID_CHARACTERS = 8
_MARK = "*"


@dataclass(frozen=True)
class TableHistory:
    """A table's versions.

    Args:
        table: Its catalog name.
        uri: Where it is.
        shown_uri: The same, as seen from the project.
        table_id: The id that tells it from another table made later at the same place.
        versions: Newest first.
        pin: What the catalog pins, if anything.
        pin_trouble: Why the catalog's pin cannot be understood, if it cannot.
        has_older: Whether a limit left older versions out.
    """

    table: str
    uri: str
    shown_uri: str
    table_id: str
    versions: "list[VersionFacts]"
    pin: "Pin | None"
    pin_trouble: str | None
    has_older: bool

    @property
    def pinned(self) -> int | None:
        """The listed version that the catalog pins."""
        if self.pin is None:
            return None
        if self.pin.timestamp is not None:
            by_then = (
                facts.version
                for facts in self.versions
                if datetime.fromisoformat(facts.timestamp) <= self.pin.timestamp
            )
            return next(by_then, None)
        listed = {facts.version for facts in self.versions}
        return self.pin.version if self.pin.version in listed else None


def gather(catalog: "ProjectCatalog", name: str, limit: int | None = None) -> TableHistory:
    """Read a table's log.

    A pin of no readable version does not stop it: this is where one looks for those there are.

    Raises:
        CatalogError: If the catalog has no such table.
        TableError: If the table is not there.
    """
    from lakeproof.errors import PinError

    dataset = catalog.table(name)
    pin, trouble = None, None
    try:
        pin = dataset.pin
    except PinError as error:
        trouble = error.message
    location = dataset.location
    table_id = dataset.open().table_id
    versions = list(dataset.history(limit))
    return TableHistory(
        table=name,
        uri=location.uri,
        shown_uri=catalog.relative(location.uri),
        table_id=table_id,
        versions=versions,
        pin=pin,
        pin_trouble=trouble,
        has_older=len(versions) == limit and versions[-1].version > 0,
    )


def document(found: TableHistory) -> dict[str, Any]:
    """Make the JSON document."""
    return {
        "table": found.table,
        "uri": found.uri,
        "table_id": found.table_id,
        "versions": list(map(asdict, found.versions)),
    }


def render(found: TableHistory) -> str:
    """Write the history for people; the pinned version is marked."""
    pinned = found.pinned
    lines = layout(
        {
            "": "left",
            "version": "right",
            "time (UTC)": "left",
            "operation": "left",
            "rows": "right",
            "run": "left",
            "commit": "left",
            "node": "left",
            "delivery": "left",
        },
        [
            [
                _MARK if facts.version == pinned else "",
                facts.version,
                facts.timestamp[:19].replace("T", " "),
                facts.operation,
                facts.rows,
                facts.run_id and facts.run_id[:_ID_CHARACTERS],
                facts.git_commit and facts.git_commit[:_ID_CHARACTERS],
                facts.node,
                facts.delivery,
            ]
            for facts in found.versions
        ],
        firm=["time (UTC)", "operation"],
    )
    return "\n".join([f"Table '{found.table}': {found.shown_uri}", lines, *_footnotes(found)])


def _footnotes(found: TableHistory) -> Iterator[str]:
    if found.has_older:
        yield "Older versions are not shown; leave out --limit to see all."
    if found.pin_trouble is not None:
        yield found.pin_trouble
    elif found.pin is not None and found.pinned is not None:
        yield f"{_MARK} what a run reads: {found.pin}"
    elif found.pin is not None:
        yield f"A run reads {found.pin}, which is not among these."
