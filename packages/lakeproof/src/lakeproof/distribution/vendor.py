"""The wheel in a project's `vendor/`, and the lines of its locks that name it by its hash.

As long as no index has Lakeproof, a project carries it: so a recorded commit holds the very wheel
that recorded the run, and a re-run years later needs nobody for it.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = "vendor"
LOCKS = "requirements"
_NAME = "lakeproof"
_WHEEL = re.compile(rf"{_NAME}-([0-9][A-Za-z0-9_.!+]*)-py3-none-any\.whl")
# A pin as uv writes it: a line that begins with a name, and those that are indented below it.
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==.*\n(?:[ \t]+.*\n)*", re.MULTILINE)

# What uv writes below a lock that leaves Lakeproof out, as this repository's does.
_EXCLUDED = re.compile(rf"\n# The following packages were excluded[^\n]*\n# {_NAME}\n\Z")


class NoLakeproofWheelError(Exception):
    """A file is called otherwise than a wheel of Lakeproof."""


def version_of(wheel: str) -> str:
    """Read the version from the name of a wheel.

    Raises:
        NoLakeproofWheelError: If it is not called as one of Lakeproof.
    """
    found = _WHEEL.fullmatch(wheel)
    if found is None:
        raise NoLakeproofWheelError(
            f"'{wheel}' is not called as a wheel of Lakeproof, {_NAME}-VERSION-py3-none-any.whl."
        )
    return found[1]


def put(project: Path, name: str, wheel: bytes) -> list[str]:
    """Put a wheel into a project, in place of the one that it has, and lock it.

    Locks are the files `requirements/*.txt` that hold hashes; one that does not is left alone.

    Args:
        project: The project's folder.
        name: The name of the wheel's file.
        wheel: Its bytes.

    Returns:
        The files that were changed, as paths below the project's folder.

    Raises:
        NoLakeproofWheelError: If it is not called as one of Lakeproof.
    """
    changed = []
    for path, content in carried(project, name, wheel).items():
        place = project / path
        if content is None:
            place.unlink()
        else:
            place.parent.mkdir(exist_ok=True)
            # Whole or not at all.
            draft = place.with_name(f".{place.name}.part")
            draft.write_bytes(content)
            draft.replace(place)
        changed.append(path)
    return changed


def carried(project: Path, name: str, wheel: bytes) -> dict[str, bytes | None]:
    """Give the files of a project that carries a wheel, as they differ from what they are.

    Returns:
        Their content, by path below the project's folder; `None` for one that is to go.

    Raises:
        NoLakeproofWheelError: If it is not called as one of Lakeproof.
    """
    version, sha256 = version_of(name), hashlib.sha256(wheel).hexdigest()
    files: dict[str, bytes | None] = {}
    place = project / FOLDER / name
    if not place.is_file() or place.read_bytes() != wheel:
        files[f"{FOLDER}/{name}"] = wheel
    for other in wheels_in(project):
        if other != place:
            files[f"{FOLDER}/{other.name}"] = None
    for lock in sorted((project / LOCKS).glob("*.txt")):
        text = lock.read_bytes().decode("utf-8")
        locked = lock_line(text, version, sha256)
        if locked != text:
            files[f"{LOCKS}/{lock.name}"] = locked.encode("utf-8")
    return files


def wheels_in(project: Path) -> list[Path]:
    """List the wheels of Lakeproof in a project's `vendor/`."""
    folder = project / FOLDER
    return [path for path in sorted(folder.glob("*.whl")) if _WHEEL.fullmatch(path.name)]


def lock_line(lock: str, version: str, sha256: str) -> str:
    """Name a version by its hash in the text of a lock, where uv would name it.

    Args:
        lock: The text; one without hashes is no lock of wheels, and is given back as it is.
        version: What it shall name.
        sha256: The wheel's hash, hexadecimal.
    """
    if not re.search(r"^[ \t]+--hash=sha256:", lock, re.MULTILINE):
        return lock
    lock = _EXCLUDED.sub("", lock)
    pins = list(_PIN.finditer(lock))
    line = f"{_NAME}=={version} \\\n    --hash=sha256:{sha256}\n"
    for pin in pins:
        if pin[1] == _NAME:
            return lock[: pin.start()] + line + _comments(pin[0]) + lock[pin.end() :]
    later = next((pin for pin in pins if pin[1].lower() > _NAME), None)
    at = later.start() if later else len(lock)
    return lock[:at] + line + lock[at:]


def pins_of(lock: str) -> Iterator[tuple[str, str]]:
    """Give name and version of each pin of a lock."""
    for pin in _PIN.finditer(lock):
        yield pin[1], pin[0].partition("==")[2].split()[0].rstrip(";")


def _comments(pin: str) -> str:
    """Keep what uv says of a pin: by whom it is needed."""
    return "".join(line for line in pin.splitlines(keepends=True) if line.lstrip().startswith("#"))
