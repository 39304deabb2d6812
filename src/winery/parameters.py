"""Check what the YAML says before anything is computed from it.

Kedro hands a node its parameters as a plain dict, and kedro-mlflow logs that dict; the node turns
it into a frozen dataclass here. Not for the meaning of single values: that is the dataclass's own.
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

TASKS = ("classification", "regression")
# Shares are counted in ten-thousandths; this is all of it.
WHOLE = 10_000


def checked(kind: type[Any], values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the parameters if they are those of a dataclass, no more and no fewer.

    A misspelt key would otherwise be ignored, and the run would not be what its author asked for.

    Args:
        kind: The dataclass that the parameters are for.
        values: The parameters.
        name: Where they are in the YAML, as a dotted name.

    Returns:
        A copy of the parameters.

    Raises:
        ValueError: A key is unknown or missing, or there is no mapping at all.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"The parameter '{name}' is {values!r}, not a mapping of names to values.")
    known = [field.name for field in fields(kind)]
    required = [field.name for field in fields(kind) if field.default is MISSING]
    knows = f"'{name}' takes: {', '.join(known)}. Correct conf/*/parameters_*.yml or --params."
    if unknown := [str(key) for key in values if key not in known]:
        raise ValueError(f"'{name}' has no parameter {_quoted(unknown)}. {knows}")
    if missing := [key for key in required if key not in values]:
        raise ValueError(f"'{name}' lacks the parameter {_quoted(missing)}. {knows}")
    return dict(values)


def require_task(task: Any, name: str) -> None:
    """Refuse a task that is neither classification nor regression.

    Args:
        task: What the YAML says.
        name: The pipeline whose parameter it is.

    Raises:
        ValueError: It is something else.
    """
    if task not in TASKS:
        raise ValueError(f"'{name}.task' is {task!r}; it must be one of: {', '.join(TASKS)}.")


def require_fraction(value: Any, name: str, *, most: int) -> None:
    """Refuse a share that is no number, none at all, or too much; it counts in steps of 0.0001.

    Args:
        value: What the YAML says.
        name: The parameter, as a dotted name.
        most: The largest share, in ten-thousandths.

    Raises:
        ValueError: It is something else.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not 1 <= basis_points(value) <= most:
        raise ValueError(
            f"'{name}' is {value!r}; it must be a number from 0.0001 to {most / WHOLE:g}."
        )


def basis_points(fraction: float) -> int:
    """Give a share in ten-thousandths, the steps in which it counts.

    Args:
        fraction: As `require_fraction` lets it pass.

    Returns:
        A whole number.
    """
    return round(fraction * WHOLE)


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:10]) + (" …" if len(names) > 10 else "")
