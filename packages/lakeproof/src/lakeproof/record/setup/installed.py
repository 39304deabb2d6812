"""Installed files that are not what was installed: patched in place, put there, run at every start.

A distribution's `RECORD` names each of its files with size and hash. Sizes are held against it, and
the hash of what is newer than the `RECORD` itself, which installers write last; all hashes only
where that is asked for. An edit of the same size that has its old time again is not seen. Not for
what pip and uv write themselves, bytecode and scripts among it.
"""

import base64
import csv
import hashlib
import importlib.machinery
import os
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lakeproof.record.facts import ChangedFile

_MODULES = (*importlib.machinery.SOURCE_SUFFIXES, *importlib.machinery.EXTENSION_SUFFIXES, ".pyc")
_AT_START = ("sitecustomize", "usercustomize")
# Written by virtualenv and uv into the environments that they make.
_OF_INSTALLERS = frozenset({"_virtualenv.py", "_virtualenv.pth", "easy-install.pth"})
_NO_SAY = (
    *(".pyi", ".typed", ".pyx", ".pxd", ".pxi", ".h", ".hpp", ".c", ".cc", ".cpp", ".cu"),
    *(".js", ".map", ".css", ".html", ".md", ".rst", ".svg", ".png", ".ttf", ".pyc"),
)
# Somebody may have copied the environment, which makes all of it new.
_MOST_HASHED = 400
_MOST_TOLD = 200


@dataclass(frozen=True)
class _Record:
    """What one distribution says of its files."""

    distribution: str
    lines: list[str]
    written_ns: int

    @cached_property
    def paths(self) -> frozenset[str]:
        """Its files, relative to the folder of distributions."""
        return frozenset(path for path, _, _ in _entries(self.lines))


@dataclass(frozen=True)
class _Claim:
    """What one distribution says of one file."""

    distribution: str
    digest: str


# Read when a run begins and asked again when it ends, with what the file was: whatever is written
# into one, its time of change cannot be set back.
_READ: dict[Path, tuple[tuple[int, ...], _Record]] = {}


def gather_changed(
    *, is_quick: bool = False, known: Collection[str] = ()
) -> tuple[ChangedFile, ...]:
    """Look at everything that this process could import beside the project.

    Args:
        is_quick: Of modules that are nobody's, list those alone that lie in no package:
            `with_loaded` finds the others once they are imported.
        known: Then look for these as well, relative to a folder of distributions.
    """
    found: dict[str, ChangedFile] = {}
    for site in _sites():
        for changed in changed_files(site, is_quick=is_quick, known=known):
            found.setdefault(changed.path, changed)
    for name in _AT_START:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file and not _is_of_a_distribution(Path(file)):
            path = f"{name}.py"
            found[path] = ChangedFile(None, path, _sha256_of(Path(file)), is_loaded=True)
    return _bounded(found)


def changed_files(
    site: Path, *, is_quick: bool = False, is_thorough: bool = False, known: Collection[str] = ()
) -> tuple[ChangedFile, ...]:
    """List the files of a folder that are not what their distributions say, and those of none.

    Args:
        site: A folder of installed distributions.
        is_quick: Look for modules of nobody in the folder itself alone.
        is_thorough: Hash every file, whatever its size and time say.
        known: Modules of nobody that are looked for where it is quick, too.
    """
    records, is_whole = _records(site)
    changed = list(_changed(site, records, is_thorough))
    if is_whole:
        there = (path for path in known if os.path.isfile(os.path.join(site, path)))
        near = (entry.name for entry in os.scandir(site))
        paths = {*near, *there} if is_quick else {*_files(site)}
        changed += _strays(site, _of_nobody(paths, records))
    return tuple(sorted(changed, key=lambda each: each.path))


def with_loaded(changed: Iterable[ChangedFile]) -> tuple[ChangedFile, ...]:
    """Add what is known once a run ends: which modules that are nobody's it has imported."""
    found = {each.path: each for each in changed}
    for site in _sites():
        imported = set(_imported_from(site))
        for path in imported & found.keys():
            found[path] = replace(found[path], is_loaded=True)
        records, is_whole = _records(site)
        if is_whole:
            for stray in _strays(site, _of_nobody(imported, records)):
                found[stray.path] = replace(stray, is_loaded=True)
    return _bounded(found)


def _bounded(found: Mapping[str, ChangedFile]) -> tuple[ChangedFile, ...]:
    """Keep those that had a say before those that may have had none."""
    first = sorted(found.values(), key=lambda each: (not each.is_loaded, each.path))[:_MOST_TOLD]
    return tuple(sorted(first, key=lambda each: each.path))


def _sites() -> Iterator[Path]:
    for place in dict.fromkeys(sys.path):
        if Path(place).name in ("site-packages", "dist-packages") and os.path.isdir(place):
            yield Path(place)


def _imported_from(site: Path) -> Iterator[str]:
    prefix = f"{site}{os.sep}"
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(prefix):
            yield file.removeprefix(prefix).replace("\\", "/")


