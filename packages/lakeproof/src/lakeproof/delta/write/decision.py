"""What is decided before a commit, the same on every engine: may it be, must it be, what will be.

Rows have been evaluated by then (`Staged`), so that their content is known; an engine only makes
the commit that is decided here (`Commits`). Refusals have one wording because they stand here.
"""

import random
import time
from dataclasses import replace
from typing import Any, Protocol

import deltalake
import polars as pl

from lakeproof.delta.log.commit_metadata import CommitNote
from lakeproof.delta.log.commits import entries
from lakeproof.delta.log.data_files import require_files
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import latest_after_commit
from lakeproof.delta.log.protocol_support import is_writable
from lakeproof.delta.read.scan import scan
from lakeproof.delta.read.versions import compute_digest, digest_of, facts_of
from lakeproof.delta.write.column_contract import require_fit
from lakeproof.delta.write.engine import Write, Written
from lakeproof.delta.write.own_commits import (
    mark,
    noted,
    outcome_of,
)
from lakeproof.delta.write.staged_rows import (
    Staged,
    require_key,
    require_no_new_plain_times,
    require_partitions,
)
from lakeproof.delta.write.table_rules import keeps_columns, require_rules
from lakeproof.digest import TableFacts, digest_table
from lakeproof.errors import TableError

ATTEMPTS = 20
_LONGEST_PAUSE_SECONDS = 0.05


class LostRaceError(TableError):
    """Others have written since the version upon which a write was decided."""


class Commits(Protocol):
    """Makes the commit that was decided on; each method makes one."""

    def create(self, staged: Any, write: Write, note: CommitNote) -> None:
        """Make a table of the rows."""
        ...

    def overwrite(self, staged: Any, write: Write, current: OpenedTable, note: CommitNote) -> None:
        """Replace all rows, and the columns."""
        ...

    def append(self, staged: Any, write: Write, current: OpenedTable, note: CommitNote) -> None:
        """Add the rows; a column that the table lacks joins it."""
        ...

    def merge(self, staged: Any, write: Write, current: OpenedTable, note: CommitNote) -> None:
        """Update rows whose key is there and whose values differ; insert the others."""
        ...

    def delete(self, staged: Any, write: Write, current: OpenedTable, note: CommitNote) -> None:
        """Delete the rows whose key is among those staged."""
        ...


def write_staged(staged: Staged, write: Write, commits: Commits) -> Written:
    """Write rows in one commit, or none where nothing would change.

    Raises:
        SchemaError: If the columns do not fit.
        RowKeyError: If a key is null or there twice.
        TableError: If the table is there and should not be.
    """
    mode = write.args.mode
    if write.current is not None:
        require_fit(
            write.location.name,
            write.current.columns,
            _only_key(staged, write) if mode == "delete" else staged.columns,
            write.args.schema_mode,
            may_lack=mode in ("merge", "delete", "append"),
        )
    if write.look is not None:
        write.look(staged.lazy())
    if mode in ("merge", "delete"):
        require_key(staged, write)
        # In a store each is read for its keys in a moment, and would be asked for twice.
        if write.current is not None and write.location.is_local:
            require_files(write.current)
    if mode != "delete":
        if write.current is not None:
            require_rules(staged, write.current, mode)
        require_partitions(staged, write)
    if mode == "merge":
        require_no_new_plain_times(staged, write)
    if mode == "error" and write.current is not None:
        raise TableError(
            f"Table '{write.location.name}' exists already at version "
            f"{write.current.version} and its save_args.mode is error. It is as it was."
        )
    if mode in ("overwrite", "error") or (write.current is None and mode != "delete"):
        return _replace(staged, write, commits)
    # Said beside the table's content, which would hide rows that it holds already.
    given = staged.facts(list(staged.columns)).digest
    if mode == "delete":
        written = _delete(staged, write, commits)
    else:
        assert write.current is not None
        join = _merge if mode == "merge" else _append
        written = join(staged, write, write.current, commits)
    return replace(written, given=given)


def write_anew(staged: Staged, write: Write, commits: Commits) -> Written:
    """Write rows, and decide anew upon the version of a writer who came before.

    Where nothing locks, or somebody does not ask for the lock, what was decided upon one version is
    not right upon the next: a new key may be there by then. For commits that leave the staged rows
    as they are. A delivery is not decided upon here: the other writer may have taken it.

    Raises:
        LakeproofError: As `write_staged` does.
        LostRaceError: If others were faster each time, or once where a delivery is taken.
    """
    for attempt in range(ATTEMPTS):
        try:
            return write_staged(staged, write, commits)
        except (deltalake.exceptions.DeltaError, OSError):
            latest = latest_after_commit(write.location)
            if latest is None or latest.version <= _before(write):
                raise
            if (own := _own(latest, write)) is not None:
                # A store may have taken what it then refused: it was sent twice.
                return outcome_of(write, own, staged.rows)
            if write.transaction is not None:
                raise lost_race(write) from None
            write = replace(write, current=latest)
            pause(attempt)
    raise lost_race(write)


def pause(attempt: int) -> None:
    """Wait a moment after a lost race, of another length than whoever else has lost it."""
    time.sleep(random.uniform(0, _LONGEST_PAUSE_SECONDS * (attempt + 1)))


