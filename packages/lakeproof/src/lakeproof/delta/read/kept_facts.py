"""The facts behind the digest of a table's newest version: one small file beside its log.

By them a commit reckons what the table will hold, instead of reading it again. They add up, and so
they are not in the log: what two versions differ by, and a dictionary, would give the values of a
deleted row back. Here only the newest stand, and whoever erases rows removes the file. The digest
that a commit says vouches for it: a file that is gone, old or somebody else's costs one reading.
"""

import logging
from contextlib import suppress
from pathlib import Path

from lakeproof.delta.log.location import filesystem_of
from lakeproof.digest import TableFacts
from lakeproof.inside import by_no_link
from lakeproof.stores import files as stores
from lakeproof.versioned.location import Location
from lakeproof.whole_file import replace_text

_FOLDER, _NAME = "_lakeproof", "facts.json"

logger = logging.getLogger(__name__)


def kept_facts(location: Location, digest: str) -> TableFacts | None:
    """Give the facts of a version, if they are those that its commit says the digest of."""
    try:
        with filesystem_of(location).open_input_file(f"{_FOLDER}/{_NAME}") as file:
            facts = TableFacts.from_json(file.read().decode())
    except Exception:  # those of stores have none in common; without the facts the rows are read
        return None
    return facts if facts.digest == digest else None


def keep_facts(location: Location, facts: TableFacts | None) -> None:
    """Keep the facts of what was just committed in place of those before; of nothing, none.

    The commit stands without them, so that nothing is raised where they cannot be written.
    """
    try:
        if facts is None:
            forget_facts(location)
        elif location.is_local:
            folder = by_no_link(Path(location.uri), _FOLDER)
            folder.mkdir(exist_ok=True)
            # With the rights that the table has; one that is lost costs one reading.
            mode = folder.stat().st_mode & 0o666
            replace_text(folder / _NAME, facts.to_json(), mode, outlives_power=False)
        else:
            stores.put_text(
                *(facts.to_json(), location.uri, f"{_FOLDER}/{_NAME}", location.storage_options)
            )
    except Exception as error:  # those of stores have none in common
        logger.debug("Facts of table '%s' were not kept: %s", location.name, error)


def forget_facts(location: Location) -> None:
    """Remove them: what they say of rows that were there is said nowhere else.

    Raises:
        OSError: If they cannot be removed.
        OutsideError: If their folder is a link: then they are another table's.
    """
    if location.is_local:
        (by_no_link(Path(location.uri), _FOLDER) / _NAME).unlink(missing_ok=True)
    else:
        with suppress(FileNotFoundError):
            filesystem_of(location).delete_file(f"{_FOLDER}/{_NAME}")
