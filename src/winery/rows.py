"""Decide once and for all which rows train and which are kept for the test.

A row's side follows from its key and the salt alone. `train` and `evaluate` ask for their side in
the same way, so that both see rows alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakeproof.frames import Part, mark_share

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

# The column of `features` that says on which side a row is.
IS_TEST = "is_test"
_ELSE = "`feature.split.test_fraction`, choose another `feature.split.salt`, or add rows."


def mark_test_rows(
    frame: nw.LazyFrame[Any], *, key: str | list[str], salt: str | int, basis_points: int
) -> nw.LazyFrame[Any]:
    """Add the column that says whether a row is kept for the test.

    With a larger share the test set only grows: no test row becomes a training row.

    Args:
        frame: Rows with a key of text, integers or dates.
        key: The name of that column, or the names of several.
        salt: What makes this split another than the next.
        basis_points: The share of the test rows in ten-thousandths.

    Returns:
        The rows with one boolean column more.
    """
    return mark_share(frame, key=key, prefix=f"{salt}:", basis_points=basis_points, name=IS_TEST)


def part_to_train_on(sample: int) -> Part:
    """Ask for the rows that a model may see, or a sample of them in ten-thousandths."""
    return Part("training", IS_TEST, False, "train.sample_fraction", f"Lower {_ELSE}", sample)


def part_to_test_on(sample: int) -> Part:
    """Ask for the rows that no model has seen, or a sample of them in ten-thousandths."""
    return Part("test", IS_TEST, True, "evaluate.sample_fraction", f"Raise {_ELSE}", sample)
