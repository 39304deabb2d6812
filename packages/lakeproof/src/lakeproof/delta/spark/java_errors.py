"""Turn what Spark raises into sentences of ours: it says the same in eighty lines of Java."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from lakeproof.delta.retention.intervals import in_words
from lakeproof.delta.retention.lifetime import FILES, keeping_command
from lakeproof.delta.write.column_contract import not_in_path
from lakeproof.errors import LakeproofError, PinError, SchemaError, TableError
from lakeproof.spark.spark_errors import text_of
from lakeproof.spelling import typed

_RETENTION = "DELTA_UNSUPPORTED_TIME_TRAVEL_BEYOND_DELETED_FILE_RETENTION_DURATION"
_NAMES = ("DELTA_INVALID_CHARACTERS_IN_COLUMN_NAME", "DELTA_DUPLICATE_COLUMNS_FOUND")
_TYPES = (
    "DELTA_UNSUPPORTED_DATA_TYPES",
    "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
    "DELTA_COMPLEX_TYPE_COLUMN_CONTAINS_NULL_TYPE",
    "STRUCT_NO_FIELDS",
)
# Said by a plan of ours that must not go on with a value.
NOT_IN_PATH = "lakeproof: not in a path: "


@contextmanager
def explained(name: str, version: int | None = None) -> Iterator[None]:
    """Name the table and what to do in errors of Spark that a user can do something about.

    Args:
        name: The catalog name.
        version: The version that is read, where one is.

    Raises:
        LakeproofError: In place of Spark's own.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise _explain(name, version, text_of(error)) from error


def _explain(name: str, version: int | None, said: str) -> LakeproofError:
    if _RETENTION in said:
        hours = re.search(r"\((\d+) HOURS\)", said)
        kept = f" of {in_words(timedelta(hours=int(hours[1])))}" if hours else ""
        return PinError(
            f"Version {version} of table '{name}' is older than the table's retention{kept} "
            f"({FILES}), and Spark refuses it although its files may all be there. Nothing was "
            f"written to the table. Let it keep its versions: {keeping_command(name, version)}; or "
            "read it on the embedded engine: --params engine=embedded"
        )
    if NOT_IN_PATH in said:
        return not_in_path(name, said.partition(NOT_IN_PATH)[2].partition("\n")[0].strip())
    if any(trouble in said for trouble in _NAMES):
        return SchemaError(
            f"A column for table '{name}' has a name that Delta does not take on both engines: "
            f"{_line(said)} The table is as it was. Rename it in the node."
        )
    if any(kind in said for kind in _TYPES):
        return SchemaError(
            f"A column for table '{name}' has a type that Delta has not: {_line(said)} The table "
            "is as it was. Cast the column in the node."
        )
    if "FAILED_READ_FILE" in said or "FileNotFoundException" in said:
        return TableError(
            f"A data file was not found or not readable while rows for table '{name}' were "
            f"computed: {_line(said)} The table is as it was. List what is whole: "
            f"{typed('kedro history', name)}"
        )
    return TableError(
        f"Spark could not do its work on table '{name}': {_line(said)} The table is as it was. To "
        "see all that it says: LAKEPROOF_DEBUG=1 kedro run …"
    )


def _line(said: str) -> str:
    """Find the sentence in it: that of the innermost cause."""
    classed = r"^(?:\s*Caused by: |: )?(?:[a-z]\w*\.)+[A-Z][\w$]*: ([^\n]+)"
    causes = [c for c in re.findall(classed, said, re.MULTILINE) if "INTERNAL_ERROR" not in c]
    if not causes and (named := re.search(r"\[[A-Z][A-Z0-9_.]+\][^\n]*", said)):
        causes = [named[0]]
    text = causes[-1] if causes else (said.strip().splitlines() or ["no reason"])[0]
    return text[:600].strip()
