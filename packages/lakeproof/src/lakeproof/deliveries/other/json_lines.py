"""JSON lines behind the seam of formats: an object a line, its values as they are written.

A number is taken as its text and judged as in CSV, so that neither a long one loses digits nor a
guess of its type hangs on other lines. A key that a line lacks is a missing value, like `null`.
"""

import io
import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import polars as pl

from lakeproof.deliveries.delivery_errors import refusal, shown
from lakeproof.deliveries.rows.faults import WholeFile, WholeFileReader
from lakeproof.deliveries.rows.files import opened, unpacked
from lakeproof.deliveries.rows.layout import COMPLETE, Header

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

_BATCH_ROWS = 20_000


class _OpenedJsonLines(WholeFile):
    """A file of JSON lines while it is read."""

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the values as text, a batch of lines at a time."""
        schema = {column.header: pl.String for column in self._layout.from_file}
        found = (values for _, values in _objects(self._delivery))
        while batch := list(islice(found, _BATCH_ROWS)):
            columns = {name: [values.get(name) for values in batch] for name in schema}
            yield pl.DataFrame(columns, schema=schema)


class JsonLinesReader(WholeFileReader):
    """Objects, one on each line."""

    faults: tuple[type[Exception], ...] = (OSError, EOFError)
    opens = _OpenedJsonLines

    def header(self, delivery: "Delivery") -> Header:
        """Collect the keys of all lines, in the order in which they first appear.

        Raises:
            DeliveryError: The file is gone, empty, or a line is no object.
        """
        names: dict[str, None] = {}
        line = 0
        for line, found in _objects(delivery):  # noqa: B007 - whether there was one
            names.update(dict.fromkeys(found))
        if not line:
            size = delivery.path.stat().st_size
            raise refusal(delivery.name, f"it is empty ({size} bytes)", remedy=COMPLETE)
        return Header(tuple(names))

    def lines(self, delivery: "Delivery") -> list[int]:
        """Give the line of each object."""
        return [line for line, _ in _objects(delivery)]


def _objects(delivery: "Delivery") -> Iterator[tuple[int, dict[str, str | None]]]:
    """Yield each object with its line; empty lines are left out.

    Raises:
        DeliveryError: A line is no object of plain values, or no text.
    """
    line = 0
    with opened(delivery) as file:
        try:
            text = io.TextIOWrapper(unpacked(delivery.name, file), encoding="utf-8-sig")
            for line, written in enumerate(text, start=1):
                if written.strip():
                    yield line, _plain(delivery, line, written)
        except UnicodeDecodeError as error:
            raise refusal(
                delivery.name, f"it has bytes that are not UTF-8 text, after line {line}"
            ) from error
        except (OSError, EOFError) as error:
            raise refusal(
                delivery.name, f"it cannot be unpacked ({str(error)[:200]})", remedy=COMPLETE
            ) from error


def _plain(delivery: "Delivery", line: int, written: str) -> dict[str, str | None]:
    try:
        found = json.loads(
            written, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_once
        )
    except ValueError as error:
        raise refusal(delivery.name, f"it is no JSON ({str(error)[:200]})", line=line) from error
    if not isinstance(found, dict):
        what = "it" if delivery.schema.personal else shown(written.strip())
        raise refusal(delivery.name, f"{what} is no JSON object", line=line)
    for name, value in found.items():
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, list | dict):
            what = "it" if delivery.schema.personal else shown(json.dumps(value))
            raise refusal(
                delivery.name,
                f"{what} is no plain value",
                line=line,
                column=name,
                remedy="Flatten it before it is delivered, and run again: kedro run",
            )
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found
