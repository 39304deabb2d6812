"""What a person types for a run: an id, the beginning of one, or `last`."""

import re
from collections.abc import Sequence

from lakeproof.record.documents.document import RecordError

LAST = "last"

_BEGINNING = re.compile(r"[0-9a-f]{4,32}")
_MOST_PLACES = 5


def is_beginning(text: str) -> bool:
    """Tell whether an id may begin so."""
    return _BEGINNING.fullmatch(text) is not None


def require_run(run: str, known: Sequence[str], places: Sequence[str] = ()) -> str:
    """Give the one run that was found for what a person typed.

    Args:
        run: What was typed.
        known: The ids that begin so.
        places: The stores that were looked into, where there are several.

    Raises:
        RecordError: If it is no beginning of an id, or there is no such run, or more than one.
    """
    if not is_beginning(run):
        raise RecordError(
            f"'{run[:80]}' is not a run: give an MLflow run id, at least four characters of "
            "its beginning, or `last`. List them: kedro runs"
        )
    if not known:
        stores = f" (looked into {', '.join(places[:_MOST_PLACES])})" if len(places) > 1 else ""
        raise RecordError(f"There is no run {run} in this project{stores}. List them: kedro runs")
    if len(known) > 1:
        raise RecordError(
            f"{run} is the beginning of several runs: {', '.join(known[:3])}"
            + (" …" if len(known) > 3 else "")
            + ". Give more of it."
        )
    return known[0]
