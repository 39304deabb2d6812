"""The tables of a re-run: held against the record before, and copied where it is to write.

A table that is only read is read where it is.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from lakeproof.record.documents.rerun_request import RerunTable
from lakeproof.reproduce.needed_tables import NeededTable

Say = Callable[[str], None]


def other_contents(tables: Iterable[NeededTable], say: Say) -> Iterator[str]:
    """Read every version that the re-run builds upon; say of each that is another, how."""
    for table in tables:
        for needed in table.versions:
            if needed.digest is None:
                continue
            say(f"Verifying table '{table.datasets[0]}' at version {needed.version}")
            try:
                found = table.table.open(needed.version).compute_digest()
            except Exception as error:
                found = f"unreadable ({type(error).__name__}: {error})"[:300]
            if found != needed.digest:
                yield (
                    f"Table '{table.datasets[0]}' at version {needed.version} is not what the run "
                    f"read: its content is {found}, recorded {needed.digest}. That would be no "
                    "re-run. Restore the table's files from a backup."
                )


def placed(table: NeededTable, target: Path, say: Say) -> list[RerunTable]:
    """Leave a table that is only read where it is; give one that is written a copy in scratch."""
    uri = table.table.location.uri
    if table.is_written:
        older = [n.version for n in table.versions if n.version != table.start]
        copy_log: Callable[[Path, int | None, Say], None] | None = None
        if table.is_replaced and not older and not table.table.location.is_local:
            copy_log = getattr(table.table, "copy_log_to", None)
        if copy_log is not None:
            copy_log(target, table.start, say)
        else:
            table.table.copy_to(target, table.start, older, say)
        uri = str(target)
    versions: list[Any] = list(table.versions) or [None]
    return [
        RerunTable(
            dataset=dataset,
            uri=uri,
            recorded_uri=table.recorded_uri,
            version=needed.version if needed is not None else None,
            # Verified a moment ago; the child need not read it once more for that.
            digest=needed.digest if needed is not None else None,
        )
        for dataset in table.datasets
        for needed in versions
    ]
