"""Where Lakeproof keeps what is its own on this disk: scratch, environments, records on their way.

In the project, unless that may not be written: `[tool.lakeproof] scratch`, or `LAKEPROOF_SCRATCH`,
which wins, names another folder, in which each project has one of its own.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from lakeproof.determinism import tables_around

NAME = ".lakeproof"
VARIABLE = "LAKEPROOF_SCRATCH"

# Set in a re-run (`record.documents.rerun_request`): what it keeps goes with its scratch folder.
_RERUN = "LAKEPROOF_RERUN"


def state_of(project_path: Path) -> Path:
    """Give the folder; it need not be there."""
    told = None if os.environ.get(_RERUN) else os.environ.get(VARIABLE) or _declared(project_path)
    if not told:
        return project_path / NAME
    project = project_path.resolve()
    place = hashlib.sha256(os.fsencode(project)).hexdigest()[:8]
    return project / os.path.expanduser(told) / f"{project.name}-{place}"


def hide_from_git(state: Path) -> None:
    """Let git ignore the folder, which is made for it, whatever the project's `.gitignore` says."""
    state.mkdir(parents=True, exist_ok=True)
    # Not through a link that leads to nothing: that would make a file elsewhere.
    with suppress(FileExistsError), (state / ".gitignore").open("x", encoding="utf-8") as file:
        file.write("*\n")


def _declared(project_path: Path) -> str | None:
    table = (tables_around(project_path) or {}).get("lakeproof")
    found = table.get("scratch") if isinstance(table, dict) else None
    return found if isinstance(found, str) else None
