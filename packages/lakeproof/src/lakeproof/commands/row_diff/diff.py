"""`kedro diff`: what differs between two versions of a table, or between those of two runs."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from lakeproof.commands.output import remark
from lakeproof.errors import TableError
from lakeproof.spelling import typed
from lakeproof.versioned.pins import LATEST
from lakeproof.views import text as writer
from lakeproof.views.blocks import Section, Sentences, section, table
from lakeproof.views.values import plain, shown

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.delta.delta_version import DeltaVersion
    from lakeproof.delta.diff.table_diff import Row, TableDiff
    from lakeproof.record.facts import Record
    from lakeproof.versioned.contract import VersionedDataset

# As many digits are the beginning of a run id; no table has so many versions.
_DIGITS_OF_A_RUN = 8
_SECONDS_BETWEEN_REMARKS = 5.0


@dataclass(frozen=True)
class Side:
    """One of the two versions.

    Args:
        opened: The version.
        key: The columns that tell its rows apart, by today's catalog.
        run_id: The run that read or wrote it, where one was named.
        personal: The columns of which no value is shown.
    """

    opened: "DeltaVersion"
    key: tuple[str, ...]
    run_id: str | None = None
    personal: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """Say which it is."""
        of_run = f" (run {self.run_id[:_DIGITS_OF_A_RUN]})" if self.run_id else ""
        return f"version {self.opened.version}{of_run}"


@dataclass(frozen=True)
class Compared:
    """Two versions of a table, side by side."""

    table: str
    a: Side
    b: Side
    found: "TableDiff"


def gather(project: "RunProject", name: str, first: str, second: str) -> Compared:
    """Find two versions and compare their rows.

    Args:
        project: The project, in the environment whose catalog names the table.
        name: The table.
        first: A version, `latest`, or a run: its id, a prefix of it or `last`.
        second: Another one.

    Raises:
        LakeproofError: If there is no such table, version or run, or rows cannot be read.
    """
    a, b = (_side(project, name, wanted) for wanted in (first, second))
    return compared(name, a, b)


def compared(name: str, a: Side, b: Side) -> Compared:
    """Compare two versions, saying how far it is while that takes a while.

    Raises:
        LakeproofError: If rows cannot be read.
    """
    from lakeproof.delta.diff.compare_rows import diff
    from lakeproof.delta.diff.masked import masked

    for side in (a, b):
        side.opened.require_files()
    found = diff(a.opened, b.opened, a.key or b.key, _Progress(name).seen)
    return Compared(name, a, b, masked(found, a.personal | b.personal))


def side_of_run(project: "RunProject", record: "Record", name: str) -> Side:
    """Find the version of a table that a run read; where it read none, the one that it wrote.

    Raises:
        TableError: If the run had nothing to do with it, or the table is another one by now.
    """
    from lakeproof.reproduce.todays_tables import located

    run = record.run
    reads = sorted(record.inputs.tables, key=lambda read: read.is_own)
    met: list[Any] = [*reads, *record.outputs.tables]
    used = [one for one in met if one.dataset == name]
    if not used:
        raise TableError(
            f"Run {run.run_id[:_DIGITS_OF_A_RUN]} neither read nor wrote table '{name}'. See what "
            f"it did: kedro show {run.run_id[:_DIGITS_OF_A_RUN]}"
        )
    locate = project.locate_in(run.kedro_env)
    place = located((name,), used[0].uri, project.path, locate, used[0].table_id)
    found = _delta(place, name)
    opened = found.open(used[0].version)
    if opened.table_id != used[0].table_id:
        raise TableError(
            f"Table '{name}' is another one than that of run {run.run_id[:_DIGITS_OF_A_RUN]}: it "
            f"was made anew since (id {used[0].table_id}, now {opened.table_id}). Nothing was "
            "compared."
        )
    return Side(opened, found.key, run.run_id, found.personal | project.personal_in(run.kedro_env))


def document(found: Compared) -> dict[str, Any]:
    """Make the JSON document."""
    sides = {
        name: {
            "version": side.opened.version,
            "uri": side.opened.location.uri,
            "table_id": side.opened.table_id,
            "run_id": side.run_id,
        }
        for name, side in (("a", found.a), ("b", found.b))
    }
    facts: dict[str, Any] = plain(asdict(found.found))
    return {"table": found.table, "is_same": found.found.is_same, **sides, **facts}


def exit_code(found: Compared) -> int:
    """Give the exit code: 0 the same, 1 different."""
    return 0 if found.found.is_same else 1


def render(found: Compared) -> str:
    """Write for people: how many rows, then which, then the values by column."""
    return "\n\n".join(filter(None, [headline(found), writer.write(sections(found))]))


def headline(found: Compared) -> str:
    """Say in a sentence or two what differs."""
    facts = found.found
    start = f"({found.table}, {found.a} and {found.b})"
    if facts.is_same:
        return f"SAME {start}: the same rows."
    start = f"DIFFERENT {start}"
    counts = f"{facts.added:,} rows added, {facts.removed:,} removed"
    if facts.compared_by == "key":
        return f"{start}: {counts}, {facts.changed:,} changed, by {', '.join(facts.key)}."
    reason = facts.reason or "the catalog names no key"
    return f"{start}: {counts}. Whole rows were compared: {reason}."


def sections(found: Compared) -> list[Section]:
    """Give what stands beneath: the schema, the columns, the rows."""
    facts = found.found
    return [
        section(
            "Columns",
            table(
                {"column": "text", "a": "text", "b": "text"},
                ([one.column, one.a, one.b] for one in facts.schema_changes),
            ),
        ),
        section(
            "Values",
            table(
                {
                    "changed column": "text",
                    "rows": "number",
                    "key": "text",
                    "a": "text",
                    "b": "text",
                },
                _values(facts),
            ),
        ),
        _rows("Rows added", facts.first_added, facts.added),
        _rows("Rows removed", facts.first_removed, facts.removed),
    ]


def _values(facts: "TableDiff") -> Iterator[list[Any]]:
    for column in facts.columns:
        for number, one in enumerate(column.first):
            key = ", ".join(shown(value) for value in one.key.values())
            told = [column.name, column.changed] if number == 0 else ["", ""]
            yield [*told, key, one.a, one.b]


def _rows(title: str, rows: "tuple[Row, ...]", count: int) -> Section:
    if not rows:
        return section(title)
    more = count - len(rows)
    lines = table(dict.fromkeys(rows[0], "text"), (list(row.values()) for row in rows))
    return section(
        title,
        Sentences((f"{title}: the first {len(rows)} of {count:,}",) if more > 0 else (title,)),
        lines,
    )


def _side(project: "RunProject", name: str, wanted: str) -> Side:
    from lakeproof.commands.catalog import open_catalog

    is_version = wanted.isascii() and wanted.isdigit() and len(wanted) < _DIGITS_OF_A_RUN
    if is_version or wanted == LATEST:
        dataset = _delta(open_catalog(project.metadata, project.env).table(name), name)
        opened = dataset.open(int(wanted) if is_version else None)
        return Side(opened, dataset.key, personal=dataset.personal)
    return side_of_run(project, project.records.record(project.records.resolve(wanted)), name)


def _delta(dataset: "VersionedDataset", name: str) -> Any:
    from lakeproof.delta import DeltaTable

    if isinstance(dataset, DeltaTable):
        return dataset
    raise TableError(
        f"Table '{name}' is a {type(dataset).__name__}, of whose rows Lakeproof knows nothing. Its "
        f"versions: {typed('kedro history', name)}"
    )


class _Progress:
    """Say now and then how many rows have been read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._rows = 0
        self._said_at = time.monotonic()

    def seen(self, rows: int) -> None:
        """Count a batch."""
        self._rows += rows
        if time.monotonic() - self._said_at > _SECONDS_BETWEEN_REMARKS:
            self._said_at = time.monotonic()
            remark(f"Comparing table '{self._name}': {self._rows:,} rows read")
