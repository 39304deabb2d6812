"""The random states that all nodes of a process share: looked at, and set anew where that is asked.

A node that leaves its random numbers to the one before it cannot be run apart from it. In an
explanation nodes of one run are put together with those of another, and what is shown to be the
same with these states set anew does not hang on them.
"""

import random
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

# Any number; that it is none of a node's own is what a difference shows.
_SEED = 20_260_119

# By the library, all that its next numbers hang on.
RandomStates = Mapping[str, object]


def found() -> RandomStates:
    """Give the states of those that are imported by now."""
    _import_what_draws()
    states: dict[str, object] = {"random": random.getstate()}
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        name, key, *rest = numpy_random.get_state()
        states["numpy"] = name, key.tobytes(), *rest
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        states["torch"] = torch.get_rng_state().numpy().tobytes()
    return states


def reset() -> None:
    """Set the states of Python, NumPy and PyTorch, of those that are imported by now."""
    _import_what_draws()
    random.seed(_SEED)
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(_SEED)
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "manual_seed"):
        torch.manual_seed(_SEED)


def _import_what_draws() -> None:
    """Import what draws a number of Python's when it is imported: that is no node's doing.

    scikit-learn imports it with the first estimator.
    """
    with suppress(ImportError):
        import rich.style  # noqa: F401
