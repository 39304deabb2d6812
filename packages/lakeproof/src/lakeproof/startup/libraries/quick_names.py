"""Let skops find where SciPy's functions come from without asking every module.

Those of compiled code do not say it, so that skops 0.16 asks all modules that are loaded, in the
order in which they came to an end: 230 times, the first time that it is imported. Whoever has such
a function has imported the module that made it, which is therefore the first that has it.
"""

import sys
from types import ModuleType
from typing import Any

from lakeproof.startup.around_import import after_import

_OF_SCIPY = "scipy.special."


def name_quickly() -> None:
    """Have skops look among the modules of `scipy.special` first."""
    after_import("skops.io._utils", _among_scipy)


def _among_scipy(module: ModuleType) -> None:
    real: Any = getattr(module, "whichmodule", None)
    if real is None:
        return  # Another skops, which does it otherwise.

    # Those that are loaded by now, in the order in which they came.
    loaded = sys.modules.copy().items()
    found = [(place, each.__dict__) for place, each in loaded if place.startswith(_OF_SCIPY)]

    def whichmodule(obj: Any, name: str) -> str:
        if type(obj).__name__ == "ufunc" and getattr(obj, "__module__", None) is None:
            for place, known in found:
                if known.get(name) is obj:
                    return place
        return str(real(obj, name))

    module.whichmodule = whichmodule  # type: ignore[attr-defined]
