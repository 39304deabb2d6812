"""The embedded engine: delta-rs writes, Polars reads, no JVM."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import deltalake
import polars as pl

from lakeproof.delta.columns import require_fit
from lakeproof.delta.engine import Write, Written
from lakeproof.delta.guard import PROPERTIES
from lakeproof.delta.log import OpenedTable, find_commit
from lakeproof.delta.staging import StagedRows
from lakeproof.delta.versions import compute_digest, digest_of, stored_facts
from lakeproof.digest import digest_table
from lakeproof.errors import RowKeyError, TableError

if TYPE_CHECKING:
    from lakeproof.delta.commit import CommitNote
    from lakeproof.digest import TableFacts


class EmbeddedEngine:
    """Rows through Polars, commits through delta-rs."""

    name = "embedded"

    def read(self, opened: OpenedTable) -> pl.LazyFrame:
        """Scan one version lazily; row order is not promised."""
        return pl.scan_delta(opened.table)

    def write(self, rows: Any, write: Write) -> Written:
        """Write rows in one commit, or none where nothing would change.

        Raises:
            SchemaError: If the columns do not fit.
            RowKeyError: If a key is null or there twice.
            TableError: If the table is there and should not be.
        """
        with StagedRows(rows, write.location) as staged:
            mode = write.args.mode
            if write.current is not None:
                require_fit(
                    write.location.name,
                    write.current.columns,
                    _only_key(staged.columns, write) if mode == "delete" else staged.columns,
                    write.args.schema_mode,
                    may_lack=mode in ("merge", "delete", "append"),
                )
            if mode in ("merge", "delete"):
                _require_key(staged, write)
            match mode:
                case "error" if write.current is not None:
                    raise TableError(
                        f"Table '{write.location.name}' exists already at version "
                        f"{write.current.version} and its save_args.mode is error. It is as it was."
                    )
                case "merge" if write.current is not None:
                    return _as_given(_merge(staged, write, write.current), staged)
                case "delete":
                    return _as_given(_delete(staged, write), staged)
                case "append" if write.current is not None:
                    return _as_given(_append(staged, write, write.current), staged)
                case _:
                    return _replace(staged, write)


def _as_given(written: Written, staged: StagedRows) -> Written:
    """Say which rows were handed over: what the table holds already would hide others."""
    return replace(written, given=staged.facts(list(staged.columns)).digest)


def _replace(staged: StagedRows, write: Write) -> Written:
    """Create the table, or overwrite all of it."""
    facts = digest_table(staged.reader())
    digest = facts.digest
    current = write.current
    if (
        current is not None
        and write.args.skip_unchanged
        and current.columns == staged.columns
        and _holds(current, digest, write.believes_commits)
    ):
        return Written(current, is_committed=False, rows=staged.rows, digest=digest)
    note = _noted(write, staged.rows, facts)
    deltalake.write_deltalake(
        write.location.uri if current is None else current.table,
        staged.reader(),
        mode="error" if current is None else "overwrite",
        schema_mode="overwrite" if current is not None else None,
        partition_by=list(write.args.partition_by) or None,
        configuration=dict(PROPERTIES) if current is None else None,
        storage_options=_options(write),
        commit_properties=_commit_properties(write, note),
    )
    return _written(write, note, staged.rows)


def _holds(current: OpenedTable, digest: str, believes_commits: bool) -> bool:
    """Tell whether a version has this content; one that cannot be read has not."""
    if believes_commits:
        return digest_of(current) == digest
    try:
        return compute_digest(current) == digest
    except Exception:
        # Delta-rs and Polars have no error in common. All of it is about to be replaced.
        return False


def _append(staged: StagedRows, write: Write, current: OpenedTable) -> Written:
    note = _noted(write, current.rows() + staged.rows, _with(staged, current))
    deltalake.write_deltalake(
        current.table,
        staged.reader(),
        mode="append",
        schema_mode="merge",  # `require_fit` has said which columns may differ
        storage_options=_options(write),
        commit_properties=_commit_properties(write, note),
    )
    return _written(write, note, staged.rows)


def _merge(staged: StagedRows, write: Write, current: OpenedTable) -> Written:
    """Update rows whose key is there and whose values differ; insert the others."""
    known = _known_keys(staged, write, current)
    if known == 0:
        # Nothing to correct: an append reads and rewrites no file.
        return _append(staged, write, current)
    facts = _with(staged, current, _having_keys_of(staged, write, current), known)
    note = _noted(write, current.rows() + staged.rows - known, facts)
    values = [column for column in staged.columns if column not in write.key]
    changed = " OR ".join(_has_changed(column, current.columns.get(column)) for column in values)
    merger = current.table.merge(
        staged.reader(),
        _same_key(write.key),
        source_alias="s",
        target_alias="t",
        merge_schema=write.args.schema_mode == "merge",
        commit_properties=_commit_properties(write, note),
    )
    if values:
        merger = merger.when_matched_update(
            {_quoted(column): f"s.{_quoted(column)}" for column in values}, predicate=changed
        )
    metrics = merger.when_not_matched_insert(
        {_quoted(column): f"s.{_quoted(column)}" for column in staged.columns}
    ).execute()
    if metrics["num_target_rows_updated"] or metrics["num_target_rows_inserted"]:
        return _written(write, note, staged.rows)
    # delta-rs commits no merge that changes nothing, but what was taken must be remembered.
    return _mark(write, note, current, staged.rows)


def _has_changed(column: str, kind: str | None) -> str:
    """Write the condition under which a correction changes a column."""
    name = _quoted(column)
    if kind is None:
        return f"(s.{name} IS NOT NULL)"
    condition = f"(s.{name} IS DISTINCT FROM t.{name})"
    if kind in ("double", "float"):
        # SQL holds -0.0 for 0.0; as text they differ.
        texts = (f"CAST({side}.{name} AS VARCHAR)" for side in "st")
        condition = f"({condition} OR (s.{name} = 0 AND ({' IS DISTINCT FROM '.join(texts)})))"
    return condition


def _mark(write: Write, note: "CommitNote", current: OpenedTable, rows: int) -> Written:
    """Commit the transaction identifier alone, where there is one."""
    if write.transaction is None:
        return Written(current, is_committed=False, rows=rows)
    deltalake.write_deltalake(
        current.table,
        pl.DataFrame(schema=pl.scan_delta(current.table).collect_schema()).to_arrow(),
        mode="append",
        storage_options=_options(write),
        commit_properties=_commit_properties(write, note),
    )
    return _written(write, note, rows)


def _delete(staged: StagedRows, write: Write) -> Written:
    """Delete the rows whose key is among those handed over."""
    current = write.current
    if current is None:
        raise TableError(
            f"Table '{write.location.name}' does not exist, so no row of it can be deleted."
        )
    keys = staged.lazy().select(write.key).collect()
    # Counted on the table's side, where a key may be there more than once.
    going = digest_table(_having_keys_of(staged, write, current))
    before = stored_facts(current)
    after = before - going if before is not None else None
    note = _noted(write, current.rows() - going.rows, after)
    if going.rows == 0:
        return _mark(write, note, current, staged.rows)
    current.table.merge(
        keys.to_arrow(),
        _same_key(write.key),
        source_alias="s",
        target_alias="t",
        commit_properties=_commit_properties(write, note),
    ).when_matched_delete().execute()
    return _written(write, note, staged.rows)


def _only_key(columns: dict[str, str], write: Write) -> dict[str, str]:
    return {column: columns[column] for column in write.key if column in columns}


def _require_key(staged: StagedRows, write: Write) -> None:
    """Refuse rows that their key does not tell apart."""
    name, key = write.location.name, list(write.key)
    absent = [column for column in key if column not in staged.columns]
    if not key or absent:
        raise RowKeyError(
            f"save_args.mode {write.args.mode} of table '{name}' needs a key, and "
            + (f"the rows have no column '{absent[0]}'." if absent else "the catalog names none.")
            + " The table is as it was. Set `key` of the catalog entry."
        )
    keys = staged.lazy().select(key)
    empty = keys.filter(pl.any_horizontal(pl.all().is_null())).head(1).collect()
    if empty.height:
        raise RowKeyError(
            f"A row for table '{name}' has no value in its key ({', '.join(key)}). The table is as "
            "it was."
        )
    # Sorting takes less memory than a set; which key repeats is asked only when one does.
    in_order = keys.sort(key).collect()
    repeats = pl.all_horizontal(pl.col(column) == pl.col(column).shift() for column in key)
    if in_order.select(repeats.any()).item():
        repeated = in_order.group_by(key).len().filter(pl.col("len") > 1).sort(key).head(1)
        raise RowKeyError(
            f"Rows for table '{name}' hold the key {_shown(repeated.row(0)[:-1])} "
            f"{repeated['len'][0]} times. The table is as it was. Keep one row of each key."
        )


def _with(
    staged: StagedRows,
    current: OpenedTable,
    replaced: pl.LazyFrame | None = None,
    replaced_rows: int = 0,
) -> "TableFacts | None":
    """Reckon what the table will hold once the staged rows are in it, without reading it.

    Args:
        staged: The rows to come.
        current: The table before.
        replaced: The rows of it that will give way.
        replaced_rows: How many staged rows take their place.

    Returns:
        `None` where its writer left no facts, its columns change, or it holds a key twice.
    """
    before = stored_facts(current)
    if before is None or staged.columns.items() != current.columns.items():
        return None
    if replaced is not None:
        going = digest_table(replaced)
        if going.rows != replaced_rows:
            return None
        before -= going
    # Facts add up column by column, in the order of the table.
    return before + staged.facts(list(current.columns))


def _having_keys_of(staged: StagedRows, write: Write, current: OpenedTable) -> pl.LazyFrame:
    keys = staged.lazy().select(write.key)
    return pl.scan_delta(current.table).join(keys, on=list(write.key), how="semi")


def _noted(write: Write, rows: int, facts: "TableFacts | None") -> "CommitNote":
    """Complete the note of a commit with what the table holds after it."""
    return replace(
        write.note,
        rows=rows,
        digest=facts.digest if facts is not None else None,
        content=facts.to_json() if facts is not None else None,
        follows=-1 if write.current is None else write.current.version,
    )


def _known_keys(staged: StagedRows, write: Write, current: OpenedTable) -> int:
    """Count the rows whose key is in the table already."""
    there = pl.scan_delta(current.table).select(write.key)
    both = staged.lazy().select(write.key).join(there, on=list(write.key), how="semi")
    return int(both.select(pl.len()).collect(engine="streaming").item())


def _same_key(key: Sequence[str]) -> str:
    return " AND ".join(f"s.{_quoted(column)} = t.{_quoted(column)}" for column in key)


def _quoted(column: str) -> str:
    escaped = column.replace('"', '""')
    return f'"{escaped}"'


def _shown(key: tuple[Any, ...]) -> str:
    return repr(key[0]) if len(key) == 1 else repr(key)


def _options(write: Write) -> dict[str, str] | None:
    options = write.location.storage_options
    return dict(options) if options else None


def _commit_properties(write: Write, note: "CommitNote") -> deltalake.CommitProperties:
    transactions = None
    if write.transaction is not None:
        transactions = [deltalake.Transaction(*write.transaction)]
    return deltalake.CommitProperties(
        custom_metadata={"userMetadata": note.to_json()}, app_transactions=transactions
    )


def _written(write: Write, note: "CommitNote", rows: int) -> Written:
    after = -1 if write.current is None else write.current.version
    opened = find_commit(write.location, after, note.commit_id)
    return Written(opened, is_committed=True, rows=rows, digest=note.digest)
