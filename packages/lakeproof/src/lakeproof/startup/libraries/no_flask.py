"""Let Kedro's command line start without Flask: a tenth of `kedro run --help`.

Kedro reads settings by Dynaconf, which imports Flask, where there is one, to offer an extension for
it; there is one in each environment with MLflow. No command of Kedro's is an application of
Flask's. Whoever else imports Flask gets it, and the extension with it.
"""

import importlib
import sys
from types import ModuleType

from lakeproof.startup.around_import import Refusal, after_import

_FLASK = "flask"
_EXTENSION = "dynaconf.contrib.flask_dynaconf"
_REFUSAL = Refusal((_FLASK,), _EXTENSION.__eq__)


def leave_out_flask() -> None:
    """Tell the extension that there is none; before Kedro is imported."""
    if _FLASK not in sys.modules and _REFUSAL not in sys.meta_path:
        after_import(_FLASK, _with_extension)
        sys.meta_path.insert(0, _REFUSAL)


def _with_extension(module: ModuleType) -> None:
    if _EXTENSION in sys.modules:
        # Its classes of before look at what it has now.
        importlib.reload(sys.modules[_EXTENSION])
