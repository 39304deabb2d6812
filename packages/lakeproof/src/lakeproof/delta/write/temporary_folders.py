"""Folders beside a table, for what is on its way into it.

Not for what outlives a write: a killed one leaves its folder, and the next write sweeps it away.
"""

import glob
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakeproof.versioned.location import Location


def uri_beside(location: Location, kind: str) -> str:
    """Name a folder that nobody has used: Spark remembers the tables it has seen by their path."""
    uri = os.path.abspath(location.uri) if location.is_local else location.uri
    parent, _, name = uri.rpartition("/")
    return f"{parent}/.{name}.{kind}-{uuid.uuid4().hex}"


def sweep(location: Location, kind: str) -> None:
    """Remove what killed writes left beside a table; its write lock is held by the caller."""
    if location.is_local:
        table = Path(location.uri)
        for left in table.parent.glob(f".{glob.escape(table.name)}.{kind}-*"):
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def folder_beside(location: Location, kind: str) -> Iterator[Path]:
    """Give an empty folder beside a table on this machine, and remove it with what is in it.

    The caller holds the table's write lock.
    """
    sweep(location, kind)
    folder = Path(uri_beside(location, kind))
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
