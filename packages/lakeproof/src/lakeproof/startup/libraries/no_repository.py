"""Tell MLflow that the program it runs in lies in no repository, where git says so in a moment.

For three tags of a run MLflow imports GitPython, a fiftieth of a run, and asks it of the folder of
`kedro`. That is one of an environment, which lies in no repository or is ignored by its own; or it
is no file at all: `python -m kedro` calls itself so. Then MLflow sets none of them.
"""

import os
from pathlib import Path
from types import ModuleType
from typing import Any

from lakeproof.startup.around_import import after_import

# What makes a folder a repository: of a working tree, or a bare one.
_SIGNS = (".git", "HEAD")
# GitPython puts something else in their place.
_EXPANDED = frozenset("~$%")


def ask_git_first() -> None:
    """Have git asked before GitPython is imported."""
    after_import("mlflow.tracking.context.git_context", _asking_first)


def _asking_first(module: ModuleType) -> None:
    resolve: Any = getattr(module, "_resolve_git_info", None)
    main_file: Any = getattr(module, "_get_main_file", None)
    if resolve is None or main_file is None:
        return  # Another MLflow, which does it otherwise.

    def resolve_git_info() -> Any:
        main = main_file()
        return {} if main is not None and _has_no_say(Path(os.path.abspath(main))) else resolve()

    module._resolve_git_info = resolve_git_info  # type: ignore[attr-defined]


def _has_no_say(program: Path) -> bool:
    """Tell whether a program lies in no repository, or where its repository ignores it."""
    if os.environ.get("GIT_DIR") or os.environ.get("GIT_WORK_TREE"):
        return False  # GitPython has its own way with them.
    if not program.exists():
        return not _EXPANDED & set(str(program))
    # As MLflow takes it: a package that is run is asked for by its folder.
    folder = program.parent if program.is_file() else program
    if not any((place / sign).exists() for place in (folder, *folder.parents) for sign in _SIGNS):
        return True
    # Not for the interpreter that only starts a run again.
    import subprocess

    ask = ["git", "-C", str(folder), "check-ignore", "--quiet", str(folder)]
    try:
        return subprocess.run(ask, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
