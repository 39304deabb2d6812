"""Let threads import while MLflow's autologging is turned on.

MLflow 3.17 asks a lock of its own for each module that anybody imports, within the lock of the
import system, and imports within that lock itself while it is told of a module that it waits for:
two threads may wait for each other for ever. Its pull request 23466 mends that where a module comes
for which it waits, not where it begins to wait for one that is there already. Of a module for which
nobody waits its lock is not asked any more; it would say no.
"""

import sys
from typing import Any

_MODULE = "mlflow.utils.import_hooks"
_WAITED_FOR = ("_post_import_hooks", "_import_error_hooks")


def let_threads_import() -> None:
    """Ask for MLflow's lock only where it has something to do; when MLflow has been imported."""
    module = sys.modules.get(_MODULE)
    finder: Any = getattr(module, "ImportHookFinder", None)
    waited_for: list[Any] = [getattr(module, name, None) for name in _WAITED_FOR]
    real = getattr(finder, "find_spec", None)
    if real is None or None in waited_for or real.__module__ == __name__:
        return  # Another MLflow, or mended already.

    def find_spec(self: Any, fullname: str, path: Any, target: Any = None) -> Any:
        if not any(fullname in names for names in waited_for):
            return None
        return real(self, fullname, path, target)

    finder.find_spec = find_spec
