"""Decide once and for all on which side of the train/test split a row is.

A row's side follows from its key and the salt alone, whose mixing is in
`winery.keys`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from winery.keys import mark_share
from winery.rows import IS_TEST

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw


def mark_test_rows(
    frame: nw.LazyFrame[Any], *, key: str, salt: str | int, basis_points: int
) -> nw.LazyFrame[Any]:
    """Add the column that says whether a row is kept for the test.

    With a larger share the test set only grows: no test row becomes a training row.

    Args:
        frame: Rows with a key that is text or an integer.
        key: The name of that column.
        salt: What makes this split another than the next.
        basis_points: The share of the test rows in ten-thousandths.

    Returns:
        The rows with one boolean column more.

    Raises:
        ValueError: The key is of another type, whose text engines would write differently.
    """
    return mark_share(frame, key=key, prefix=f"{salt}:", basis_points=basis_points, name=IS_TEST)
