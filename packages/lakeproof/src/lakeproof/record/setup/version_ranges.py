"""Whether what is installed is within the ranges that Lakeproof is known to work with.

An installer sees to it; a package that was put in by force, or by a tool that asks nobody, is seen
here, before it fails in words of its own.
"""

import shlex
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING

from lakeproof.record.setup.environment import version_of

if TYPE_CHECKING:
    from packaging.requirements import Requirement


# What cannot work together though the packages' own requirements allow it: beside the first, the
# second is needed. Requirements of ours cannot tell one by the other.
TOGETHER = (("mlflow<3.9", "sqlalchemy<2.1"),)


def out_of_range() -> Iterator[tuple[str, str]]:
    """Say of each package that is outside of its range which it is, and what would do."""
    from packaging.requirements import Requirement

    for text in metadata.requires("lakeproof") or ():
        need = Requirement(text)
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            yield from _unmet(need)
    for beside, text in TOGETHER:
        if not list(_unmet(Requirement(beside))):
            yield from _unmet(Requirement(text), beside)


def _unmet(need: "Requirement", beside: str = "") -> Iterator[tuple[str, str]]:
    wanted = f"{need.name}{need.specifier}"
    try:
        found = f"{version_of(need.name)} is"
    except metadata.PackageNotFoundError:
        found = "is not"
    else:
        if need.specifier.contains(found.split()[0], prereleases=True):
            return
    reason = f" beside {beside}" if beside else ""
    yield f"{need.name} {found} installed, and {wanted} is needed{reason}", wanted


def warning() -> str | None:
    """Give the sentence that a run says where something is out of its range."""
    told = list(out_of_range())
    if not told:
        return None
    return (
        f"Lakeproof {version_of('lakeproof')} is not known to work here: "
        f"{'; '.join(said for said, _ in told)}. The run goes on. Install what fits: pip install "
        f"{shlex.join(wanted for _, wanted in told)}"
    )
