"""The interpreter and what is installed beside it, as this process sees them.

Not for what the machine is (`compute`), nor for whether two environments are the same
(`reproduce.environment`).
"""

import platform
import re
import sys
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lakeproof.checksum import sha256_of
from lakeproof.record.facts import Distribution, EnvironmentFacts
from lakeproof.record.setup.installed import gather_changed
from lakeproof.record.setup.local_packages import direct_url, local_package, place_in_repository

PROJECT, EDITABLE = "project", "editable"
_LOCKS = (
    *("requirements/*.txt", "requirements*.txt"),
    *("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"),
)


def gather_environment(
    project_path: Path,
    lock_names: Iterable[str] | None = None,
    *,
    is_quick: bool = False,
    known: Collection[str] = (),
) -> EnvironmentFacts:
    """List every distribution that this process could import, and the interpreter.

    Args:
        project_path: Its own distribution is called the project, wherever it is installed from:
            that is the code, which has its own digest.
        lock_names: The locks, relative to the project; those of pip, uv, Poetry and PDM where they
            usually lie, unless said otherwise. One that is not there is left out.
        is_quick: Leave for the run's end what is cheaper to find then (`installed.with_loaded`).
        known: Files of no distribution that are looked for where it is quick, too.
    """
    return EnvironmentFacts(
        implementation=platform.python_implementation(),
        python=platform.python_version(),
        build=", ".join((*platform.python_build(), platform.python_compiler())),
        distributions=_distributions(project_path),
        locks=_locks(project_path, lock_names),
        changed_files=gather_changed(is_quick=is_quick, known=known),
    )


def imported_installers() -> tuple[str, ...]:
    """Name what of pip, setuptools, uv and wheel has been imported; asked when a run ends."""
    names = {name: name for name in ("pip", "setuptools", "uv", "wheel")}
    names["pkg_resources"] = "setuptools"
    return tuple(sorted({names[module] for module in names.keys() & sys.modules.keys()}))


def normalised(name: str) -> str:
    """Spell a distribution's name as PEP 503 does, so that `Ruamel_yaml` is `ruamel-yaml`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _distributions(project_path: Path) -> tuple[Distribution, ...]:
    own_name = _name_of_project(project_path)
    found: dict[str, Distribution] = {}
    # In the order of `sys.path`: of two with one name, the first is imported.
    for installed in metadata.distributions():
        name, version = _name_and_version(installed)
        if name and version and name not in found:
            origin = PROJECT if name == own_name else _origin(installed, project_path)
            found[name] = _with_content(
                Distribution(name, version, origin), installed, project_path
            )
    return tuple(found[name] for name in sorted(found))


def _with_content(
    found: Distribution, installed: metadata.Distribution, project_path: Path
) -> Distribution:
    """Add what a file or a folder of this machine holds, and where it is in the repository."""
    if found.origin is None or found.origin == PROJECT:
        return found
    local = local_package(installed)
    if local is None:
        return found
    path = place_in_repository(local.place, project_path)
    return replace(found, digest=local.digest, path=path)


def version_of(name: str) -> str:
    """Give the version of what is installed; `metadata.version` takes ten times as long.

    Raises:
        importlib.metadata.PackageNotFoundError: If it is not.
    """
    _, version = _name_and_version(metadata.distribution(name))
    return version or ""


def _name_and_version(installed: metadata.Distribution) -> tuple[str | None, str | None]:
    """Read the two headers; `Distribution.name` parses the whole file, at ten times the cost."""
    text = installed.read_text("METADATA") or installed.read_text("PKG-INFO") or ""
    headers = text.partition("\n\n")[0]
    name = re.search(r"^Name:\s*(\S+)", headers, re.MULTILINE)
    version = re.search(r"^Version:\s*(\S+)", headers, re.MULTILINE)
    return name and normalised(name[1]), version and version[1]


def _origin(installed: metadata.Distribution, project_path: Path) -> str | None:
    """Tell where a distribution came from, by the file that PEP 610 has installers write."""
    direct = direct_url(installed)
    if not direct:
        return None
    address = _public(direct["url"])
    if direct.get("dir_info", {}).get("editable"):
        return PROJECT if _is_folder(direct["url"], project_path) else EDITABLE
    return address + _exactly(direct)


def _exactly(direct: dict[str, Any]) -> str:
    """Name the commit, or the file's digest, that the address stood for."""
    commit = direct.get("vcs_info", {}).get("commit_id")
    if commit:
        return f"@{commit}"
    sha256 = direct.get("archive_info", {}).get("hashes", {}).get("sha256")
    return f"#sha256={sha256}" if sha256 else ""


def _public(url: str) -> str:
    """Leave out of an address what is private: credentials, a query, a folder of this machine."""
    parts = urlsplit(re.sub(r"\s", "%20", url.strip()))
    if parts.scheme == "file" or not parts.netloc:
        # Also what is no address at all, but a place on this machine or `user@host:folder`.
        return "file:" + re.split(r"[/:\\]", parts.path.rstrip("/"))[-1]
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _is_folder(url: str, folder: Path) -> bool:
    from urllib.request import url2pathname

    return Path(url2pathname(urlsplit(url).path)).resolve() == folder.resolve()


def _name_of_project(project_path: Path) -> str | None:
    try:
        declared = tomllib.loads((project_path / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    # Poetry had a table of its own before there was one for all.
    for table in (declared.get("project", {}), declared.get("tool", {}).get("poetry", {})):
        name = table.get("name")
        if isinstance(name, str):
            return normalised(name)
    return None


def _locks(project_path: Path, lock_names: Iterable[str] | None) -> dict[str, str]:
    if lock_names is None:
        paths = [path for pattern in _LOCKS for path in project_path.glob(pattern)]
    else:
        paths = [project_path / name for name in lock_names]
    return {
        path.relative_to(project_path).as_posix(): _file_digest(path)
        for path in sorted(paths)
        if path.is_file()
    }


def lock_hashes(facts: EnvironmentFacts, folder: Path) -> dict[str, set[str]]:
    """Read the hashes that the run's requirements files give, by `name==version`.

    A file that is not, byte for byte, one of the recorded ones is not believed.
    """
    hashes: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.txt")):
        if _file_digest(path) not in facts.locks.values():
            continue
        # A requirement and its hashes are one line, broken by backslashes.
        for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
            pinned = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", line)
            if pinned:
                found = re.findall(r"--hash=(\S+)", line)
                hashes.setdefault(f"{normalised(pinned[1])}=={pinned[2]}", set()).update(found)
    return hashes


def _file_digest(path: Path) -> str:
    return f"sha256:{sha256_of(path)}"
