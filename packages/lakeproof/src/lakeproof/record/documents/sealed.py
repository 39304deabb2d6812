"""A record's document and the digest that stands on its run: what was edited no longer fits it."""

from lakeproof.record.documents.document import (
    ContradictionError,
    RecordError,
    from_bytes,
    to_bytes,
)
from lakeproof.record.documents.kept_records import digest_of
from lakeproof.record.facts import Record

_LONGEST_SEAL = 100


def readable(record: Record) -> bytes:
    """Write a record down, such that it can be read again.

    Raises:
        RecordError: If it could not.
    """
    content = to_bytes(record)
    from_bytes(content, f"The record of run {record.run.run_id[:8]}")
    return content


def opened(content: bytes, seal: str, run_id: str, name: str) -> Record:
    """Read the record of a run, if it is as it was written.

    Args:
        content: The document.
        seal: Its digest, as it stands on the run.
        run_id: The run's.
        name: What to call it in an error.

    Raises:
        RecordError: If it is damaged, another run's, or not as it was written.
    """
    found = digest_of(content)
    record = None
    try:
        record = from_bytes(content, name)
    except ContradictionError:
        if found == seal:
            raise
    if record is not None and record.run.run_id != run_id:
        raise RecordError(
            f"{name} is that of another run: it says that it is of {record.run.run_id}. "
            "Nothing was run."
        )
    if record is None or found != seal:
        raise RecordError(
            f"{name} was changed after it was written: its digest is {found}, the run "
            f"says {seal[:_LONGEST_SEAL]}. Nothing was run."
        )
    return record
