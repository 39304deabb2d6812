"""Let Dynaconf look at a stack without Python looking for its source: 0.04 s of a command.

Kedro keeps its settings in Dynaconf 3, which asks four times for the names of the files of a stack
(no issue is known). With them it gets the lines around each frame, for which Python looks through
all modules.
"""

import sys
import traceback
from types import SimpleNamespace
from typing import Any

_ASKING = ("dynaconf.loaders.py_loader", "dynaconf.utils.files")


def name_files_of_stack() -> None:
    """Let it have what it uses of a stack, the names of files; when it has been imported."""
    for name in _ASKING:
        module: Any = sys.modules.get(name)
        if module is not None:
            module.inspect = SimpleNamespace(stack=_stack)


def _stack() -> list[SimpleNamespace]:
    frames = (frame for frame, _ in traceback.walk_stack(sys._getframe(1)))
    return [SimpleNamespace(filename=frame.f_code.co_filename) for frame in frames]
