"""How the environment of a run is rebuilt: by uv, in a cache, once.

The current environment is only ever looked at. One that is built again lies in a cache, under the
digest of what it must hold, and is shared by all re-runs that need it.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from lakeproof.errors import LakeproofError
from lakeproof.record.facts import EnvironmentFacts
from lakeproof.record.setup.environment import lock_hashes, normalised
from lakeproof.record.setup.installed import changed_files
from lakeproof.reproduce.environment.install_again import how_to_have
from lakeproof.reproduce.environment.package_sources import LocalPackages, find_local_packages
from lakeproof.reproduce.environment.requirements import (
    NoRequirementError,
    Requirements,
    interpreter_request,
    requirements_of,
)
from lakeproof.reproduce.environment.same_environment import (
    by_name,
    described,
    interpreter_of,
    patched,
)

Say = Callable[[str], None]

_MOST_NAMED = 10
_MOST_OF_UV = 400
_PIN = re.compile(r"[\w.-]+==[\w.!+-]*\w")
_BUILT_ONLY = "What has no wheel is built only where a lock of the run gives its hash."
_OURS_ALONE = ("--no-project", "--no-python-downloads")


class EnvironmentMissingError(LakeproofError):
    """An environment cannot be rebuilt: an interpreter or a package is missing."""

    def __init__(self, what: str, cure: str = "") -> None:
        cures = f"{cure} To re-run with what is installed here instead, add --here.".lstrip()
        super().__init__(f"{what}. Nothing was run. {cures}")


def cache_of(project_path: Path) -> Path:
    """Give the folder of the environments that were built again for a project."""
    return project_path / ".lakeproof" / "environments"


def missing_interpreter(
    recorded: EnvironmentFacts, project_path: Path | None = None
) -> tuple[str, ...]:
    """Say what of an environment is known to be missing, without building anything."""
    project_path = project_path or Path.cwd()
    try:
        _find_interpreter(recorded, Path.cwd())
        local = find_local_packages(recorded, None, project_path, None)
        _requirements(recorded, None, local)
    except EnvironmentMissingError as error:
        return (error.message,)
    changed = patched(recorded)
    if changed:
        return (
            "The run used installed files that are not those of their packages, and nobody else "
            f"has them: {_listed(changed)}. Reinstall these packages and run again, or see the "
            "result without them: kedro reproduce.",
        )
    return ()


def rebuild(
    recorded: EnvironmentFacts,
    lock_folder: Path | None,
    cache: Path,
    say: Say,
    local: LocalPackages | None = None,
) -> Path:
    """Give an interpreter whose environment holds the recorded distributions and nothing else.

    The project itself is not among them. It is built with uv, from its cache where that has
    everything; it is never seen half built, and it is checked each time before it is given.

    Args:
        recorded: What it must hold.
        lock_folder: Where the run's requirements files are, for their hashes.
        cache: The folder of all environments that were built again.
        say: Tells the user what takes a while.
        local: Where what came from no index was found.

    Raises:
        EnvironmentMissingError: If there is no such interpreter, or a distribution is missing.
    """
    requirements = _requirements(recorded, lock_folder, local or LocalPackages())
    holds = "\n".join(
        [interpreter_of(recorded), sys.platform, platform.machine(), *requirements.holds]
    )
    target = cache.absolute() / hashlib.sha256(holds.encode()).hexdigest()[:32]
    cache.mkdir(parents=True, exist_ok=True)
    python = _python_of(target)
    with _only_builder(cache / f".{target.name}.lock", say):
        if target.exists() and _surprises(python, recorded, requirements):
            say(f"The environment {target} is no longer what was built: building it again.")
            shutil.rmtree(target)
        if not target.exists():
            _build(recorded, requirements, target, say)
    return python


def _requirements(
    recorded: EnvironmentFacts, lock_folder: Path | None, local: LocalPackages
) -> Requirements:
    wanted = by_name(recorded).values()
    had = {*local.placed, *local.wheels}
    elsewhere = [found for found in wanted if found.origin and found.name not in had]
    if elsewhere:
        named = [f"{found.name} {described(found)}" for found in elsewhere]
        raise EnvironmentMissingError(
            "The run's environment cannot be rebuilt, for this did not come from a package "
            f"index, and its content is not found: {_listed(named)}",
            cure=how_to_have(elsewhere),
        )
    hashes = lock_hashes(recorded, lock_folder) if lock_folder else {}
    try:
        return requirements_of(recorded, wanted, hashes, local.wheels, local.placed, local.carried)
    except NoRequirementError as error:
        raise EnvironmentMissingError(
            f"The run's environment cannot be rebuilt: {error}"
        ) from error


def _build(recorded: EnvironmentFacts, requirements: Requirements, target: Path, say: Say) -> None:
    packages = f"Python {interpreter_of(recorded)}, {len(requirements.holds)} packages"
    say(f"Building the run's environment, once: {packages}.")
    # What an interrupted build has left is no environment, and nobody else builds this one now.
    for left in target.parent.glob(f".{target.name}.building-*"):
        shutil.rmtree(left, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.building-", dir=target.parent))
    try:
        _make(draft, _find_interpreter(recorded, target.parent))
        _install(draft, requirements, say)
        _require_whole(draft)
        surprises = _surprises(_python_of(draft), recorded, requirements)
        if surprises:
            raise EnvironmentMissingError(
                f"uv built another environment than the run's; they differ in {_listed(surprises)}"
            )
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _find_interpreter(recorded: EnvironmentFacts, folder: Path) -> str:
    """Find one of the recorded version on this machine; none is downloaded."""
    here = f"{platform.python_implementation()} {platform.python_version()}"
    if here == f"{recorded.implementation} {recorded.python}":
        return sys.executable
    try:
        request = interpreter_request(recorded)
    except NoRequirementError as error:
        raise EnvironmentMissingError(str(error)) from error
    found = _uv(["python", "find", *_OURS_ALONE, "--system", request], folder)
    if found.returncode != 0:
        raise EnvironmentMissingError(
            f"The run used Python {interpreter_of(recorded)}, which uv does not find on this "
            f"machine (this is {here})",
            cure=f"Install it: uv python install {request}.",
        )
    return found.stdout.strip()


def _make(draft: Path, interpreter: str) -> None:
    # Relocatable: it is about to be renamed.
    options = [*_OURS_ALONE, "--relocatable", "--allow-existing", "--python", interpreter]
    made = _uv(["venv", *options, str(draft)], draft.parent)
    if made.returncode != 0:
        raise EnvironmentMissingError(
            f"uv cannot make an environment of {interpreter} ({_in_brief(made.stderr)})"
        )


def _install(draft: Path, requirements: Requirements, say: Say) -> None:
    """Fill an environment, from uv's cache alone where that suffices."""
    listing = draft / "requirements.txt"
    listing.write_text(requirements.text, encoding="utf-8")
    install = ["pip", "install", "--no-deps", "--compile-bytecode", "--python", str(draft)]
    # uv checks the hashes there are in any case.
    if requirements.is_hashed:
        install.append("--require-hashes")
    install += ["--requirements", str(listing)]
    if _uv([*install, "--offline"], draft.parent).returncode == 0:
        return None
    say("uv's cache does not hold all of it: downloading.")
    done = _uv(install, draft.parent)
    if done.returncode == 0:
        return None
    missing = _missing([*install, "--dry-run"], listing, done.stderr)
    if missing and set(missing) <= set(requirements.optional):
        say(f"Leaving out installers that the run did not import: {_listed(missing)}.")
        pins = [pin for pin in requirements.pins if pin.split()[0] not in missing]
        return _install(draft, replace(requirements, pins=tuple(pins)), say)
    unlocked = set(requirements.only_wheels) & {pin.partition("==")[0] for pin in missing}
    raise EnvironmentMissingError(
        "The run's environment cannot be rebuilt, for uv cannot find "
        f"{_listed(missing) or 'all of it'} ({_in_brief(done.stderr)})",
        cure="Tell uv where the files are (UV_FIND_LINKS=FOLDER or UV_INDEX=ADDRESS) and try again."
        + (f" {_BUILT_ONLY}" if unlocked else ""),
    )