def lost_race(write: Write) -> LostRaceError:
    """Make the refusal of a write before which others have written."""
    return LostRaceError(
        f"Others wrote to table '{write.location.name}' while rows for it were about to be "
        "committed. These rows are not in it. Run again."
    )


def _before(write: Write) -> int:
    return -1 if write.current is None else write.current.version


def _own(latest: OpenedTable, write: Write) -> CommitNote | None:
    """Find our own commit among those that came since; `None` where all are of others."""
    notes = (entry.note for entry in entries(write.location, latest.version, _before(write) + 1))
    return next((one for one in notes if one and one.commit_id == write.note.commit_id), None)


def _replace(staged: Staged, write: Write, commits: Commits) -> Written:
    """Create the table, or overwrite all of it."""
    current = write.current
    is_kept = current is not None and keeps_columns(staged, current)
    facts = staged.facts(list(current.columns if current and is_kept else staged.columns))
    if (
        current is not None
        and write.args.skip_unchanged
        and current.columns == staged.columns
        and _holds(current, facts.digest, write.believes_commits)
    ):
        return Written(current, is_committed=False, rows=staged.rows, digest=facts.digest)
    note = noted(write, staged.rows, facts)
    if current is None:
        commits.create(staged, write, note)
    else:
        commits.overwrite(staged, write, current, note)
    return outcome_of(write, note, staged.rows, facts)


def _holds(current: OpenedTable, digest: str, believes_commits: bool) -> bool:
    """Tell whether a version has this content; one that cannot be read has not."""
    try:
        return (digest_of if believes_commits else compute_digest)(current) == digest
    except Exception:
        # Delta-rs and Polars have no error in common. All of it is about to be replaced.
        return False


def _append(staged: Staged, write: Write, current: OpenedTable, commits: Commits) -> Written:
    facts = _with(staged, write, current)
    note = noted(write, current.rows() + staged.rows, facts)
    commits.append(staged, write, current, note)
    return outcome_of(write, note, staged.rows, facts)


def _merge(staged: Staged, write: Write, current: OpenedTable, commits: Commits) -> Written:
    known = _known_keys(staged, write, current)
    if known == 0:
        # Nothing to correct: an append reads and rewrites no file.
        return _append(staged, write, current, commits)
    replaced = _having_keys_of(staged, write, current)
    going = digest_table(replaced)
    # Rows whose key the table holds twice cannot be reckoned with.
    facts = _with(staged, write, current, going) if going.rows == known else None
    note = noted(write, current.rows() + staged.rows - known, facts)
    is_marked = write.transaction is None or is_writable(current, "embedded", "append")
    if is_marked and known == staged.rows and _are_there(staged, current, replaced, going):
        # What was taken must be remembered all the same.
        return mark(write, note, current, staged.rows, facts)
    commits.merge(staged, write, current, note)
    return outcome_of(write, note, staged.rows, facts)


def _are_there(
    staged: Staged, current: OpenedTable, replaced: pl.LazyFrame, going: TableFacts
) -> bool:
    """Tell whether the rows are, to the bit, what the table holds under their keys."""
    joining = [column for column in staged.columns if column not in current.columns]
    is_value = staged.lazy().select(pl.any_horizontal(pl.col(joining).is_not_null().any()))
    if joining and is_value.collect().item():
        return False
    common = [column for column in current.columns if column in staged.columns]
    if len(common) < len(current.columns):
        going = digest_table(replaced.select(common))
    return going.digest == staged.facts(common).digest


def _delete(staged: Staged, write: Write, commits: Commits) -> Written:
    current = write.current
    if current is None:
        raise TableError(
            f"Table '{write.location.name}' does not exist, so no row of it can be deleted."
        )
    # Counted on the table's side, where a key may be there more than once.
    going = digest_table(_having_keys_of(staged, write, current))
    before = facts_of(current, may_read=write.believes_commits)
    after = before - going if before is not None else None
    note = noted(write, current.rows() - going.rows, after)
    if going.rows == 0:
        return mark(write, note, current, staged.rows, after)
    commits.delete(staged, write, current, note)
    return outcome_of(write, note, staged.rows, after)


def _only_key(staged: Staged, write: Write) -> dict[str, str]:
    return {column: staged.columns[column] for column in write.key if column in staged.columns}


def _with(
    staged: Staged, write: Write, current: OpenedTable, going: TableFacts | None = None
) -> TableFacts | None:
    """Reckon what the table will hold once the staged rows are in it.

    Args:
        staged: The rows to come.
        write: What becomes of them.
        current: The table before.
        going: The rows of it that will give way.

    Returns:
        `None` where its writer left no digest or its columns change.
    """
    if staged.columns.items() != current.columns.items():
        return None
    before = facts_of(current, may_read=write.believes_commits)
    if before is None:
        return None
    if going is not None:
        before -= going
    # Facts add up column by column, in the order of the table.
    return before + staged.facts(list(current.columns))


def _having_keys_of(staged: Staged, write: Write, current: OpenedTable) -> pl.LazyFrame:
    keys = staged.lazy().select(write.key)
    return scan(current).join(keys, on=list(write.key), how="semi")


def _known_keys(staged: Staged, write: Write, current: OpenedTable) -> int:
    """Count the rows whose key is in the table already."""
    there = scan(current).select(write.key)
    both = staged.lazy().select(write.key).join(there, on=list(write.key), how="semi")
    return int(both.select(pl.len()).collect(engine="streaming").item())