def _files(site: Path) -> Iterator[str]:
    # Not by `os.walk`, which takes twice as long for the forty thousand files of an environment.
    folders = [""]
    while folders:
        prefix = folders.pop()
        # What may not be looked into, or is gone meanwhile, has nothing.
        with suppress(OSError), os.scandir(f"{site}/{prefix}") as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    yield prefix + entry.name
                elif entry.name != "__pycache__":
                    folders.append(f"{prefix}{entry.name}/")


def _records(site: Path) -> tuple[list[_Record], bool]:
    """Read what the distributions say; and whether all of them say something."""
    records, is_whole = [], True
    for info in site.iterdir():
        if info.suffix in (".egg-info", ".egg-link", ".egg"):
            is_whole = False
        if info.suffix != ".dist-info":
            continue
        try:
            records.append(_record(info))
        except (OSError, UnicodeDecodeError):
            # What pip leaves when it is interrupted has no metadata either.
            is_whole = is_whole and not (info / "METADATA").exists()
    return records, is_whole


def _record(info: Path) -> _Record:
    """Read what one distribution says, unless it was read before and is as it was."""
    status = os.stat(info / "RECORD")
    state = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    if info in _READ and _READ[info][0] == state:
        return _READ[info][1]
    name = re.sub(r"[-_.]+", "-", info.stem.rpartition("-")[0]).lower()
    lines = (info / "RECORD").read_text(encoding="utf-8").splitlines()
    record = _Record(name, lines, status.st_mtime_ns)
    _READ[info] = state, record
    return record


def _entries(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield path, hash and size of each line."""
    for line in lines:
        if '"' in line:
            path, digest, size = [*next(csv.reader([line])), "", ""][:3]
        else:
            path, _, rest = line.partition(",")
            digest, _, size = rest.partition(",")
        yield path, digest, size


def _of_nobody(paths: set[str], records: Iterable[_Record]) -> set[str]:
    return paths.difference(*(record.paths for record in records))


def _changed(site: Path, records: list[_Record], is_thorough: bool) -> Iterator[ChangedFile]:
    suspects: dict[str, int] = {}
    for record in records:
        for path, digest, size in _entries(record.lines):
            if not digest or _has_no_say(path):
                continue
            try:
                status = os.stat(f"{site}/{path}")
            except OSError:
                suspects[path] = sys.maxsize
                continue
            if size and status.st_size != int(size):
                suspects[path] = sys.maxsize
            elif is_thorough or status.st_mtime_ns > record.written_ns:
                suspects.setdefault(path, status.st_mtime_ns)
    if not suspects:
        return
    if not is_thorough:
        newest = sorted(suspects, key=lambda path: (-suspects[path], path))[:_MOST_HASHED]
        suspects = {path: suspects[path] for path in newest}
    claims: dict[str, list[_Claim]] = defaultdict(list)
    for record in records:
        for path, digest, _ in _entries(record.lines):
            if path in suspects and digest:
                claims[path].append(_Claim(record.distribution, digest))
    for path, of_path in claims.items():
        # Two distributions may bring one file; it is then one of theirs.
        if not any(_is_as_claimed(site / path, claim.digest) for claim in of_path):
            yield ChangedFile(of_path[0].distribution, path, _sha256_of(site / path))


def _has_no_say(path: str) -> bool:
    """Tell whether a result cannot hang on a file: a script, a test, what is for compilers."""
    if ".dist-info/" in path:
        return not path.endswith("/entry_points.txt")
    return path.startswith("..") or path.endswith(_NO_SAY) or "/tests/" in path


def _is_as_claimed(path: Path, claimed: str) -> bool:
    algorithm, _, expected = claimed.partition("=")
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, algorithm).digest()
    except (OSError, ValueError):
        return False
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == expected.rstrip("=")


def _strays(site: Path, paths: Iterable[str]) -> Iterator[ChangedFile]:
    for path in paths:
        # What is no text could not be written down, nor is it a module's name.
        if ".dist-info/" in path or path in _OF_INSTALLERS or not _is_text(path):
            continue
        if path.endswith(".pth"):
            if "/" not in path and _runs_code(site / path):
                yield ChangedFile(None, path, _sha256_of(site / path), is_loaded=True)
        elif path.endswith(_MODULES):
            yield ChangedFile(None, path, _sha256_of(site / path), is_loaded=False)


def _is_text(path: str) -> bool:
    return path.isascii() or path.encode("utf-8", "replace").decode() == path


def _runs_code(pth: Path) -> bool:
    """Tell whether a file has lines that every interpreter runs when it starts."""
    try:
        lines = pth.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(line.startswith(("import ", "import\t")) for line in lines)


def _is_of_a_distribution(file: Path) -> bool:
    """Tell whether a module that runs at every start was installed as part of something."""
    if file.parent.name not in ("site-packages", "dist-packages"):
        return False
    records, _ = _records(file.parent)
    return any(file.name in record.paths for record in records)


def _sha256_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError:
        return None
