"""Keys as they were typed, as rows of the columns that tell a table's rows apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from lakeproof.errors import LakeproofError


class ErasureError(LakeproofError):
    """What is to be found cannot be looked for. Its message names no key."""


@dataclass(frozen=True)
class Keys:
    """Keys as they were typed, for tables and versions whose columns have other types.

    Args:
        texts: One a row; of a key of several columns `a=1,b=2`.
        columns: Those of the key.
    """

    texts: Sequence[str]
    columns: Sequence[str]

    def rows(self, schema: pl.Schema, table: str) -> Any:
        """Read them as a table has them.

        Args:
            schema: Of the table.
            table: Its name.

        Raises:
            ErasureError: If one is none of that type, or a column is not there. It is not shown.
        """
        if absent := [column for column in self.columns if column not in schema]:
            raise ErasureError(f"it has no column '{absent[0]}'")
        rows = [_parts(text, self.columns, table) for text in self.texts]
        columns = []
        for place, name in enumerate(self.columns):
            given = pl.Series(name, [row[place] for row in rows], dtype=pl.String)
            try:
                columns.append(_as(given, schema[name]))
            except pl.exceptions.PolarsError:
                # Its own words repeat the value.
                raise ErasureError(
                    f"A key is no {schema[name]}, which column '{name}' of table '{table}' is. "
                    "Nothing was looked for."
                ) from None
        return pl.DataFrame(columns).unique()


def _as(given: pl.Series, dtype: Any) -> pl.Series:
    if dtype == pl.Date:
        return given.str.to_date(strict=True)
    if isinstance(dtype, pl.Datetime):
        return given.str.to_datetime(time_unit=dtype.time_unit, time_zone=dtype.time_zone)
    return given.cast(dtype, strict=True)


def _parts(text: str, key: Sequence[str], table: str) -> list[str]:
    if len(key) == 1:
        return [text]
    parts = dict(part.partition("=")[::2] for part in text.split(","))
    if parts.keys() != set(key):
        raise ErasureError(
            f"The key of table '{table}' has several columns: write each as "
            f"{','.join(f'{name}=…' for name in key)}. Nothing was looked for."
        )
    return [parts[name] for name in key]
