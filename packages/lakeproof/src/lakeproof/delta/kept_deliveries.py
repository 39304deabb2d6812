"""Deliveries from a store, kept by their content beside the table that takes them.

Whoever has the bucket alone has them, as they were, when the file they came from has changed or
gone. Not for those of a local folder, which each project keeps for itself (`deliveries.raw_store`).
"""

import errno
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lakeproof.checksum import sha256_of
from lakeproof.stores.files import listed, put
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    from lakeproof.deliveries import Delivery

# Beside the leases; a VACUUM passes over folders that begin with an underscore.
BESIDE = "_lakeproof/deliveries"


def kept_at(table_uri: str, sha256: str) -> str:
    """Give the address of what is kept of a content beside a table."""
    return f"{table_uri}/{BESIDE}/{sha256}"


def keep_beside(location: Location, deliveries: Iterable["Delivery"]) -> None:
    """Keep those that came from a store beside a table in one: all, also what it took before.

    Raises:
        OSError: If the store cannot be asked, or what this machine has is another content.
    """
    wanted = {one.sha256: one for one in deliveries if one.uri is not None}
    if location.is_local or not wanted:
        return
    there = listed(location.uri, location.storage_options, BESIDE)
    sizes = {PurePosixPath(file.path).name: file.size for file in there}
    for sha256, one in wanted.items():
        if sizes.get(sha256) != one.path.stat().st_size:
            if sha256_of(one.path) != sha256:
                raise OSError(errno.EIO, f"{one.path} is damaged: it is not what was read once")
            put(one.path, kept_at(location.uri, sha256), location.storage_options)
