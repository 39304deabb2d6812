"""Follow a folder by Spark's Structured Streaming: it says which files have come, batch by batch.

Not for what is taken: that the table decides. So the checkpoint, which Spark must have, lasts as
long as one run: it would remember names where a delivery is a name and a content, and it would know
nothing of a table that was restored or that a batch run has written.
"""

import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from lakeproof.deliveries.delivery_errors import DeliveryError, shown
from lakeproof.delta.spark.spark_store import literal
from lakeproof.delta.write.engine import Take
from lakeproof.delta.write.temporary_folders import folder_beside
from lakeproof.errors import TableError
from lakeproof.spark.connect import is_connect
from lakeproof.spark.session import spark
from lakeproof.spark.spark_errors import SparkError, sentence_of
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeproof.deliveries.arrivals import Arrivals

logger = logging.getLogger(__name__)

# Its columns, of which the path alone is asked for: no content is read.
_BINARY_FILE = "path string, modificationTime timestamp, length long, content binary"
# A file's age is not a reason to leave it out; Spark's default is a week.
_ANY_AGE = "36500d"


def follow(arrivals: "Arrivals", take: Take, location: Location) -> None:
    """Take what has arrived in a folder, and end when there is no more.

    Args:
        arrivals: The folder.
        take: Takes a batch of deliveries.
        location: The table; its write lock is held.

    Raises:
        LakeproofError: If a delivery is refused, Spark fails, or it passes over a delivery.
    """
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    _require_driver(location)
    batches, name = _Batches(arrivals, take), location.name
    logger.info(
        "Table '%s' follows %s: %d deliveries, at most %d files at a time",
        name,
        arrivals.folder,
        len(arrivals.listed),
        arrivals.files_per_batch,
    )
    try:
        with _checkpoint(location) as checkpoint:
            query = (
                _arriving_files(arrivals)
                .writeStream.foreachBatch(batches.arrived)
                .option("checkpointLocation", f"file:{checkpoint}")
                .trigger(availableNow=True)
                .start()
            )
            try:
                query.awaitTermination()
            finally:
                # Also when the user has had enough: the lock is held until the last commit is made.
                batches.end()
                query.stop()
        batches.raise_error()
    except (PySparkException, Py4JJavaError) as error:
        raise TableError(
            f"The stream of deliveries into table '{name}' broke off: {sentence_of(error)} What "
            "was taken before stays taken, nothing else was touched. Run again: kedro run "
            "--pipelines stream"
        ) from error
    _require_all(arrivals, name)


def _require_driver(location: Location) -> None:
    """Refuse a Spark Connect server, which would take deliveries in a process of its own."""
    if is_connect(spark()):
        raise SparkError(
            f"A stream into table '{location.name}' needs a Spark of this process, and there is a "
            "session of Spark Connect: its server would run what takes the deliveries. The table "
            "is as it was. Take them as a batch: kedro run --pipelines ingest"
        )


def _checkpoint(location: Location) -> AbstractContextManager[Path | str]:
    """Give a folder on this machine for one run."""
    if location.is_local:
        return folder_beside(location, "stream")
    return tempfile.TemporaryDirectory(prefix="lakeproof-stream-")


class _Batches:
    """What Spark calls, in a thread of its own, for each batch of files.

    An error stays on this side and is raised by who waits: through the JVM it would come back as
    eighty lines of Java, and the rest of the stream costs next to nothing.
    """

    def __init__(self, arrivals: "Arrivals", take: Take) -> None:
        self._arrivals = arrivals
        self._take = take
        self._in_progress = threading.Lock()
        self._is_called_off = threading.Event()
        self._error: BaseException | None = None

    def arrived(self, files: "DataFrame", number: int) -> None:
        """Take the deliveries among the files of a batch."""
        with self._in_progress:
            if self._is_called_off.is_set():
                return
            try:
                paths = [row.path for row in files.select("path").collect()]
                batch = self._arrivals.batch(self._names(paths))
                self._take(batch, self._is_called_off.is_set)
            except BaseException as error:
                self._is_called_off.set()
                self._error = error

    def end(self) -> None:
        """Take no more, and wait for what is being taken."""
        self._is_called_off.set()
        with self._in_progress:
            pass

    def raise_error(self) -> None:
        """Raise what kept a batch from being taken, if anything did."""
        if self._error is not None:
            raise self._error

    def _names(self, paths: list[str]) -> Iterator[str]:
        """Give the names of files that are in the folder itself, not in a folder within."""
        for path in paths:
            place = PurePosixPath(path.removeprefix("file:"))
            if place.parent == PurePosixPath(os.path.abspath(self._arrivals.folder)):
                yield place.name


def _arriving_files(arrivals: "Arrivals") -> "DataFrame":
    # What is set here is not set in the session that moves rows.
    session: Any = spark().newSession()
    # Every file of a batch is looked up once more; as a job of Spark's, in a task of its own.
    session.conf.set("spark.sql.sources.parallelPartitionDiscovery.threshold", str(2**31 - 1))
    reader = session.readStream.format("binaryFile").schema(_BINARY_FILE)
    reader = reader.option("maxFilesPerTrigger", str(arrivals.files_per_batch))
    reader = reader.option("maxFileAge", _ANY_AGE)
    # A folder within, such as `archive/year=2026`, would otherwise be read for columns.
    reader = reader.option("recursiveFileLookup", "true")
    files: DataFrame = reader.load(literal(os.path.abspath(arrivals.folder))).select("path")
    return files


def _require_all(arrivals: "Arrivals", name: str) -> None:
    """Refuse to end as if all had come when Spark has passed over a delivery."""
    if overdue := arrivals.overdue():
        more = f" and {len(overdue) - 1} more" if len(overdue) > 1 else ""
        raise DeliveryError(
            f"Delivery {shown(overdue[0])}{more} was in {arrivals.folder} when the stream began, "
            "and Spark has not brought it: it passes over names that begin with '_', and files "
            f"that are taken away meanwhile. Table '{name}' has the others. Take it as a batch: "
            "kedro run --pipelines ingest"
        )
