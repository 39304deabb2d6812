"""How long a table keeps the versions that it no longer needs, and until when one of them lives.

A table that was made here keeps them for ten years; one that was made elsewhere, for as long as the
engine that keeps them shortest does. Not for changing that: see `keeping`.
"""

import logging
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lakeproof.delta.log.location import CHECKPOINT_FILE, COMMIT_FILE, log_files
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.retention.intervals import FOR_EVER, in_words, on_both, on_spark
from lakeproof.spelling import typed
from lakeproof.versioned.pins import LATEST, Pin

logger = logging.getLogger(__name__)

FILES = "delta.deletedFileRetentionDuration"
LOG = "delta.logRetentionDuration"
CLEANUP = "delta.enableExpiredLogCleanup"
# Delta's own, where a table says nothing that an engine understands.
_DEFAULTS = {FILES: timedelta(days=7), LOG: timedelta(days=30)}


@dataclass(frozen=True)
class Retention:
    """How long a table keeps what it no longer needs, on the engine that keeps it shortest.

    Args:
        files: Data files that no longer belong to it, and for how long after its commit Spark reads
            a version that is not the newest.
        log: Commits; without end where they are not cleaned up.
        is_promised: Whether the table says so itself, to both engines, and says more than what
            holds where nothing is said.
    """

    files: timedelta
    log: timedelta
    is_promised: bool

    @property
    def versions(self) -> timedelta:
        """How long a version is sure to be readable, after its commit."""
        return min(self.files, self.log)


@dataclass(frozen=True)
class Lifetime:
    """Until when a version lives that its table does not promise to keep.

    Args:
        table: The catalog name.
        version: The version.
        is_newest: Whether it is the newest, which always lives.
        retention: How long the table keeps versions.
        until: When that is over for this one.
    """

    table: str
    version: int
    is_newest: bool
    retention: Retention
    until: datetime

    @property
    def is_over(self) -> bool:
        """Tell whether the version may be gone already, and Spark refuses it."""
        return not self.is_newest and self.until < datetime.now(UTC)

    def sentence(self) -> str:
        """Say what may become of the table's versions, and until when this one lives."""
        kept = self.retention.versions
        refused = ", and Spark refuses them" if kept == self.retention.files else ""
        start = (
            f"Table '{self.table}' does not promise to keep its versions: those older than "
            f"{in_words(kept)} may be removed{refused}. Version {self.version} "
        )
        day = f"{self.until:%Y-%m-%d}"
        if self.is_over:
            return f"{start}was sure to live until {day} only."
        if not self.is_newest:
            return f"{start}lives until {day}."
        if self.until < datetime.now(UTC):
            return f"{start}lives for as long as it is the newest; its own time was over on {day}."
        return f"{start}lives until {day}, or for as long as it is the newest."


def retention_of(configuration: Mapping[str, str]) -> Retention:
    """Read the properties of a table as the two engines do."""
    shortest, is_said = {}, {}
    for key, default in _DEFAULTS.items():
        text = configuration.get(key)
        both, spark = on_both(text), on_spark(text)
        shortest[key] = min(default if both is None else both, default if spark is None else spark)
        is_said[key] = both is not None and both > default
    if configuration.get(CLEANUP) == "false":
        shortest[LOG], is_said[LOG] = FOR_EVER, True
    return Retention(shortest[FILES], shortest[LOG], is_promised=all(is_said.values()))


def lifetime(opened: OpenedTable) -> Lifetime | None:
    """Tell until when a version lives; `None` where its table promises to keep it.

    What decides is what the table says now: properties that were set later hold for older versions
    too. Its log is looked at only where the version itself does not promise anything.
    """
    if retention_of(opened.table.metadata().configuration).is_promised:
        return None
    newest = open_table(opened.location)
    retention = retention_of(newest.table.metadata().configuration)
    if retention.is_promised:
        return None
    return Lifetime(
        opened.location.name,
        opened.version,
        is_newest=newest.version == opened.version,
        retention=retention,
        until=_committed_at(opened) + retention.versions,
    )


def warn(opened: OpenedTable, pin: Pin | None, env: str | None = None) -> None:
    """Warn of a table that does not promise to keep the version that is read.

    Args:
        opened: The version.
        pin: Who asked for it, if somebody did.
        env: The Kedro environment, where one was named.
    """
    found = lifetime(opened)
    if found is not None:
        wanted = None if pin is None else opened.version
        command = keeping_command(found.table, wanted, env)
        logger.warning("%s Keep them all: %s", found.sentence(), command)


def keeping_command(table: str, wanted: int | None, env: str | None = None) -> str:
    """Write the command that has a table keep its versions and leaves what is pinned as it is."""
    pin = typed("kedro pin", f"{table}={LATEST if wanted is None else wanted}")
    return " ".join([pin, "--set-retention", *(["--env", shlex.quote(env)] if env else [])])


def _committed_at(opened: OpenedTable) -> datetime:
    """Give the time of a commit's file, by which both engines reckon its age."""
    filesystem, names = log_files(opened.location)
    of_version = {
        bool(COMMIT_FILE.fullmatch(name)): name
        for name in names
        if name.startswith(f"{opened.version:020d}.")
        and (COMMIT_FILE.fullmatch(name) or CHECKPOINT_FILE.fullmatch(name))
    }
    # A commit that was cleaned away has left its checkpoint.
    name = of_version.get(True) or of_version[False]
    return datetime.fromtimestamp(
        filesystem.get_file_info(f"_delta_log/{name}").mtime_ns / 1e9, UTC
    )
