"""Have a table that was made elsewhere keep its versions, as one that is made here does."""

from collections.abc import Mapping
from datetime import timedelta

import deltalake

from lakeproof.delta.log.commit_metadata import CommitNote
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import find_commit, open_table
from lakeproof.delta.log.protocol_support import PROPERTIES
from lakeproof.delta.read.versions import known_digest
from lakeproof.delta.retention.intervals import on_spark, written
from lakeproof.delta.retention.lifetime import CLEANUP, FILES, LOG
from lakeproof.delta.write.lock import write_lock
from lakeproof.delta.write.own_commits import commit_properties
from lakeproof.delta.write.prepared_commit import prepared
from lakeproof.errors import TableError
from lakeproof.versioned.location import Location


def keep_versions(location: Location, git_commit: str | None = None) -> OpenedTable | None:
    """Have a table keep its versions for as long as one that is made here, in one commit.

    Args:
        location: The table.
        git_commit: The commit that is checked out, for the note.

    Returns:
        The version that says so; `None` where the table says it already.

    Raises:
        LakeproofError: If the table cannot be opened or changed, or another writer has overwritten
            the commit.
    """
    with write_lock(location.name, location.uri):
        current = open_table(location)
        configuration = current.table.metadata().configuration
        properties = {
            key: value
            for key, value in wanted_properties(configuration).items()
            if configuration.get(key) != value
        }
        if not properties:
            return None
        # No row changes: what is known of the rows holds on.
        note = CommitNote(
            git_commit=git_commit,
            rows=current.rows(),
            digest=known_digest(current),
            follows=current.version,
        )
        try:
            with prepared(current, note.rows, "sets") as table:
                table.alter.set_table_properties(
                    properties, commit_properties=commit_properties(note)
                )
        except (deltalake.exceptions.DeltaError, OSError) as error:
            raise TableError(
                f"Table '{location.name}' cannot be told to keep its versions: "
                f"{location.without_secrets(str(error))[:500]} The table is as it was."
            ) from error
        return find_commit(location, current.version, note.commit_id)


def wanted_properties(configuration: Mapping[str, str]) -> dict[str, str]:
    """Give the properties that keep a table's versions: ours, or the table's own where longer."""
    lengths = {
        key: max(
            on_spark(text) or timedelta() for text in (configuration.get(key), PROPERTIES[key])
        )
        for key in (FILES, LOG)
    }
    # Spark refuses a log that is kept shorter than the files.
    lengths[LOG] = max(lengths.values())
    return {**{key: written(length) for key, length in lengths.items()}, CLEANUP: "false"}
