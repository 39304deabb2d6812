"""Word the refusal of one value, whatever the format."""

from typing import TYPE_CHECKING

from lakeproof.deliveries.delivery_errors import DeliveryError, refusal, shown
from lakeproof.deliveries.rows.layout import Layout
from lakeproof.deliveries.rows.values import Fault

if TYPE_CHECKING:
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
_KINDS_OF_WORDS = {"boolean": "true_values, false_values"}


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
        what = f"{shown(text or '')} is not {wanted} ({column.type})"
        remedy = (
            "Correct it (where a value is missing, leave the field empty) and run again: kedro run"
        )
        if hint := _hint(delivery, fault):
            remedy = f"If the file is right, say in catalog.yml what it means: {hint}. {remedy}"
    return refusal(delivery.name, said + what, line=line, column=column.name, remedy=remedy)


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
