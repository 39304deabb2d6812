"""How the environment of a run is rebuilt: by uv, in a cache, once.

The current environment is only ever looked at. One that is built again lies in a cache, under the
digest of what it must hold, and is shared by all re-runs that need it.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from lakeproof.record.facts import EnvironmentFacts
from lakeproof.record.setup.environment import lock_hashes
from lakeproof.reproduce.environment.built_environment import (
    MOST_NAMED,
    listed,
    python_of,
    require_whole,
    surprises_in,
)
from lakeproof.reproduce.environment.environment_errors import EnvironmentMissingError
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
from lakeproof.state_folder import state_of

Say = Callable[[str], None]

_MOST_OF_UV = 400
_PIN = re.compile(r"[\w.-]+==[\w.!+-]*\w")
_BUILT_ONLY = "What has no wheel is built only where a lock of the run gives its hash."
_OURS_ALONE = ("--no-project", "--no-python-downloads")


def cache_of(project_path: Path) -> Path:
    """Give the folder of the environments that were built again for a project."""
    return state_of(project_path) / "environments"


def missing_interpreter(
    recorded: EnvironmentFacts, project_path: Path | None = None
) -> tuple[str, ...]:
    """Say what of an environment is known to be missing, without building anything."""
    project_path = project_path or Path.cwd()
    try:
        find_interpreter(recorded, Path.cwd())
        local = find_local_packages(recorded, None, project_path, None)
        requirements_for(recorded, None, local)
    except EnvironmentMissingError as error:
        return (error.message,)
    changed = patched(recorded)
    if changed:
        return (
            "The run used installed files that are not those of their packages, and nobody else "
            f"has them: {listed(changed)}. Reinstall these packages and run again, or see the "
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
    requirements = requirements_for(recorded, lock_folder, local or LocalPackages())
    holds = "\n".join(
        [interpreter_of(recorded), sys.platform, platform.machine(), *requirements.holds]
    )
    target = cache.absolute() / hashlib.sha256(holds.encode()).hexdigest()[:32]
    cache.mkdir(parents=True, exist_ok=True)
    python = python_of(target)
    with _only_builder(cache / f".{target.name}.lock", say):
        if target.exists() and surprises_in(python, recorded, requirements):
            say(f"The environment {target} is no longer what was built: building it again.")
            shutil.rmtree(target)
        if not target.exists():
            _build(recorded, requirements, target, say)
    return python


def requirements_for(
    recorded: EnvironmentFacts, lock_folder: Path | None, local: LocalPackages
) -> Requirements:
    """Say what uv is asked for.

    Raises:
        EnvironmentMissingError: If what came from no index is not found, or has no honest name.
    """
    wanted = by_name(recorded).values()
    had = {*local.placed, *local.wheels}
    elsewhere = [found for found in wanted if found.origin and found.name not in had]
    if elsewhere:
        named = [f"{found.name} {described(found)}" for found in elsewhere]
        raise EnvironmentMissingError(
            "The run's environment cannot be rebuilt, for this did not come from a package "
            f"index, and its content is not found: {listed(named)}",
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
        _make(draft, find_interpreter(recorded, target.parent))
        _install(draft, requirements, say)
        require_whole(draft)
        surprises = surprises_in(python_of(draft), recorded, requirements)
        if surprises:
            raise EnvironmentMissingError(
                f"uv built another environment than the run's; they differ in {listed(surprises)}"
            )
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def find_interpreter(recorded: EnvironmentFacts, folder: Path) -> str:
    """Find one of the recorded version on this machine; none is downloaded.

    Raises:
        EnvironmentMissingError: If there is none.
    """
    here = f"{platform.python_implementation()} {platform.python_version()}"
    if here == f"{recorded.implementation} {recorded.python}":
        return sys.executable
    try:
        request = interpreter_request(recorded)
    except NoRequirementError as error:
        raise EnvironmentMissingError(str(error)) from error
    for place in (request, *_of_pyenv(recorded)):
        found = ask_uv(["python", "find", *_OURS_ALONE, "--system", place], folder)
        if found.returncode == 0:
            return found.stdout.strip()
    raise EnvironmentMissingError(
        f"The run used Python {interpreter_of(recorded)}, which uv does not find on this "
        f"machine (this is {here})",
        cure=f"Install it: uv python install {request}.",
    )


def _of_pyenv(recorded: EnvironmentFacts) -> Iterator[str]:
    """Say where pyenv has it: its shims keep from uv what `pyenv global` does not name."""
    root = Path(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"))
    python = root / "versions" / recorded.python / "bin/python"
    if recorded.implementation == "CPython" and python.is_file():
        yield str(python)


def _make(draft: Path, interpreter: str) -> None:
    # Relocatable: it is about to be renamed.
    options = [*_OURS_ALONE, "--relocatable", "--allow-existing", "--python", interpreter]
    made = ask_uv(["venv", *options, str(draft)], draft.parent)
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
    if ask_uv([*install, "--offline"], draft.parent).returncode == 0:
        return None
    say("uv's cache does not hold all of it: downloading.")
    done = ask_uv(install, draft.parent)
    if done.returncode == 0:
        return None
    missing = _missing([*install, "--dry-run"], listing, done.stderr)
    if missing and set(missing) <= set(requirements.optional):
        say(f"Leaving out installers that the run did not import: {listed(missing)}.")
        pins = [pin for pin in requirements.pins if pin.split()[0] not in missing]
        return _install(draft, replace(requirements, pins=tuple(pins)), say)
    unlocked = set(requirements.only_wheels) & {pin.partition("==")[0] for pin in missing}
    raise EnvironmentMissingError(
        "The run's environment cannot be rebuilt, for uv cannot find "
        f"{listed(missing) or 'all of it'} ({_in_brief(done.stderr)})",
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
        again = ask_uv(try_out, listing.parent.parent)
        said = again.stderr if again.returncode and len(missing) < MOST_NAMED else ""
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


def ask_uv(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run uv in a folder, with nobody's environment but the one that it is told."""
    from uv import find_uv_bin

    ours = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON")
    environ = {name: value for name, value in os.environ.items() if name not in ours}
    command = [find_uv_bin(), "--no-progress", "--color", "never", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


def _in_brief(said: str) -> str:
    """Give uv's own reason in one bounded line, without what it says of its progress."""
    text = " ".join((said.partition("error: ")[2] or said).split()).rstrip(".")
    return text if len(text) <= _MOST_OF_UV else text[: _MOST_OF_UV - 2] + " …"
