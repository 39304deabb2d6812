"""What the shell offers behind a command, in the time of a key press.

Neither MLflow nor a catalog is opened for it: the runs are the names of git's refs, the tables
those of the catalog files as they are written. A command takes what is not offered, too.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

# Of another format nothing is offered: to tell it, its class would have to be imported.
_TABLE = "lakeproof.delta.DeltaTable"
_ID_CHARACTERS = 8


def runs(incomplete: str) -> list[str]:
    """Offer `last` and the beginnings of run ids; those that keep their commit alive by a ref."""
    project = _project()
    if project is None:
        return []
    command = ["git", "for-each-ref", "--format=%(refname:lstrip=2)", "refs/lakeproof"]
    try:
        told = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    except OSError:
        return []  # no git
    # Whole where somebody has typed beyond what is usually enough.
    length = max(_ID_CHARACTERS, len(incomplete) + 1)
    ids = sorted({name[:length] for name in told.stdout.split()})
    return [one for one in ("last", *ids) if one.startswith(incomplete)]


def tables(incomplete: str) -> list[str]:
    """Offer the Delta tables that any environment's catalog file names."""
    project = _project()
    if project is None:
        return []
    found = {name for path in project.glob("conf/*/**/catalog*.yml") for name in _tables_of(path)}
    return sorted(name for name in found if name.startswith(incomplete))


def _tables_of(path: Path) -> Iterator[str]:
    import yaml

    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return  # being edited, perhaps; the command itself will say what is wrong
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        if isinstance(entry, dict) and entry.get("type") == _TABLE:
            yield str(name)


def _project() -> Path | None:
    from kedro.utils import find_kedro_project

    found = find_kedro_project(Path.cwd())
    return Path(found) if found else None
