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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lakeproof.inside import by_no_link, inside, is_by_no_link
from lakeproof.leases.clean_log import clean_log
from lakeproof.leases.facts import Lease, is_table_id
from lakeproof.leases.folders import hide_from_git
from lakeproof.versioned.contract import Say, VersionedDataset

_PLACE = Path(".lakeproof", "held")
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
    folder = by_no_link(project_path, _PLACE)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(by_no_link(project_path, _PLACE / ".lock"))
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
        Its folder, which may have been there.

    Raises:
        LakeproofError: If a version is not whole, or the place behind a link; nothing is held.
    """
    *older, newest = sorted(set(versions))
    target = _folder(project_path, table_id, [*older, newest])
    if target.is_dir():
        return target
    hide_from_git(project_path)
    partial = target.with_name(f"{_PARTIAL}{uuid.uuid4().hex}")
    try:
        table.copy_to(partial, newest, older, say)
        clean_log(partial)
        os.replace(partial, target)
    except OSError:
        if not target.is_dir():  # or another command has made it meanwhile
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def room_for(project_path: Path, table_id: str) -> Path:
    """Name a new folder beside the copies of a table; what a killed command leaves there is swept.

    Raises:
        LakeproofError: If the place is behind a link.
    """
    hide_from_git(project_path)
    return _folder(project_path, table_id, [0]).with_name(f"{_PARTIAL}{uuid.uuid4().hex}")


def put_in_place(project_path: Path, table_id: str, versions: Iterable[int], built: Path) -> Path:
    """Let a table that was built take the place of the copy of some versions, or be the first.

    At each instant one of the two is whole; a command that is killed between is gone on with by
    `finish`.

    Args:
        project_path: The project.
        table_id: Of the table.
        versions: What it holds.
        built: It, in a folder of `room_for`.
    """
    target = _folder(project_path, table_id, sorted(set(versions)))
    coming = target.with_name(f"{_PARTIAL}{target.name}{_NEXT}")
    shutil.rmtree(coming, ignore_errors=True)
    os.replace(built, coming)
    _take_over(coming, target)
    return target


def finish(project_path: Path) -> None:
    """Put in place what a killed command had built and not put there yet."""
    root = project_path / _PLACE
    for coming in sorted(root.glob(f"*/{_PARTIAL}*{_NEXT}")):
        name = coming.name.removeprefix(_PARTIAL).removesuffix(_NEXT)
        is_ours = is_table_id(coming.parent.name) and _is_ours(project_path, coming.parent.name)
        if is_ours and _are_versions(name) and not coming.is_symlink():
            _take_over(coming, coming.with_name(name))


def _take_over(coming: Path, target: Path) -> None:
    old = target.with_name(f"{_PARTIAL}{uuid.uuid4().hex}")
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
    """Give a table that holds all of some versions, if there is one."""
    wanted = set(versions)
    if not is_table_id(table_id) or not wanted:
        return None
    found = (place for place, has in _folders(project_path, table_id) if wanted <= has)
    return next(found, None)


def every_copy(project_path: Path) -> Iterator[tuple[str, Path, set[int] | None]]:
    """Yield what may be deleted: table id, place, versions, `None` for a copy that is half made."""
    root = project_path / _PLACE
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
    by_run: dict[tuple[str, str], set[int]] = {}
    for lease in leases:
        if lease.is_held:
            by_run.setdefault((lease.table_id, lease.run_id), set()).add(lease.version)
    needed = {(table_id, frozenset(has)) for (table_id, _), has in by_run.items()}
    root = project_path / _PLACE
    for place in sorted(root.iterdir()) if root.is_dir() else ():
        # A link, which a clone may bring along, leads to what is somebody else's.
        if not is_table_id(place.name) or not _is_ours(project_path, place.name):
            continue
        known = {
            folder
            for folder, has in _folders(project_path, place.name)
            if (place.name, frozenset(has)) in needed
        }
        for folder in place.iterdir():
            if folder not in known:
                shutil.rmtree(folder, ignore_errors=True)


def _folder(project_path: Path, table_id: str, versions: Sequence[int]) -> Path:
    inside(project_path / _PLACE, table_id)
    place = by_no_link(project_path, _PLACE / table_id)
    return place / "+".join(map(str, versions))


def _is_ours(project_path: Path, table_id: str) -> bool:
    return is_by_no_link(project_path, _PLACE / table_id)


def _folders(project_path: Path, table_id: str) -> Iterator[tuple[Path, set[int]]]:
    place = project_path / _PLACE / table_id
    for folder in sorted(place.iterdir()) if place.is_dir() else ():
        if _are_versions(folder.name) and not folder.is_symlink():
            yield folder, set(map(int, folder.name.split("+")))


def _are_versions(name: str) -> bool:
    return all(one.isascii() and one.isdecimal() for one in name.split("+"))
