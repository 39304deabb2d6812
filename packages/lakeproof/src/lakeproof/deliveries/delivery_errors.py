"""The one error of this room, and the sentence that every refusal of a file is.

Not for deciding what is refused: `layout`, `reading` and `diagnosis` do that.
"""

from lakeproof.errors import LakeproofError

_MOST_CHARACTERS = 60
CORRECT_THE_FILE = "Correct the file and run again: kedro run"


class DeliveryError(LakeproofError):
    """A delivery, or what is declared about deliveries, is not as it must be."""


def shown(text: str) -> str:
    """Quote a text from a file so that it stays on one line and within bounds."""
    if len(text) > _MOST_CHARACTERS:
        return f"{text[:_MOST_CHARACTERS]!r}… ({len(text)} characters)"
    return repr(text)


def refusal(
    delivery: str,
    what: str,
    *,
    line: int | None = None,
    column: str | None = None,
    remedy: str = CORRECT_THE_FILE,
) -> DeliveryError:
    """Word the refusal of one file: where, what, what was left untouched, what to do next.

    Args:
        delivery: The file's name.
        what: What is wrong with it, with both values where there are two.
        line: The line of the file, from 1, on which the offending record starts.
        column: The column's name in the schema.
        remedy: What to do next.
    """
    place = f"Delivery {shown(delivery)}"
    if line is not None:
        place += f", line {line}"
    if column is not None:
        place += f", column {shown(column)}"
    return DeliveryError(f"{place}: {what}. Nothing of it was taken. {remedy}")
