"""Whether a store refuses a second commit of one version, which all writers there stand on.

Asked once of each bucket by a process that makes a table in it: eight commits of version 1 to a
table of its own beside the new one's log, of which a store must take one. Some that speak S3's
language take several, and then a writer's rows are overwritten without a word.
"""

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import deltalake

from lakeproof.errors import TableError
from lakeproof.stores.addresses import bucket_of, is_remote
from lakeproof.stores.files import filesystem, listed
from lakeproof.stores.options import for_delta, is_open

_WRITERS = 8
_tried: set[tuple[str, frozenset[tuple[str, str]]]] = set()


def require_conditional_writes(name: str, uri: str, options: Mapping[str, str] | None) -> None:
    """Refuse a store in which one writer would overwrite another's commit.

    Args:
        name: Of a table that is about to be made.
        uri: Its place. Nothing is asked on a disk.
        options: The settings of its store.

    Raises:
        TableError: If the store took two commits of one version.
    """
    if not is_remote(uri):
        return
    bucket = bucket_of(uri)
    asked = (bucket, frozenset(item for item in (options or {}).items() if is_open(item[0])))
    if asked in _tried:
        return
    place = f"{uri}/_lakeproof_probe-{uuid.uuid4().hex}"
    try:
        taken = _taken(place, for_delta(uri, options))
    finally:
        # A key may write and not delete; readers leave such a folder alone.
        with suppress(OSError):
            for file in listed(place, options):
                filesystem(place, options).delete_file(file.path)
    if taken > 1:
        raise TableError(
            f"The store of table '{name}', {bucket}, takes no conditional writes: it took "
            "several commits of one version, so that of two writers one would lose rows without a "
            "word. The table was not made. Keep it in a store that has them, as S3, Azure and "
            "Google have; or on a disk."
        )
    _tried.add(asked)


def _taken(uri: str, options: dict[str, str] | None) -> int:
    """Have several commit at the same moment: delta-rs looks whether it is late, and then puts."""
    import pyarrow as pa

    row = pa.table({"x": [1]})
    deltalake.write_deltalake(uri, row, storage_options=options)
    handles = [deltalake.DeltaTable(uri, storage_options=options) for _ in range(_WRITERS)]
    together = Barrier(_WRITERS)

    def commits(table: deltalake.DeltaTable) -> bool:
        together.wait()
        try:
            # Of what commits, this lets others go on meanwhile.
            deltalake.write_deltalake(
                table,
                row,
                mode="append",
                commit_properties=deltalake.CommitProperties(max_commit_retries=0),
            )
        except deltalake.exceptions.DeltaError:
            return False
        return True

    with ThreadPoolExecutor(_WRITERS) as pool:
        return sum(pool.map(commits, handles))
