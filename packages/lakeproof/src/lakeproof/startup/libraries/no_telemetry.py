"""Let a command that sends nothing start without what would send it.

kedro-telemetry imports `requests` in every command, a tenth of `kedro run --help`, and looks only
then whether it may send anything. Where the environment forbids that, as this package makes it do
unless somebody says otherwise, none of its hooks does anything: they are left out with their module
until that is asked for by whoever needs something else of it.
"""

import importlib
import os
import sys
from types import ModuleType
from typing import Any

_MODULE = "kedro_telemetry.plugin"
# As kedro-telemetry 0.9 looks at them: whatever is in one forbids it.
_FORBIDDING = ("DO_NOT_TRACK", "KEDRO_DISABLE_TELEMETRY")


def leave_out_telemetry() -> None:
    """Put a module with a hook that hooks nothing where Kedro will look for the plug-in's."""
    if _MODULE not in sys.modules and any(map(os.environ.get, _FORBIDDING)):
        sys.modules[_MODULE] = _Silent(_MODULE)


class _Silent(ModuleType):
    """Has the hook at once and everything else by becoming the real module."""

    telemetry_hook = object()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(_MODULE) is self:
            del sys.modules[_MODULE]
        return getattr(importlib.import_module(_MODULE), name)
