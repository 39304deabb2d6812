"""One writer at a time per table on a local path, across processes and engines.

Delta-rs commits atomically on a local disk, Spark does not: together they have lost commits without
a word. Readers need no lock and never wait.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)

_SILENT_SECONDS = 0.5
_ROUND_SECONDS = 10.0


@contextmanager
def write_lock(name: str, uri: str) -> Iterator[None]:
    """Hold the write lock of a table, saying so when that takes a while.

    The operating system releases it when the process ends, however it ends. Tables in an object
    store are not locked: there the store's conditional writes decide.

    Args:
        name: The catalog name, for messages.
        uri: The table's location.
    """
    if "://" in uri:
        yield
        return
    from filelock import FileLock, Timeout

    table = Path(uri)
    table.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lock_path(uri))
    waited = 0.0
    while not lock.is_locked:
        patience = _ROUND_SECONDS if waited else _SILENT_SECONDS
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            waited += patience
            logger.warning(
                "Table '%s' is being written by another process: waiting (%.0f s so far).",
                name,
                waited,
            )
    if waited:
        logger.warning("Table '%s' is free again after %.0f s.", name, waited)
    try:
        yield
    finally:
        lock.release()


def lock_path(uri: str) -> Path:
    """Place the lock beside the table, where no vacuum of the table finds it."""
    table = Path(uri)
    return table.parent / f".{table.name}.lock"