def _missing(try_out: list[str], listing: Path, said: str) -> list[str]:
    """Name the pins that uv cannot find: it stops at the first, so leave that out and ask again."""
    lines = listing.read_text(encoding="utf-8").splitlines()
    missing: list[str] = []
    while named := {line.split()[0] for line in lines} & set(_PIN.findall(said)):
        missing += sorted(named)
        lines = [line for line in lines if line.split()[0] not in named]
        listing.write_text("\n".join(lines), encoding="utf-8")
        again = _uv(try_out, listing.parent.parent)
        said = again.stderr if again.returncode and len(missing) < _MOST_NAMED else ""
    return missing


def _only_builder(path: Path, say: Say) -> AbstractContextManager[object]:
    """Hold the lock of one environment; the system releases it however this process ends."""
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        return lock.acquire(timeout=1)
    except Timeout:
        say("Another re-run is building the same environment: waiting for it.")
        return lock.acquire()


def _uv(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    from uv import find_uv_bin

    ours = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON")
    environ = {name: value for name, value in os.environ.items() if name not in ours}
    command = [find_uv_bin(), "--no-progress", "--color", "never", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


# Two headers of each; to parse all of them would take ten times as long.
_LIST = r"""
import json, platform, re
from importlib.metadata import distributions
def header(text, name):
    return re.search(rf"^{name}:\s*(\S+)", text.partition("\n\n")[0], re.MULTILINE)[1]
texts = [each.read_text("METADATA") for each in distributions()]
found = [(header(text, "Name"), header(text, "Version")) for text in texts]
print(json.dumps([platform.python_implementation() + " " + platform.python_version(), found]))
"""


def _found_in(python: Path) -> list[str]:
    """Ask an interpreter what it is and what it would import, whatever this environment says."""
    command = [str(python), "-I", "-c", _LIST]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        version, found = json.loads(done.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return []
    return [version, *sorted(f"{normalised(name)}=={at}" for name, at in found)]


def _require_whole(draft: Path) -> None:
    """Hash every file: uv links them from its cache, where an edit in any environment edits them.

    Raises:
        EnvironmentMissingError: If one of them is not what its package brings.
    """
    changed = changed_files(_site_of(draft), is_thorough=True)
    if changed:
        owners = " ".join(sorted({each.distribution for each in changed if each.distribution}))
        raise EnvironmentMissingError(
            "uv's cache holds files that are not those of their packages: "
            f"{_listed([each.path for each in changed])}",
            cure=f"Somebody edited them. Fetch them again: uv cache clean {owners}.",
        )


def _site_of(folder: Path) -> Path:
    return next(folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages")


def _surprises(python: Path, recorded: EnvironmentFacts, requirements: Requirements) -> list[str]:
    """Tell in what an environment is another than the one that is asked for."""
    pins = {f"{found.name}=={found.version}" for found in by_name(recorded).values()}
    wanted = {f"{recorded.implementation} {recorded.python}", *pins}
    wanted -= {*requirements.left_out, *requirements.placed}
    others = sorted((set(_found_in(python)) ^ wanted) - {*requirements.optional})
    # Of what nothing has been found in, there is no folder either.
    changed = changed_files(_site_of(python.parents[1])) if not others else ()
    return [*others, *(each.path for each in changed)]


def _python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _in_brief(said: str) -> str:
    """Give uv's own reason in one bounded line, without what it says of its progress."""
    text = " ".join((said.partition("error: ")[2] or said).split()).rstrip(".")
    return text if len(text) <= _MOST_OF_UV else text[: _MOST_OF_UV - 2] + " …"
