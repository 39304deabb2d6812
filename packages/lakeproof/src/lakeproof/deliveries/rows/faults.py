"""Word the refusal of one value, and find it in a file that is read whole, whatever the format."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl

from lakeproof.checksum import sha256_of
from lakeproof.deliveries.delivery_errors import DeliveryError, refusal, shown
from lakeproof.deliveries.rows.files import changed, opened
from lakeproof.deliveries.rows.layout import Layout
from lakeproof.deliveries.rows.values import Fault, first_fault

if TYPE_CHECKING:
    from typing import Self

    from lakeproof.deliveries.delivery import Delivery

_WHOLE = "a whole number within the bounds of its type"
_WANTED = {
    "long": _WHOLE,
    "integer": _WHOLE,
    "short": _WHOLE,
    "byte": _WHOLE,
    "double": "a finite number",
    "float": "a finite number",
    "boolean": "true or false",
    "date": "a date such as 2026-01-31",
    "timestamp": "a time with its zone such as 2026-01-31T00:00:00Z",
}
# What usually stands for a missing value, or for a value, in files of others.
_MARKERS = ("na", "n/a", "nan", "null", "none", "-", "--", "?", ".", "#n/a")


def refusal_of_value(
    delivery: "Delivery",
    layout: Layout,
    fault: Fault,
    *,
    line: int | None = None,
    row: int | None = None,
) -> DeliveryError:
    """Say what stands where and what should.

    Args:
        delivery: Where it was found.
        layout: Of its columns.
        fault: What was found.
        line: The line on which the record starts, where the format has lines.
        row: The number of the row, from 1, where it has none.
    """
    column, text = fault.column, fault.text
    said = "" if row is None else f"row {row} is wrong: "
    own = delivery.dialect.of_column(column.own)
    is_missing = text is None or text == "" or text.strip() in own.null_values
    if is_missing and column.name in layout.key:
        what, remedy = "the key is missing", "Give the row its key and run again: kedro run"
    elif is_missing:
        what = "a value is missing, which the schema does not allow"
        remedy = "Fill it in, or declare the column `nullable: true` in catalog.yml"
    else:
        wanted = _wanted(delivery, fault)
        value = "a value, which is personal," if column.is_personal else shown(text or "")
        what = f"{value} is not {wanted} ({column.type})"
        remedy = (
            "Correct it (where a value is missing, leave the field empty) and run again: kedro run"
        )
        if hint := _hint(delivery, fault):
            remedy = f"If the file is right, say in catalog.yml what it means: {hint}. {remedy}"
    return refusal(delivery.name, said + what, line=line, column=column.name, remedy=remedy)


class WholeFile:
    """A file that its reader opens by itself; its bytes are held against the list in the end.

    Args:
        delivery: Whose file it is.
        layout: Of its columns.
    """

    is_broken = False

    def __init__(self, delivery: "Delivery", layout: Layout) -> None:
        self._delivery = delivery
        self._layout = layout
        opened(delivery).close()

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows in batches; each format has its own way."""
        raise NotImplementedError

    def finish(self) -> None:
        """Hold the bytes against those that were listed.

        Raises:
            DeliveryError: They are others.
        """
        sha256 = sha256_of(self._delivery.path)
        if sha256 != self._delivery.sha256:
            raise changed(self._delivery, sha256)


class WholeFileReader:
    """What readers of such files have in common, whatever the format."""

    opens: type[WholeFile]

    def opened(self, delivery: "Delivery", layout: Layout) -> WholeFile:
        """Open the file to read all of its rows."""
        return self.opens(delivery, layout)

    def explain(
        self, delivery: "Delivery", layout: Layout, cause: BaseException | None
    ) -> DeliveryError:
        """Say which row is wrong first, and how."""
        lines = self.lines(delivery)
        with self.opened(delivery, layout) as source:
            return first_refusal(delivery, layout, source.frames(), cause, lines)

    def places(self, delivery: "Delivery", rows: set[int]) -> str:
        """Say which rows, as a person counts them, or on which lines they are."""
        lines = self.lines(delivery)
        named = (row + 1 if lines is None else lines[row] for row in sorted(rows))
        return ("rows " if lines is None else "lines ") + " and ".join(map(str, named))

    def lines(self, delivery: "Delivery") -> Sequence[int] | None:
        """Give the line of each row; `None` where the format has none."""
        del delivery
        return None


def first_refusal(
    delivery: "Delivery",
    layout: Layout,
    frames: Iterator[pl.DataFrame],
    cause: BaseException | None,
    lines: Sequence[int] | None = None,
) -> DeliveryError:
    """Find the first value that cannot be taken, in what a reader gives.

    Args:
        delivery: That was refused.
        layout: Of its columns.
        frames: All of its rows.
        cause: What its reader raised, where it did.
        lines: The line of each row, where the format has lines.
    """
    before = 0
    try:
        for frame in frames:
            fault = first_fault(frame, layout.from_file, delivery.dialect)
            if fault is not None:
                row = before + fault.row
                line = None if lines is None else lines[row]
                number = row + 1 if lines is None else None
                return refusal_of_value(delivery, layout, fault, line=line, row=number)
            before += frame.height
    except DeliveryError as error:
        return error
    except Exception as error:
        # Each reader has errors of its own, and each of them says that the file is damaged.
        cause = cause or error
    said = str(cause)[:200] if cause is not None else "it has no rows"
    if cause is not None and delivery.schema.personal:
        said = type(cause).__name__  # what it says may hold a value
    return refusal(delivery.name, f"it cannot be read ({said})")


def _wanted(delivery: "Delivery", fault: Fault) -> str:
    own = delivery.dialect.of_column(fault.column.own)
    kind = fault.column.type
    if kind == "date" and own.date_format:
        return f"a date as {own.date_format}"
    if kind == "timestamp" and own.timestamp_format:
        return f"a time as {own.timestamp_format}" + ("" if own.zone else " with its zone")
    return _WANTED.get(kind, "text")


def _hint(delivery: "Delivery", fault: Fault) -> str:
    """Say what of the dialect would let a text pass that is common in files of others."""
    text, kind = (fault.text or "").strip(), fault.column.type
    if text.casefold() in _MARKERS:
        return f'csv: {{null_values: ["{text}"]}}'
    if kind == "boolean":
        return "csv: {true_values: […], false_values: […]}"
    if kind in ("date", "timestamp"):
        return 'format: "%d.%m.%Y"' if kind == "date" else "format and zone"
    digits = text.lstrip("+-").replace(".", "").replace(",", "")
    if not digits.isdecimal() or not digits.isascii():
        return ""
    if kind in ("double", "float"):
        return 'csv: {decimal: ","}' if "," in text else ""
    return "csv: {point_zero: true}" if text.rstrip("0").endswith((".", ",")) else ""
