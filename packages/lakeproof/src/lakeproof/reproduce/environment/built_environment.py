"""Whether an environment that was built holds what it should hold, and nothing else."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lakeproof.record.facts import EnvironmentFacts
from lakeproof.record.setup.environment import normalised
from lakeproof.record.setup.installed import changed_files
from lakeproof.reproduce.environment.environment_errors import EnvironmentMissingError
from lakeproof.reproduce.environment.requirements import (
    Requirements,
)
from lakeproof.reproduce.environment.same_environment import (
    by_name,
)

MOST_NAMED = 10
# Two headers of each; to parse all of them would take ten times as long.
_LIST = r"""
import json, platform, re
from importlib.metadata import distributions
def header(text, name):
    return re.search(rf"^{name}:\s*(\S+)", text.partition("\n\n")[0], re.MULTILINE)[1]
texts = [each.read_text("METADATA") for each in distributions()]
found = [(header(text, "Name"), header(text, "Version")) for text in texts]
print(json.dumps([platform.python_implementation() + " " + platform.python_version(), found]))
"""


def _found_in(python: Path) -> list[str]:
    """Ask an interpreter what it is and what it would import, whatever this environment says."""
    command = [str(python), "-I", "-c", _LIST]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        version, found = json.loads(done.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return []
    return [version, *sorted(f"{normalised(name)}=={at}" for name, at in found)]


def require_whole(draft: Path) -> None:
    """Hash every file: uv links them from its cache, where an edit in any environment edits them.

    Raises:
        EnvironmentMissingError: If one of them is not what its package brings.
    """
    changed = changed_files(_site_of(draft), is_thorough=True)
    if changed:
        owners = " ".join(sorted({each.distribution for each in changed if each.distribution}))
        raise EnvironmentMissingError(
            "uv's cache holds files that are not those of their packages: "
            f"{listed([each.path for each in changed])}",
            cure=f"Somebody edited them. Fetch them again: uv cache clean {owners}.",
        )


def _site_of(folder: Path) -> Path:
    return next(folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages")


def surprises_in(python: Path, recorded: EnvironmentFacts, requirements: Requirements) -> list[str]:
    """Tell in what an environment is another than the one that is asked for."""
    pins = {f"{found.name}=={found.version}" for found in by_name(recorded).values()}
    wanted = {f"{recorded.implementation} {recorded.python}", *pins}
    wanted -= {*requirements.left_out, *requirements.placed}
    others = sorted((set(_found_in(python)) ^ wanted) - {*requirements.optional})
    # Of what nothing has been found in, there is no folder either.
    changed = changed_files(_site_of(python.parents[1])) if not others else ()
    return [*others, *(each.path for each in changed)]


def python_of(folder: Path) -> Path:
    """Give the interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def listed(names: Sequence[str]) -> str:
    """Name the first of many."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
