"""How packages that came from no index are restored: a wheel, a folder, what is being developed.

From the recorded commit where they lie in the project's repository, else from where they lie today,
and only if they hold what they held then. A folder is never built, which would be to run it: its
modules are put on the path. What came from a repository of its own is not for here.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from lakeproof.checksum import sha256_of
from lakeproof.distribution import vendor
from lakeproof.distribution.wheel import NoWheelError, packed_again
from lakeproof.record.facts import Distribution, EnvironmentFacts
from lakeproof.record.setup.environment import normalised
from lakeproof.record.setup.local_packages import digest_of_sources, find_local_package
from lakeproof.reproduce.environment.requirements import NoRequirementError, pin_of
from lakeproof.reproduce.environment.same_environment import (
    by_name,
    comes_with_the_code,
    is_local,
    is_wheel,
)
from lakeproof.version import VERSION

_WHEEL = re.compile(r"[A-Za-z0-9_.+!-]+\.whl")
_FOLDERS_OF_WHEELS = ("UV_FIND_LINKS", "PIP_FIND_LINKS")


@dataclass(frozen=True)
class LocalPackages:
    """What was found.

    Args:
        path: Folders for the front of the path of modules, with what says that they are installed.
        placed: The names of those that are there, and so are not installed.
        wheels: Files, by name.
        missing: The others, each with what is known of it.
        carried: Wheels that stand in for an index, by name.
    """

    path: tuple[Path, ...] = ()
    placed: frozenset[str] = frozenset()
    wheels: Mapping[str, Path] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    carried: Mapping[str, Path] = field(default_factory=dict)


def find_local_packages(
    recorded: EnvironmentFacts, checkout: Path | None, project_path: Path, target: Path | None
) -> LocalPackages:
    """Find all of them.

    Args:
        recorded: The environment.
        checkout: The top of the repository at the recorded commit; `None` before it is there.
        project_path: The user's project, which is only read.
        target: A folder for what says that they are installed; `None` where nobody will import.
    """
    path: list[Path] = []
    placed: set[str] = set()
    wheels: dict[str, Path] = {}
    carried: dict[str, Path] = {}
    missing = []
    for found in by_name(recorded).values():
        if found.origin is None:
            wheel = _carried(found, checkout, project_path, target)
            if wheel is not None:
                carried[found.name] = wheel
            continue
        try:
            # A folder is about to be called so.
            pin_of(found)
        except NoRequirementError as error:
            missing.append(str(error))
            continue
        if is_wheel(found):
            wheel = _wheel(found, checkout, project_path)
            if wheel is not None:
                wheels[found.name] = wheel
                continue
        elif is_local(found):
            if checkout is None and found.path is not None:
                # With the commit comes what it holds.
                placed.add(found.name)
                continue
            root = _root(found, checkout)
            if root is not None:
                path.append(root)
                placed.add(found.name)
                if target is not None:
                    _declare(found, root, target)
                continue
        missing.append(f"{found.name} {found.version} ({found.origin})")
    told = (target,) if target is not None and placed else ()
    return LocalPackages(
        (*told, *dict.fromkeys(path)), frozenset(placed), wheels, tuple(missing), carried
    )


def developed_with_the_code(recorded: EnvironmentFacts, checkout: Path) -> LocalPackages:
    """Find what is developed in the repository, where all is installed as it was.

    What is installed leads to the live folders, which hold today's code.
    """
    path, missing = [], []
    for found in filter(comes_with_the_code, by_name(recorded).values()):
        root = _root(found, checkout)
        if root is None:
            missing.append(f"{found.name} {found.version} ({found.path})")
        else:
            path.append(root)
    return LocalPackages(tuple(dict.fromkeys(path)), missing=tuple(missing))


def _carried(
    found: Distribution, checkout: Path | None, project_path: Path, target: Path | None
) -> Path | None:
    """Find the wheel of what an index is asked for otherwise: the recorded commit's own.

    A project may carry wheels in `vendor/`, as Lakeproof is carried by those that it made.
    """
    if checkout is None:
        return None
    top = _top_of(project_path)
    below = project_path.resolve().relative_to(top) if top is not None else Path()
    folder = _inside(checkout, str(below / vendor.FOLDER))
    name = _as_in_files(found.name)
    for wheel in sorted(folder.glob("*.whl")) if folder is not None else ():
        called = wheel.name.split("-")
        if len(called) > 1 and called[0].lower() == name and called[1] == found.version:
            return wheel
    is_this = (found.name, found.version) == ("lakeproof", VERSION)
    return _this_lakeproof(target) if is_this and target is not None else None


def _this_lakeproof(target: Path) -> Path | None:
    """Pack the Lakeproof of this process, where it came from a wheel."""
    try:
        name, content = packed_again(metadata.distribution("lakeproof"))
    except NoWheelError:
        return None
    target.mkdir(parents=True, exist_ok=True)
    (target / name).write_bytes(content)
    return target / name


def _root(found: Distribution, checkout: Path | None) -> Path | None:
    """Give the folder of its modules: of the commit, or the live one; if it holds the same."""
    live = find_local_package(found.name)
    if found.path is not None and checkout is not None:
        root = _inside(checkout, found.path)
        if root is None or not root.is_dir():
            return None
        # What was copied when it was installed may be another than the commit has, and so may be
        # what git could not keep.
        held = {digest_of_sources(root), digest_of_sources(root, live.names if live else ())}
        return root if found.digest in (None, *held) else None
    if live is None or found.digest is None or live.digest != found.digest:
        return None
    return live.place if live.place.is_dir() else None


def _wheel(found: Distribution, checkout: Path | None, project_path: Path) -> Path | None:
    sha256 = _sha256_of(found)
    name = str(found.origin).removeprefix("file:").partition("#")[0]
    if sha256 is None or not _WHEEL.fullmatch(name):
        return None
    for place in _places_of_wheels(found, name, checkout, project_path):
        if place.is_file() and sha256_of(place) == sha256:
            return place
    return None


def _places_of_wheels(
    found: Distribution, name: str, checkout: Path | None, project_path: Path
) -> Iterator[Path]:
    if found.path is not None:
        for top in (checkout, _top_of(project_path)):
            inside = _inside(top, found.path) if top is not None else None
            if inside is not None:
                yield inside
    live = find_local_package(found.name)
    if live is not None:
        yield live.place
    for variable in _FOLDERS_OF_WHEELS:
        for folder in re.split(r"[,\s]+", os.environ.get(variable, "")):
            if folder and "://" not in folder:
                yield Path(folder, name)


def _top_of(project_path: Path) -> Path | None:
    from lakeproof.reproduce.code.repository import CodeError, repository_of

    try:
        return repository_of(project_path)
    except CodeError:
        return None


def _sha256_of(found: Distribution) -> str | None:
    known = found.digest or str(found.origin).partition("#")[2].replace("=", ":")
    sha256 = known.removeprefix("sha256:")
    return sha256 if re.fullmatch(r"[0-9a-f]{64}", sha256) else None


def _as_in_files(name: str) -> str:
    """Spell a distribution's name as the names of its wheels and folders do."""
    return normalised(name).replace("-", "_")


def _inside(top: Path, path: str) -> Path | None:
    """Resolve a recorded path; one that leads out of the repository is none."""
    place = (top / path).resolve()
    return place if place.is_relative_to(top.resolve()) else None


def _declare(found: Distribution, root: Path, target: Path) -> None:
    """Say that it is installed, in its version, so that `importlib.metadata` and we find it."""
    info = target / f"{_as_in_files(found.name)}-{found.version}.dist-info"
    info.mkdir(parents=True)
    text = f"Metadata-Version: 2.1\nName: {found.name}\nVersion: {found.version}\n"
    (info / "METADATA").write_text(text, encoding="utf-8")
    direct = f'{{"url": "{root.as_uri()}", "dir_info": {{"editable": true}}}}'
    (info / "direct_url.json").write_text(direct, encoding="utf-8")
    for name in ("entry_points.txt", "top_level.txt"):
        try:
            told = metadata.distribution(found.name).read_text(name)
        except metadata.PackageNotFoundError:
            return
        if told:
            (info / name).write_text(told, encoding="utf-8")
