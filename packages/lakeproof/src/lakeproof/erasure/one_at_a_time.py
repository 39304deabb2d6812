"""One erasure at a time in a project."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakeproof.erasure.receipts import PLACE
from lakeproof.inside import by_no_link
from lakeproof.leases.folders import hide_from_git

_SILENT_SECONDS = 0.5

logger = logging.getLogger(__name__)


@contextmanager
def erasing_alone(project_path: Path) -> Iterator[None]:
    """Wait for another erasure, saying so when that takes a while.

    Of two at once, each would write anew what the other has not taken its rows from yet.

    Args:
        project_path: The project.

    Raises:
        OutsideError: If the receipts are behind a link: then they are another project's.
        OSError: If nothing can be written here.
    """
    from filelock import FileLock, Timeout

    hide_from_git(project_path)
    folder = by_no_link(project_path, PLACE)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=_SILENT_SECONDS)
    except Timeout:
        logger.warning("Another erasure is under way in this project: waiting for its end.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
