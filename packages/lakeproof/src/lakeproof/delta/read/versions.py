"""What is known of one version of a table: who wrote it, when, and the digest of its rows."""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lakeproof.delta.log.commits import LogEntry, entries, iso_time
from lakeproof.delta.log.data_files import other_times
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.row_counts import count_rows
from lakeproof.errors import LakeproofError, TableError
from lakeproof.spelling import typed
from lakeproof.versioned.location import Location
from lakeproof.versioned.table_version import Content, VersionFacts

if TYPE_CHECKING:
    from lakeproof.digest import TableFacts


logger = logging.getLogger(__name__)

_DIGEST = re.compile("rs1:[0-9a-f]{32}")
_known: "dict[tuple[object, ...], TableFacts]" = {}


def history(location: Location, limit: int | None = None) -> Iterator[VersionFacts]:
    """Yield what each commit says of itself, newest first."""
    newest = open_table(location).version
    oldest = 0 if limit is None else max(newest - limit + 1, 0)
    counts: dict[int, int | None] | None = None
    for entry in entries(location, newest, oldest):
        if not _is_next(entry) and counts is None:
            counts = count_rows(location, oldest)
        yield _facts(entry, counts or {})


def digest_of(opened: OpenedTable) -> str:
    """Give the content digest of a version: from its commit, else by reading its rows.

    A commit that changes no row (a property, a compaction) carries no digest of ours; its version
    is read.
    """
    return content_of(opened).digest


def content_of(opened: OpenedTable) -> Content:
    """Give the content digest of a version, and say where it is from.

    Raises:
        TableError: If the rows must be read and cannot.
    """
    stored = stored_digest(opened)
    if stored is not None and not other_times(opened):
        return Content(stored, "commit")
    found = _read(opened).digest
    return Content(found, "rows", stored if stored not in (None, found) else None)


def require_rows(opened: OpenedTable) -> None:
    """Read the rows where the log does not vouch for the files, and say what is wrong with them.

    Raises:
        TableError: If they cannot be read.
    """
    if other_times(opened):
        _read(opened)


def facts_of(opened: OpenedTable, *, may_read: bool = True) -> "TableFacts | None":
    """Give the content of a version whose writer said its digest, and which holds that.

    Files that were written at another time than the log says are read: their content alone tells
    a copy from what was changed in place.

    Args:
        opened: The version.
        may_read: Whether rows are read where only the facts beside the log are not at hand. A
            re-run reads them in any case, when all is written.

    Raises:
        TableError: If the rows must be read and cannot.
    """
    from lakeproof.delta.read.kept_facts import kept_facts

    stored = stored_digest(opened)
    if stored is None:
        return None
    times = other_times(opened)
    if times:
        return _read(opened)
    known = _known.get(_key(opened, times)) or kept_facts(opened.location, stored)
    if known is not None and known.digest == stored:
        return known
    return _read(opened) if may_read else None


def known_digest(opened: OpenedTable) -> str | None:
    """Give the content digest of a version whose writer said it; read where files are in doubt.

    Raises:
        TableError: If the rows must be read and cannot.
    """
    stored = stored_digest(opened)
    return _read(opened).digest if stored is not None and other_times(opened) else stored


def stored_digest(opened: OpenedTable) -> str | None:
    """Give the content digest that a version's writer stored with it, where it can be believed.

    What a writer knew of the content holds if its commit follows the version that it had read: in
    an object store, where nothing locks, somebody else's commit may have come between.
    """
    for entry in entries(opened.location, opened.version, opened.version):
        digest = entry.note.digest if entry.note is not None and _is_next(entry) else None
        return digest if digest is not None and _DIGEST.fullmatch(digest) else None
    return None


def compute_digest(opened: OpenedTable) -> str:
    """Read every row of a version and digest them, whoever wrote it."""
    from lakeproof.delta.read.scan import scan
    from lakeproof.digest import digest_table

    return digest_table(scan(opened)).digest


def _read(opened: OpenedTable) -> "TableFacts":
    """Digest the rows, once for one state of the files, and say if they are not the writer's."""
    from lakeproof.delta.read.scan import scan
    from lakeproof.digest import digest_table

    key = _key(opened)
    if key in _known:
        return _known[key]
    try:
        facts = digest_table(scan(opened))
    except LakeproofError:
        raise
    except Exception as error:  # Polars, PyArrow and the digest have none in common
        raise TableError(
            f"The rows of table '{opened.location.name}' cannot be read at version "
            f"{opened.version}: {opened.location.without_secrets(str(error))[:300]} Restore its "
            f"files from a backup. Other versions may be whole: "
            f"{typed('kedro history', opened.location.name)}"
        ) from error
    stored = stored_digest(opened)
    if stored is not None and stored != facts.digest:
        logger.warning("%s", _contradiction(opened, stored, facts.digest))
    _known[key] = facts
    return facts


def remember(opened: OpenedTable, facts: "TableFacts | None") -> None:
    """Take note of the content of a version that was just written, for what is written next.

    Args:
        opened: The version.
        facts: What it holds; `None` where that is not known.
    """
    from lakeproof.delta.read.kept_facts import keep_facts

    keep_facts(opened.location, facts)
    if facts is not None:
        # Of a copy of a table files alone would tell, and be read before each delivery.
        _known[_key(opened)] = facts


def forget_facts_of_others(opened: OpenedTable) -> None:
    """Remove the facts beside the log if they are of another version than the newest.

    Somebody else has deleted rows since: by what the version before added up to, and the rows that
    are left, they could be reckoned.

    Args:
        opened: The newest version, under the write lock.

    Raises:
        OSError: If they cannot be removed.
    """
    from lakeproof.delta.read.kept_facts import forget_facts, kept_facts

    stored = stored_digest(opened)
    if stored is None or kept_facts(opened.location, stored) is None:
        forget_facts(opened.location)


def _key(
    opened: OpenedTable, times: tuple[tuple[str, int], ...] | None = None
) -> tuple[object, ...]:
    times = other_times(opened) if times is None else times
    return opened.location.absolute_uri, opened.version, opened.table_id, times


def _contradiction(opened: OpenedTable, stored: str, found: str) -> str:
    files = [path for path, _ in other_times(opened)]
    return (
        f"Table '{opened.location.name}' does not hold what its commit says at version "
        f"{opened.version}: the commit says {stored}, its rows are {found}. {len(files)} file(s) "
        f"were written at another time than the log says, the first is {files[0]}. What is "
        "there now is read and recorded; restore the files from a backup to have the other."
    )


def _is_next(entry: LogEntry) -> bool:
    """Tell whether what a note says of the whole table holds: nothing came before its commit."""
    return entry.note is not None and entry.note.follows == entry.version - 1


def _facts(entry: LogEntry, counts: Mapping[int, int | None]) -> VersionFacts:
    note = entry.note
    return VersionFacts(
        version=entry.version,
        timestamp=iso_time(entry.timestamp),
        operation=entry.operation,
        rows=note.rows if note is not None and _is_next(entry) else counts.get(entry.version),
        run_id=note.run_id if note else None,
        git_commit=note.git_commit if note else None,
        node=note.node if note else None,
        delivery=note.delivery.name if note and note.delivery else None,
        digest=note.digest if note and _is_next(entry) else None,
    )
