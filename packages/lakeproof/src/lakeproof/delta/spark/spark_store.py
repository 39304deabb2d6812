"""Tables in an object store as Spark reaches them, and who may commit there.

One credentials entry serves both engines: what it says of a bucket becomes Hadoop's settings of
that bucket alone, in this process, so that no secret stands in `spark.yml`, nor in the record,
which holds Spark's own settings. Not for a Spark Connect server, which has a process of its own.
"""

import os
import re
from typing import Any

from lakeproof.errors import TableError
from lakeproof.spark.connect import is_connect
from lakeproof.spark.session import spark
from lakeproof.spark.settings import SINGLE_WRITER, current_settings
from lakeproof.stores.addresses import for_hadoop as hadoop_uri
from lakeproof.stores.addresses import kind_of
from lakeproof.stores.options import for_hadoop as hadoop_options
from lakeproof.versioned.location import Location

# Databricks sets it on its machines.
_DATABRICKS = "DATABRICKS_RUNTIME_VERSION"


def place_of(location: Location) -> str:
    """Give a table's place as Spark takes it, and let Spark in."""
    if location.is_local:
        return location.absolute_uri
    session: Any = spark()
    if not is_connect(session):
        settings = session._jsc.hadoopConfiguration()
        for name, value in hadoop_options(location.uri, location.storage_options).items():
            settings.set(name, value)
    return hadoop_uri(location.uri)


def name_of(location: Location) -> str | None:
    """Give the name by which Databricks' own Spark knows a table of Unity Catalog, if that is it.

    Any other Spark reaches it by its place.
    """
    return location.catalog_name if _DATABRICKS in os.environ else None


def require_single_writer(location: Location) -> None:
    """Refuse a commit of Spark's own where another process could lose one by it.

    Delta's store for S3 looks whether a version is there and then writes it, under a lock of its
    own process. What delta-rs commits of Spark's files is a conditional write and not asked.

    Raises:
        TableError: Where `spark.yml` does not say that nobody else writes.
    """
    if location.is_local or kind_of(location.uri) != "s3" or name_of(location) is not None:
        return
    if current_settings().conf.get(SINGLE_WRITER, "").lower() != "true":
        raise TableError(
            f"Table '{location.name}' is at {location.uri}, and a correction, a deletion or a new "
            "column is a commit of Spark's own, which S3 does not keep from overwriting somebody "
            "else's. The table is as it was. Write it with engine: embedded; or, where nothing "
            f'else writes to it, say so in spark.yml: {SINGLE_WRITER}: "true"'
        )


def literal(path: str) -> str:
    """Write a path of this machine for Spark, which takes it for a pattern otherwise."""
    return "file:" + re.sub(r"([\\\[\]{}*?])", r"\\\1", path)


def rename_in_store(source: str, target: str) -> bool:
    """Move a file within a store."""
    filesystem, path = _store(source)
    _, to = _store(target)
    filesystem.mkdirs(to.getParent())
    return bool(filesystem.rename(path, to))


def delete_in_store(uri: str) -> None:
    """Remove a folder of a store."""
    filesystem, path = _store(uri)
    filesystem.delete(path, True)


def _store(uri: str) -> tuple[Any, Any]:
    """Find Hadoop's file system of a path, which has the credentials that Spark has."""
    session: Any = spark()
    path = session._jvm.org.apache.hadoop.fs.Path(uri)
    return path.getFileSystem(session._jsc.hadoopConfiguration()), path
