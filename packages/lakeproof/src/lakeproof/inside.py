"""Stay below a folder: whatever is written, deleted or linked asks here where that really is.

Names of files come from records, logs, locks and commits, which anybody may have written, and links
on the way may lead anywhere.
"""

from pathlib import Path, PurePath

from lakeproof.errors import LakeproofError


class OutsideError(LakeproofError):
    """A path leads out of the folder that it should be in."""


def is_inside(root: Path, path: PurePath | str) -> bool:
    """Tell whether a path is below a folder, all links but a last one followed.

    Args:
        root: The folder.
        path: Relative to it; what is absolute is where it says.
    """
    place = root / path
    if place.name in ("", ".."):
        return False
    below = place.parent.resolve() / place.name
    top = root.resolve()
    return below != top and below.is_relative_to(top)


def inside(root: Path, path: PurePath | str) -> Path:
    """Give the place of a path below a folder.

    Args:
        root: The folder.
        path: Relative to it. A link that it ends in is the link itself, not where that leads.

    Raises:
        OutsideError: If it is not below it.
    """
    if not is_inside(root, path):
        raise OutsideError(
            f"'{path}' leads out of {root}, to where nothing may be written or deleted. Nothing "
            "was run, and your files are as they were. Whoever named it has damaged it, or means "
            "harm."
        )
    return root / path


def is_by_no_link(root: Path, path: PurePath | str) -> bool:
    """Tell whether a path is below a folder, with no link on the way and none at its end.

    For what is deleted with all that is in it: a link to another of our own folders may come with
    a cloned repository, too.

    Args:
        root: The folder; the way to it may have links.
        path: Relative to it.
    """
    return (root / path).resolve() == root.resolve() / path and is_inside(root, path)


def by_no_link(root: Path, path: PurePath | str) -> Path:
    """Give the place of a path below a folder, to which no link leads.

    Raises:
        OutsideError: If one does.
    """
    if not is_by_no_link(root, path):
        raise OutsideError(
            f"{root / path} is a link, or lies behind one, and what is there is not this "
            "project's. Nothing was written or deleted there. Remove the link."
        )
    return root / path
