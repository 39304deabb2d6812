"""Records that were fetched over a network, kept on this disk by their digest: they never change.

What lies there is believed as far as it has the digest that was asked for, which the store says.
The folder may be deleted at any time.
"""

import hashlib
import re
from contextlib import suppress
from pathlib import Path

from lakeproof.state_folder import hide_from_git, state_of
from lakeproof.whole_file import replace_bytes

FOLDER = "records"
_SEAL = re.compile(r"sha256:([0-9a-f]{64})")


def digest_of(content: bytes) -> str:
    """Seal a document."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def kept(project_path: Path, seal: str) -> bytes | None:
    """Give the document of a seal; `None` where it is not there, or not what its name says."""
    place = _place(project_path, seal)
    if place is None:
        return None
    try:
        content = place.read_bytes()
    except OSError:
        return None
    return content if digest_of(content) == seal else None


def keep(project_path: Path, content: bytes, seal: str) -> None:
    """Keep a document that has this seal; where nothing can be written, it is fetched again."""
    place = _place(project_path, seal)
    if place is None or digest_of(content) != seal:
        return
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        hide_from_git(state_of(project_path))
        replace_bytes(place, content, 0o644, outlives_power=False)


def _place(project_path: Path, seal: str) -> Path | None:
    # A tag may hold anything.
    found = _SEAL.fullmatch(seal)
    return state_of(project_path) / FOLDER / found[1] if found else None
