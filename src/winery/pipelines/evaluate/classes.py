"""Give each class a column of the table `predictions`, and find it again.

Names of classes are anybody's text; names of Delta columns are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

PREFIX = "probability_"


def probability_column(label: Any) -> str:
    """Name the column that holds the probability of a class.

    Args:
        label: The class: text, an integer or a boolean.

    Returns:
        A name that Delta allows: what is neither letter, digit nor underscore has become one.
    """
    return PREFIX + re.sub(r"\W", "_", str(label))


def probability_columns(labels: Iterable[Any]) -> list[str]:
    """Name the columns of all classes.

    Args:
        labels: The classes in the model's order.

    Returns:
        The names in the same order.

    Raises:
        ValueError: Two classes would share a column; Delta holds `A` and `a` to be the same name.
    """
    columns: dict[str, str] = {}
    for label in map(str, labels):
        name = probability_column(label)
        other = columns.setdefault(name.lower(), label)
        if other != label:
            raise ValueError(
                f"The classes '{other}' and '{label}' would both have the column '{name}'. Rename "
                "one of them where it is ingested."
            )
    return [probability_column(label) for label in columns.values()]


def labels_by_column(columns: Iterable[str], labels: Iterable[Any]) -> dict[str, str]:
    """Find the class of each column again, and the classes that have none.

    Args:
        columns: The columns of `predictions`.
        labels: The classes that occur in its rows.

    Returns:
        The name of each class by its column: first those of the model in its order, then those that
        only the test rows have. A class of the model that no row has is named as its column is.
    """
    found = {name: name.removeprefix(PREFIX) for name in columns if name.startswith(PREFIX)}
    return found | {probability_column(label): label for label in sorted(map(str, labels))}
