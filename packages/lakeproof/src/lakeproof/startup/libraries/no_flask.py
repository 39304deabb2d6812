"""Let Kedro's command line start without Flask: a tenth of `kedro run --help`.

Kedro reads settings by Dynaconf, which imports Flask, where there is one, to offer an extension for
it; there is one in each environment with MLflow. No command of Kedro's is an application of
Flask's. Whoever imports Flask later gets it, and the extension with it.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from lakeproof.startup.around_import import around_import

_FLASK = "flask"
_EXTENSION = "dynaconf.contrib.flask_dynaconf"


def leave_out_flask() -> None:
    """Say that there is none; before Kedro is imported."""
    if _FLASK not in sys.modules:
        sys.modules[_FLASK] = None  # type: ignore[assignment]


def give_flask_back() -> None:
    """Let it be found again, if it was left out; when Kedro has been imported."""
    if sys.modules.get(_FLASK, sys) is None:
        del sys.modules[_FLASK]
        around_import(_FLASK, _with_extension)


@contextmanager
def _with_extension(module: ModuleType) -> Iterator[None]:
    yield
    if _EXTENSION in sys.modules:
        # Its classes of before look at what it has now.
        importlib.reload(sys.modules[_EXTENSION])
