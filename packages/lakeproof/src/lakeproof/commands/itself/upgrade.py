"""Have a project take another Lakeproof: its wheel in `vendor/`, and its hash in the locks."""

import email.parser
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lakeproof.commands.command_errors import UpgradeError
from lakeproof.distribution import vendor
from lakeproof.record.setup.environment import normalised


@dataclass(frozen=True)
class Upgraded:
    """What was done.

    Args:
        version: What the project has now.
        before: What it had; nothing where it had none in `vendor/`.
        changed: The files that were changed, below the project's folder.
        unmet: What the new one needs and a lock does not have, a sentence each.
    """

    version: str
    before: str | None
    changed: tuple[str, ...]
    unmet: tuple[str, ...]


def upgrade(project: Path, wheel: Path) -> Upgraded:
    """Put a wheel in place of the one that the project has; an older one too.

    Args:
        project: The project's folder.
        wheel: The wheel, which stays where it is.

    Raises:
        UpgradeError: If it is no wheel of Lakeproof, or cannot be read. Nothing was changed then.
    """
    try:
        content = wheel.read_bytes()
        version = vendor.version_of(wheel.name)
        needs = _needs(wheel, version)
    except OSError as error:
        raise UpgradeError(
            f"'{wheel}' cannot be read: {error.strerror}. Nothing was changed. Give the path of a "
            "wheel: kedro lakeproof upgrade path/to/lakeproof-VERSION-py3-none-any.whl"
        ) from error
    except (vendor.NoLakeproofWheelError, zipfile.BadZipFile, KeyError) as error:
        raise UpgradeError(
            f"'{wheel.name}' is no wheel of Lakeproof ({' '.join(str(error).split())[:200]}). "
            "Nothing was changed."
        ) from error
    before = [vendor.version_of(path.name) for path in vendor.wheels_in(project)]
    changed = vendor.put(project, wheel.name, content)
    unmet = tuple(_unmet(project, needs))
    return Upgraded(version, before[-1] if before else None, tuple(changed), unmet)


def render(done: Upgraded) -> str:
    """Say what was done and what to type next."""
    if not done.changed:
        return f"The project has Lakeproof {done.version} already; nothing was changed."
    lines = [f"Lakeproof {done.before or 'none'} → {done.version}", ""]
    lines += [f"  changed {name}" for name in done.changed]
    lines += [f"  {sentence}" for sentence in done.unmet]
    resolve = "make lock && " if done.unmet else ""
    lines += [
        "",
        f"Next: {resolve}make run, then git add --all vendor requirements && git commit",
        "Runs of before are re-run by the Lakeproof that their commit has in vendor/.",
    ]
    return "\n".join(lines)


def _needs(wheel: Path, version: str) -> tuple[str, ...]:
    """Read what it needs, and hold it against its name."""
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"lakeproof-{version}.dist-info/METADATA").decode("utf-8", "replace")
    told = email.parser.HeaderParser().parsestr(text)
    if (told["Name"], told["Version"]) != ("lakeproof", version):
        raise KeyError(f"it says that it is {told['Name']} {told['Version']}")
    return tuple(told.get_all("Requires-Dist") or ())


def _unmet(project: Path, needs: tuple[str, ...]) -> Iterator[str]:
    """Name what the smallest lock does not have, or in another version."""
    from packaging.requirements import Requirement

    lock = project / vendor.LOCKS / "run.txt"
    if not lock.is_file():
        return
    pins = {normalised(name): at for name, at in vendor.pins_of(lock.read_text(encoding="utf-8"))}
    for text in needs:
        need = Requirement(text)
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        pinned = pins.get(normalised(need.name))
        if pinned is None:
            yield f"{vendor.LOCKS}/run.txt does not have {need.name}, which it needs."
        elif not need.specifier.contains(pinned, prereleases=True):
            yield (
                f"{vendor.LOCKS}/run.txt has {need.name} {pinned}; it needs "
                f"{need.name}{need.specifier}."
            )
