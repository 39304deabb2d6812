"""Keys as they were typed, as rows of the columns that tell a table's rows apart.

A key is one thing or is refused: what could be read in two ways might be somebody else's.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from unicodedata import normalize

import polars as pl

from lakeproof.errors import LakeproofError

_FINER_THAN_A_MICROSECOND = re.compile(r"[.,]\d{7,}")


class ErasureError(LakeproofError):
    """What is to be found cannot be looked for. Its message names no key."""


@dataclass(frozen=True)
class Keys:
    """Keys as they were typed, for tables and versions whose columns have other types.

    Args:
        texts: One a row; of a key of several columns `a=1,b=2`, or a JSON object.
        columns: Those of the key.
    """

    texts: Sequence[str]
    columns: Sequence[str]

    def rows(self, schema: pl.Schema, table: str) -> pl.DataFrame:
        """Read them as a table has them: of text in each way in which it may be written.

        Args:
            schema: Of the table.
            table: Its name.

        Raises:
            ErasureError: If one is none of that type, or a column is not there. It is not shown.
        """
        if absent := [column for column in self.columns if column not in schema]:
            raise ErasureError(f"it has no column '{absent[0]}'")
        rows = [
            parts
            for text in self.texts
            for parts in zip(*map(_spellings, _parts(text, self.columns, table)), strict=True)
        ]
        columns = []
        for place, name in enumerate(self.columns):
            try:
                columns.append(_as([row[place] for row in rows], name, schema[name]))
            except (pl.exceptions.PolarsError, ValueError):
                # Its own words repeat the value.
                raise ErasureError(
                    f"A key is no {schema[name]}, which column '{name}' of table '{table}' is"
                    f"{_how(schema[name])}. Nothing was looked for."
                ) from None
        return pl.DataFrame(columns).unique()

    def count(self, table: str) -> int:
        """Tell how many there are, however they are spelled.

        Raises:
            ErasureError: If one is none.
        """
        keys = {tuple(_parts(text, self.columns, table)) for text in self.texts}
        return len({tuple(_spellings(one)[-1] for one in key) for key in keys})

    def that_fit(self, schema: pl.Schema) -> "Keys | None":
        """Leave those that a table may have by the types of its columns; `None` where none may."""
        fitting = [text for text in self.texts if self._fits(text, schema)]
        return Keys(fitting, self.columns) if fitting else None

    def values(self, schema: pl.Schema, table: str) -> Iterator[tuple[frozenset[str], ...]]:
        """Yield for each key its values, each in all spellings that a text of it may have.

        Raises:
            ErasureError: If one is none.
        """
        for text in self.texts:
            parts = zip(self.columns, _parts(text, self.columns, table), strict=True)
            yield tuple(
                frozenset(
                    {value, str(int(value))} if schema[name].is_integer() else _spellings(value)
                )
                for name, value in parts
            )

    def _fits(self, text: str, schema: pl.Schema) -> bool:
        try:
            Keys([text], self.columns).rows(schema, "")
        except ErasureError:
            return False
        return True


def _as(given: Sequence[str], name: str, dtype: Any) -> pl.Series:
    if dtype == pl.Date:
        return pl.Series(name, [date.fromisoformat(one) for one in given], dtype=dtype)
    if isinstance(dtype, pl.Datetime):
        return pl.Series(name, [_moment(one, dtype) for one in given], dtype=dtype)
    if isinstance(dtype, pl.Decimal):
        return pl.Series(name, [_decimal(one, dtype) for one in given], dtype=dtype)
    if dtype == pl.Boolean:
        flags = {"true": True, "false": False}
        if not flags.keys() >= set(given):
            raise ValueError("neither true nor false")
        return pl.Series(name, [flags[one] for one in given])
    return pl.Series(name, given, dtype=pl.String).cast(dtype, strict=True)


def _moment(text: str, dtype: pl.Datetime) -> datetime:
    """Read a moment; without a zone it is one of UTC where the column has zones."""
    found = datetime.fromisoformat(text)
    if _FINER_THAN_A_MICROSECOND.search(text) or (found.tzinfo and not dtype.time_zone):
        raise ValueError("it is cut, or has a zone that the column has not")
    return found if found.tzinfo or not dtype.time_zone else found.replace(tzinfo=UTC)


def _decimal(text: str, dtype: pl.Decimal) -> Decimal:
    """Read a decimal; one with more places than the column has is none of its values."""
    try:
        found = Decimal(text)
        if not found.is_finite() or found != round(found, dtype.scale):
            raise ValueError("it would be rounded")
    except InvalidOperation as error:
        raise ValueError("it is no decimal") from error
    return found


def _spellings(text: str) -> tuple[str, str, str]:
    """Write a text in each way: as it is, with letters and accents apart, and as one sign."""
    return text, normalize("NFD", text), normalize("NFC", text)


def _how(dtype: Any) -> str:
    if dtype == pl.Date:
        return "; write it as 2026-01-31"
    return "; write it as 2026-01-31T23:59:59" if isinstance(dtype, pl.Datetime) else ""


def _parts(text: str, key: Sequence[str], table: str) -> list[str]:
    """Take a key of several columns apart; one that may mean two rows is none."""
    if len(key) == 1:
        return [text]
    try:
        parts = _of_json(text) if text.startswith("{") else _of_words(text)
    except ValueError:
        parts = {}
    if parts.keys() != set(key):
        names = ", ".join(f'"{name}": "…"' for name in key)
        raise ErasureError(
            f"The key of table '{table}' has several columns: write each as "
            f"{','.join(f'{name}=…' for name in key)}, or, where a value has a comma, as "
            f"{{{names}}}. Nothing was looked for."
        )
    return [parts[name] for name in key]


def _of_words(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",")]
    return _once([(name, value if equals else None) for name, equals, value in pairs])


def _of_json(text: str) -> dict[str, str]:
    told = json.loads(text, object_pairs_hook=_once, parse_int=str, parse_float=str)
    if not isinstance(told, dict):
        raise ValueError("it is no object")
    return told


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, str]:
    """Take names and values; one that comes twice, or is no value, may be somebody else's."""
    found = {name: str(one).lower() if isinstance(one, bool) else one for name, one in pairs}
    if len(found) < len(pairs) or not all(isinstance(one, str) for one in found.values()):
        raise ValueError("a name comes twice, or a value is none")
    return found
