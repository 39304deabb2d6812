"""Versions that are held: tables of their own, outside of the folder of the table they are of.

Each is a slice of the log and links to the data files (copies on another file system), so that it
opens on both engines and outlives whatever becomes of the table: a vacuum without mercy, a clean-up
of the log, a restore, the deletion of its folder. It costs nothing while the table has the files,
too. Not to be written to.
"""

import logging
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lakeproof.inside import by_no_link, inside, is_by_no_link
from lakeproof.leases.clean_log import clean_log
from lakeproof.leases.copy_proof import prove, why_not_proven, why_not_whole
from lakeproof.leases.facts import Lease, held_together, is_table_id
from lakeproof.leases.folders import hide_from_git
from lakeproof.versioned.contract import Say, VersionedDataset

PLACE = Path(".lakeproof", "held")
_PARTIAL = "."
# What takes the place of a copy, whole and not there yet.
_NEXT = ".next"
_SILENT_SECONDS = 0.5

logger = logging.getLogger(__name__)


@contextmanager
def changing_alone(project_path: Path) -> Iterator[None]:
    """Wait for another command that changes what is held, saying so when that takes a while.

    Of two erasures at once, each would write anew what the other has not taken its rows from yet;
    and what one has put in place and not leased yet is, to a sweep, what nobody needs.

    Args:
        project_path: The project.

    Raises:
        OutsideError: If the copies are behind a link: then they are another project's.
        LeaseError: If nothing can be written here.
    """
    from filelock import FileLock, Timeout

    hide_from_git(project_path)
    folder = by_no_link(project_path, PLACE)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(by_no_link(project_path, PLACE / ".lock"))
    try:
        lock.acquire(timeout=_SILENT_SECONDS)
    except Timeout:
        logger.warning(
            "Another command changes what is held in this project (kedro erase, keep, release or "
            "vacuum): waiting for its end."
        )
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def hold(
    project_path: Path, table_id: str, versions: Iterable[int], table: VersionedDataset, say: Say
) -> Path:
    """Make a table of what some versions need, whole or not at all.

    Args:
        project_path: The project.
        table_id: Of the table; it has been held against the table.
        versions: What one run needs of it.
        table: The table.
        say: Gets a sentence before anything is copied.

    Returns:
        Its folder, which may have been there; one that is not whole is made anew.

    Raises:
        LakeproofError: If a version is not whole, or the place behind a link; nothing is held.
    """
    *older, newest = sorted(set(versions))
    target = folder_of(project_path, table_id, [*older, newest])
    if target.is_dir() and why_not_whole(target, table_id, [*older, newest]) is None:
        return target
    hide_from_git(project_path)
    partial = away_from(target)
    try:
        build(partial, [*older, newest], table, say)
        _take_over(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def build(place: Path, versions: Iterable[int], table: VersionedDataset, say: Say) -> None:
    """Make a table of some versions of another, whose log gives no row away.

    Raises:
        LakeproofError: If a version is not whole.
    """
    *older, newest = sorted(set(versions))
    table.copy_to(place, newest, older, say)
    clean_log(place)


def room_for(project_path: Path, table_id: str) -> Path:
    """Name a new folder beside the copies of a table; what a killed command leaves there is swept.

    Raises:
        LakeproofError: If the place is behind a link.
    """
    hide_from_git(project_path)
    return away_from(folder_of(project_path, table_id, [0]))


def put_in_place(
    project_path: Path, table_id: str, digests: Mapping[int, str], built: Path
) -> Path:
    """Let a table that was built take the place of the copy of some versions, or be the first.

    At each instant one of the two is whole; a command that is killed between is gone on with by
    `finish`.

    Args:
        project_path: The project.
        table_id: Of the table.
        digests: Of each version that it holds.
        built: It, in a folder of `room_for`.
    """
    target = folder_of(project_path, table_id, sorted(digests))
    coming = target.with_name(f"{_PARTIAL}{target.name}{_NEXT}")
    prove(built, table_id, digests)
    shutil.rmtree(coming, ignore_errors=True)
    os.replace(built, coming)
    _take_over(coming, target)
    return target


def finish(project_path: Path) -> None:
    """Put in place what a killed command of this user had built and not put there yet.

    What lies there otherwise takes nothing's place, and is named.
    """
    root = project_path / PLACE
    for coming in sorted(root.glob(f"*/{_PARTIAL}*{_NEXT}")):
        table_id, name = coming.parent.name, _coming_to(coming)
        is_ours = is_table_id(table_id) and _is_ours(project_path, table_id)
        if not (is_ours and _are_versions(name)) or coming.is_symlink() or not coming.is_dir():
            continue
        why = why_not_proven(coming, table_id, map(int, name.split("+")))
        if why is None:
            _take_over(coming, coming.with_name(name))
        else:
            logger.warning(
                "%s was passed over, and takes the place of no copy: %s Remove it, unless a "
                "command of yours was killed there.",
                *(coming.relative_to(project_path), why),
            )


def _coming_to(coming: Path) -> str:
    return coming.name.removeprefix(_PARTIAL).removesuffix(_NEXT)


def _take_over(coming: Path, target: Path) -> None:
    old = away_from(target)
    if not coming.is_dir():
        return
    if target.is_dir():
        os.replace(target, old)
    try:
        os.replace(coming, target)
    except FileNotFoundError:
        # Another command has put it there meanwhile, and that is what was moved away.
        if old.is_dir() and not target.exists():
            os.replace(old, target)
        return
    shutil.rmtree(old, ignore_errors=True)


def copy_of(project_path: Path, table_id: str, versions: Iterable[int]) -> Path | None:
    """Give a table that holds all of some versions, if there is a whole one."""
    wanted = frozenset(versions)
    if not is_table_id(table_id) or not wanted:
        return None
    return _whole_copy(dict(_folders(project_path, table_id)), table_id, wanted)


def _whole_copy(
    there: Mapping[Path, set[int]], table_id: str, wanted: frozenset[int]
) -> Path | None:
    """Choose the least copy that has all of some versions, by its name and where it is opened."""
    having = sorted((len(has), place) for place, has in there.items() if wanted <= has)
    found = (one for _, one in having if why_not_whole(one, table_id, wanted) is None)
    return next(found, None)


def every_copy(project_path: Path) -> Iterator[tuple[str, Path, set[int] | None]]:
    """Yield what may be deleted: table id, place, versions, `None` for a copy that is half made."""
    root = project_path / PLACE
    for place in sorted(root.iterdir()) if root.is_dir() else ():
        known = dict(_folders(project_path, place.name))
        for folder in sorted(place.iterdir()) if place.is_dir() else ():
            if folder.is_dir() and is_by_no_link(project_path, folder.relative_to(project_path)):
                yield place.name, folder, known.get(folder)


def sweep(project_path: Path, leases: Iterable[Lease]) -> None:
    """Remove what no held lease needs any more, and what killed commands have left.

    Args:
        project_path: The project.
        leases: All leases of the project.
    """
    finish(project_path)
    needed = held_together(leases)
    root = project_path / PLACE
    for place in sorted(root.iterdir()) if root.is_dir() else ():
        # A link, which a clone may bring along, leads to what is somebody else's.
        if not is_table_id(place.name) or not _is_ours(project_path, place.name):
            continue
        there = dict(_folders(project_path, place.name))
        runs = needed.get(place.name, ())
        known = {one for has in runs for one in _serving(there, place.name, has)}
        for folder in place.iterdir():
            if folder not in known and not _is_alone(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _serving(there: Mapping[Path, set[int]], table_id: str, needed: frozenset[int]) -> list[Path]:
    """Choose the copies that serve what a run needs: one has all of it, or else many some of it."""
    whole = _whole_copy(there, table_id, needed)
    return [whole] if whole else [folder for folder, has in there.items() if needed & has]


def _is_alone(folder: Path) -> bool:
    """Tell what would take a copy's place, which is not there: no other has these versions."""
    name = _coming_to(folder)
    is_coming = folder.name == f"{_PARTIAL}{name}{_NEXT}" and _are_versions(name)
    return is_coming and not folder.with_name(name).exists()


def folder_of(project_path: Path, table_id: str, versions: Iterable[int]) -> Path:
    """Say where the copy of some versions is, or would be.

    Raises:
        OutsideError: If a link leads there, or the id out of the project.
    """
    inside(project_path / PLACE, table_id)
    place = by_no_link(project_path, PLACE / table_id)
    return place / name_of(versions)


def name_of(versions: Iterable[int]) -> str:
    """Name a copy by its versions."""
    return "+".join(map(str, sorted(set(versions))))


def away_from(target: Path) -> Path:
    """Name a new folder beside a copy; it is not a copy, and the next sweep removes it."""
    return target.with_name(f"{_PARTIAL}{uuid.uuid4().hex}")


def _is_ours(project_path: Path, table_id: str) -> bool:
    return is_by_no_link(project_path, PLACE / table_id)


def _folders(project_path: Path, table_id: str) -> Iterator[tuple[Path, set[int]]]:
    place = project_path / PLACE / table_id
    for folder in sorted(place.iterdir()) if place.is_dir() else ():
        if _are_versions(folder.name) and not folder.is_symlink():
            yield folder, set(map(int, folder.name.split("+")))


def _are_versions(name: str) -> bool:
    return all(one.isascii() and one.isdecimal() for one in name.split("+"))
