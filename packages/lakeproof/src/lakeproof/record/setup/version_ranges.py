"""Whether what is installed is within the ranges that Lakeproof is known to work with.

An installer sees to it; a package that was put in by force, or by a tool that asks nobody, is seen
here, before it fails in words of its own.
"""

from collections.abc import Iterator
from importlib import metadata


def out_of_range() -> Iterator[str]:
    """Say of each package that is outside of its range which it is, and what would do."""
    from packaging.requirements import Requirement

    for text in metadata.requires("lakeproof") or ():
        need = Requirement(text)
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(need.name)
        except metadata.PackageNotFoundError:
            yield f"{need.name} is not installed, and {need.name}{need.specifier} is needed"
            continue
        if not need.specifier.contains(found, prereleases=True):
            yield f"{need.name} {found} is installed, and {need.name}{need.specifier} is needed"


def warning() -> str | None:
    """Give the sentence that a run says where something is out of its range."""
    told = list(out_of_range())
    if not told:
        return None
    return (
        f"Lakeproof {metadata.version('lakeproof')} is not known to work here: {'; '.join(told)}. "
        "The run goes on. Install what fits: pip install --upgrade lakeproof"
    )
