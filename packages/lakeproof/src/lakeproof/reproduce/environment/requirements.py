"""What a recorded environment asks uv for, in words that can be nothing else.

A record may come from somebody else, and uv takes an interpreter's path for its name, a line of a
list for an option, and builds what has no wheel, which runs its `setup.py`. So a name is a name by
PEP 508, a version one by PEP 440, and only what a lock of the run names by its hash, or what is
installed here at that very version, is built.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from lakeproof.checksum import sha256_of
from lakeproof.record.facts import Distribution, EnvironmentFacts
from lakeproof.record.setup.environment import version_of
from lakeproof.reproduce.environment.same_environment import INSTALLERS, is_needed

# As uv and `platform.python_implementation` know them.
_IMPLEMENTATIONS = {"CPython": "cpython", "PyPy": "pypy", "GraalVM": "graalpy"}
_PYTHON = re.compile(r"[0-9]+\.[0-9]+(\.[0-9]+)?((a|b|rc)[0-9]+)?\+?")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_HASH = re.compile(r"sha(256|384|512):[0-9a-f]{64,128}")
_MOST_CHARACTERS = 60


class NoRequirementError(ValueError):
    """A record names an interpreter or a distribution by what is no name or version."""


@dataclass(frozen=True)
class Requirements:
    """What uv is asked for.

    Args:
        pins: `name==version`, each with the hashes that the run's locks give.
        only_wheels: The names of those that are not built.
        optional: Pins that nobody knows to be needed.
        left_out: Pins of the recorded environment that the run had no use for.
        files: Lines for files that are installed as they are.
        placed: Pins of what is not installed, for it is put on the path.
        holds: What an environment that is made by them holds, whatever the place of its files.
        find_links: Folders of wheels that stand in for an index.
    """

    pins: tuple[str, ...]
    only_wheels: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    placed: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()

    @property
    def is_hashed(self) -> bool:
        """Tell whether a file can be held against a hash, whichever it is."""
        return all("--hash=" in pin for pin in self.pins)

    @property
    def text(self) -> str:
        """Give the list that uv reads."""
        built = (f"--only-binary {name}" for name in self.only_wheels)
        folders = (f"--find-links {folder}" for folder in self.find_links)
        return "\n".join([*folders, *self.pins, *self.files, *built])


def interpreter_request(recorded: EnvironmentFacts) -> str:
    """Give what uv is asked for to find an interpreter of that kind and version.

    Raises:
        NoRequirementError: If it is not named by one.
    """
    name = _IMPLEMENTATIONS.get(recorded.implementation)
    if name is None:
        raise NoRequirementError(
            f"The record calls the interpreter {_shown(recorded.implementation)}, not one of "
            f"{', '.join(_IMPLEMENTATIONS)}"
        )
    if not _PYTHON.fullmatch(recorded.python):
        raise NoRequirementError(
            f"The record calls the interpreter's version {_shown(recorded.python)}, not a version"
        )
    return f"{name}@{recorded.python}"


def requirements_of(
    recorded: EnvironmentFacts,
    wanted: Collection[Distribution],
    hashes: Mapping[str, set[str]],
    wheels: Mapping[str, Path] | None = None,
    placed: Collection[str] = (),
    carried: Mapping[str, Path] | None = None,
) -> Requirements:
    """Ask for distributions by name, version and hash.

    Args:
        recorded: The environment.
        wanted: Its distributions but for the project.
        hashes: What the run's locks say, by pin.
        wheels: Files for some of them, by name, of the recorded digest.
        placed: The names of those that are not to be installed.
        carried: Wheels that stand in for an index, by name; one that a lock knows otherwise does
            not.

    Raises:
        NoRequirementError: If a name or a version is none.
    """
    pins, optional, left_out, only_wheels, not_installed = [], [], [], [], []
    files: dict[str, str] = {}
    find_links: list[str] = []
    for found in wanted:
        pin = pin_of(found)
        if found.name in placed:
            not_installed.append(pin)
            continue
        if wheels and found.name in wheels:
            place = wheels[found.name]
            sha256 = sha256_of(place)
            files[f"{pin} sha256:{sha256}"] = (
                f"{found.name} @ {place.absolute().as_uri()} --hash=sha256:{sha256}"
            )
            continue
        known = sorted(it for it in hashes.get(pin, ()) if _HASH.fullmatch(it))
        if carried and found.name in carried:
            place = carried[found.name]
            own = f"sha256:{sha256_of(place)}"
            if own in known or not known:
                known = [own]
                find_links.append(place.absolute().parent.as_uri())
        if not is_needed(recorded, found.name):
            if not known:
                # What a virtual environment is made with; offline it is nowhere.
                left_out.append(pin)
                continue
            # A lock may name it, and uv's cache not have it: uv itself came by pip.
            optional.append(pin)
        elif found.name in INSTALLERS and not known and recorded.imported_installers is None:
            optional.append(pin)
        pins.append(" ".join([pin, *(f"--hash={it}" for it in known)]))
        if not known and not _is_installed(found):
            only_wheels.append(found.name)
    return Requirements(
        pins=tuple(pins),
        only_wheels=tuple(only_wheels),
        optional=tuple(optional),
        left_out=tuple(left_out),
        files=tuple(files.values()),
        placed=tuple(not_installed),
        holds=(*pins, *files),
        find_links=tuple(dict.fromkeys(find_links)),
    )


def pin_of(found: Distribution) -> str:
    """Give `name==version`.

    Raises:
        NoRequirementError: If either is none.
    """
    from packaging.version import InvalidVersion, Version

    if not _NAME.fullmatch(found.name):
        raise NoRequirementError(
            f"The record names a package {_shown(found.name)}, which is no package's name"
        )
    try:
        is_version = found.version.isascii() and not re.search(r"\s", found.version)
        Version(found.version)
    except InvalidVersion:
        is_version = False
    if not is_version:
        raise NoRequirementError(
            f"The record has package {found.name} at version {_shown(found.version)}, which "
            "no index could be asked for"
        )
    return f"{found.name}=={found.version}"


def _is_installed(found: Distribution) -> bool:
    """Tell whether whoever asks has that very distribution, and so has trusted it already."""
    try:
        return version_of(found.name) == found.version
    except metadata.PackageNotFoundError:
        return False


def _shown(value: str) -> str:
    """Spell a text out, so that it can be nothing to a terminal, in a bounded length."""
    text = ascii(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 3]}...'"
