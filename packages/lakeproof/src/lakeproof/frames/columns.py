"""Choose the columns of a table that a model may use, and make numbers of dates.

By their types and names alone: no row is looked at, and what is made here is whole numbers, the
same on both engines.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

NUMERIC, ALL = "numeric", "all"
# The first four are there of a date too.
CALENDAR = ("year", "month", "day", "weekday", "hour", "minute")
_OF_A_DATE = CALENDAR[:4]


def choose_columns(
    schema: Mapping[str, Any], asked: str | Sequence[str], *, but: Iterable[str]
) -> list[str]:
    """Name the columns that are asked for and that a model can use, in their order.

    Args:
        schema: Narwhals' type of each column of the table.
        asked: Names; or `numeric`, the numbers and booleans; or `all`, text, dates and times too.
        but: Names that `numeric` and `all` do not mean.

    Returns:
        Names of the table; of names that were asked for, those that it has.

    Raises:
        ValueError: A name that was asked for is of a type that no model takes.
    """
    left_out = set(but)
    if not isinstance(asked, str):
        for name in asked:
            if name in schema and not _is_usable(schema[name]):
                raise ValueError(
                    f"The column '{name}' is {schema[name]}; a model takes numbers, booleans, text "
                    "and dates. Take it out of `columns` in conf/*/parameters_feature.yml."
                )
        return [name for name in asked if name in schema]
    is_taken = _is_number if asked == NUMERIC else _is_usable
    return [name for name, kind in schema.items() if name not in left_out and is_taken(kind)]


def require_known(asked: Iterable[str], known: Iterable[str], *, parameter: str) -> None:
    """Refuse a name that is in no schema, and name the one that was meant.

    Args:
        asked: The names in the YAML.
        known: Those of the table and of the declared schema.
        parameter: Where `asked` stands, as a dotted name.

    Raises:
        ValueError: There is no such name.
    """
    names = list(dict.fromkeys(known))
    for name in asked:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            meant = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(names[:20])}."
            raise ValueError(
                f"'{parameter}' names '{name}', which is neither in the samples nor declared in "
                f"`schema`. {meant} Correct conf/*/parameters_feature.yml."
            )


def measurements(
    schema: Mapping[str, Any], columns: Sequence[str], *, calendar: Sequence[str]
) -> dict[str, nw.Expr]:
    """Make the features of columns: as they are, a date or a time as the parts of its calendar.

    Args:
        schema: Narwhals' type of each column.
        columns: Those to use.
        calendar: Which parts, of `CALENDAR`; a date has no hour. Times are UTC's.

    Returns:
        An expression by the feature's name: `sold`, or `sold_year`, `sold_month`, ….
    """
    import narwhals.stable.v2 as nw

    made: dict[str, nw.Expr] = {}
    for name in columns:
        if not _is_time(schema[name]):
            made[name] = nw.col(name)
            continue
        parts = [part for part in calendar if schema[name] != nw.Date or part in _OF_A_DATE]
        for part in parts:
            # Engines choose another width for a month.
            value = getattr(nw.col(name).dt, part)().cast(nw.Int64)
            # Narwhals 2.29 gives a Sunday as 7 of Polars and as 0 of Spark.
            made[f"{name}_{part}"] = (value + 6) % 7 + 1 if part == "weekday" else value
    return made


def _is_number(kind: Any) -> bool:
    return bool(kind.is_numeric()) or str(kind) == "Boolean"


def _is_time(kind: Any) -> bool:
    return str(kind).startswith("Date")


def _is_usable(kind: Any) -> bool:
    return _is_number(kind) or _is_time(kind) or str(kind) == "String"
