"""What columns of a frame of Spark may hold on their way into a table."""

from typing import TYPE_CHECKING

from lakeproof.delta.spark.java_errors import NOT_IN_PATH
from lakeproof.delta.write.column_contract import LONGEST_IN_PATH, MISSING_IN_PATH
from lakeproof.errors import SchemaError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def require_types(name: str, frame: "DataFrame") -> None:
    """Refuse what delta-spark would drop without a word, or write as the other engine cannot.

    Raises:
        SchemaError: With the column and its type.
    """
    from pyspark.sql import types

    refused = (
        types.NullType,
        types.DayTimeIntervalType,
        types.YearMonthIntervalType,
        types.CalendarIntervalType,
        types.VariantType,
    )
    for field in frame.schema.fields:
        if isinstance(field.dataType, refused):
            raise SchemaError(
                f"Column '{field.name}' for table '{name}' is {field.dataType.simpleString()}, for "
                "which Delta has no type. The table is as it was. Cast the column in the node."
            )


def refusing_lost_text(frame: "DataFrame", column: str) -> "DataFrame":
    """Have a task fail at a text that the layout would lose: the plan is run but once."""
    from pyspark.sql import functions as sql
    from pyspark.sql.types import StringType

    if not isinstance(frame.schema[column].dataType, StringType):
        return frame
    text = frame[f"`{column}`"]
    is_lost = (
        (sql.octet_length(text) > LONGEST_IN_PATH)
        | text.isin("", MISSING_IN_PATH)
        | text.contains("\x00")
    )
    refusal = sql.raise_error(sql.lit(f"{NOT_IN_PATH}{column}\n"))
    return frame.withColumn(column, sql.when(is_lost, refusal).otherwise(text))
