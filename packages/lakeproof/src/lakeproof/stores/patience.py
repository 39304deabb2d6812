"""Say that a store is being waited for, and until when."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lakeproof.stores.addresses import bucket_of, is_remote
from lakeproof.stores.options import ANSWER_SECONDS, RETRY_SECONDS

logger = logging.getLogger(__name__)

_SILENT_SECONDS = 10.0


@contextmanager
def waiting(what: str, uri: str) -> Iterator[None]:
    """Tell after ten seconds that a store has not answered yet.

    Args:
        what: What is asked of it, for the line: `table 'samples'`.
        uri: Its place; nothing is said of a path.
    """
    if not is_remote(uri):
        yield
        return
    timer = threading.Timer(_SILENT_SECONDS, _say, (what, uri))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _say(what: str, uri: str) -> None:
    logger.warning(
        "Waiting for the store of %s, %s: %.0f s so far. What it does not answer ends within %d s.",
        what,
        bucket_of(uri),
        _SILENT_SECONDS,
        ANSWER_SECONDS + RETRY_SECONDS,
    )
