"""What lies around a process and has a say in it: time zone, locale, settings of Python, umask.

A date that is parsed, a text that is sorted or decoded, an `assert`: they hang on these, and a
re-run has them again. Taken when a run begins, since a node may change them. Not for threads,
kernels and the hash seed (`recipe`).
"""

import locale
import os
import platform
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lakeproof.record.factors.setup_factor import NOT_LOOKED, SetupFactor
from lakeproof.record.facts import ComputeFacts, Surroundings

TIME_ZONE = "TZ"
LOCALE = (
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_ADDRESS",
    "LC_COLLATE",
    "LC_CTYPE",
    "LC_IDENTIFICATION",
    "LC_MEASUREMENT",
    "LC_MESSAGES",
    "LC_MONETARY",
    "LC_NAME",
    "LC_NUMERIC",
    "LC_PAPER",
    "LC_TELEPHONE",
    "LC_TIME",
)
# Those by which a program can come to something else. Those that lead to other code (PYTHONPATH),
# wait for a person (PYTHONINSPECT), or only say or write more, are none of a record's.
PYTHON = (
    "PYTHONASYNCIODEBUG",
    "PYTHONCASEOK",
    "PYTHONCOERCECLOCALE",
    "PYTHONDEVMODE",
    "PYTHONINTMAXSTRDIGITS",
    "PYTHONIOENCODING",
    "PYTHONLEGACYWINDOWSFSENCODING",
    "PYTHONLEGACYWINDOWSSTDIO",
    "PYTHONMALLOC",
    "PYTHONNOUSERSITE",
    "PYTHONOPTIMIZE",
    "PYTHONUTF8",
    "PYTHONWARNINGS",
    "PYTHON_CONTEXT_AWARE_WARNINGS",
    "PYTHON_CPU_COUNT",
    "PYTHON_GIL",
    "PYTHON_JIT",
    "PYTHON_THREAD_INHERIT_CONTEXT",
)

_LOCALTIME = Path("/etc/localtime")
_STATUS = Path("/proc/self/status")
_UTC = frozenset({"Etc/UCT", "Etc/UTC", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu"})
# Its owner could not read what the process writes.
_OWNER = 0o700


def gather_surroundings(
    environ: Mapping[str, str] = os.environ, localtime: Path = _LOCALTIME
) -> Surroundings:
    """Look at what this process was started with and what it made of it."""
    variables = {name: environ[name] for name in (*LOCALE, *PYTHON) if environ.get(name)}
    # Set and empty, it is UTC; not set, it is the machine's.
    zone = environ.get(TIME_ZONE)
    if zone is not None and (named := _zone(zone)) is not None:
        variables[TIME_ZONE] = named
    # A value that is no text in any encoding could not be written down.
    variables = {
        name: value.encode("utf-8", "backslashreplace").decode()
        for name, value in variables.items()
    }
    return Surroundings(
        time_zone=_machine_zone(localtime) if zone is None else _zone(zone),
        locale=locale.setlocale(locale.LC_ALL),
        variables=dict(sorted(variables.items())),
        umask=_umask(),
        c_library=_c_library(),
    )


def restored_variables(
    recorded: Surroundings, localtime: Path = _LOCALTIME
) -> dict[str, str | None]:
    """Give the variables of a process, to be restored in it; `None` is one that is not set.

    Only these names are ever set, whatever else a record calls a variable.
    """
    wanted: dict[str, str | None] = {
        name: recorded.variables.get(name) for name in (*LOCALE, *PYTHON, TIME_ZONE)
    }
    if wanted[TIME_ZONE] is None and recorded.time_zone != _machine_zone(localtime):
        # The run had its machine's, and this machine has another.
        wanted[TIME_ZONE] = recorded.time_zone
    return {name: None if value and "\0" in value else value for name, value in wanted.items()}


def restored_umask(recorded: Surroundings) -> int | None:
    """Give the umask of a process, to be restored in it; `None` leaves it as it is."""
    if recorded.umask is None or not re.fullmatch(r"0[0-7]{3}", recorded.umask):
        return None
    umask = int(recorded.umask, 8)
    return None if umask & _OWNER else umask


def _zone(value: str) -> str | None:
    """Name a zone as its database does, without the place of that on this machine."""
    name = value.removeprefix(":").rpartition("zoneinfo/")[2]
    if name.startswith("/"):
        return None
    return "UTC" if not name or name in _UTC else name


def _machine_zone(localtime: Path) -> str | None:
    """Name the machine's zone; `None` where a file has it that says no name."""
    try:
        target = localtime.readlink()
    except FileNotFoundError:
        return "UTC"
    except OSError:
        return None
    found = target.as_posix().rpartition("zoneinfo/")
    return _zone(found[2]) if found[1] else None


def _umask() -> str | None:
    """Read it; to ask for it otherwise is to set it, for every thread of the process."""
    try:
        found = re.search(r"^Umask:\s*([0-7]+)$", _STATUS.read_text(), re.MULTILINE)
    except OSError:
        return None
    return found[1] if found else None


def _c_library() -> str | None:
    """Name the C library, whose functions are exact to other last bits in another version."""
    name, version = platform.libc_ver()
    if not name and platform.system() == "Darwin":
        name, version = "macOS", platform.mac_ver()[0]
    return f"{name} {version}".strip() or None


def _locale(found: Surroundings) -> dict[str, Any]:
    """Give what was asked for, and what the C library made of it."""
    return {**_set(found, "LANG", "LC_"), "in force": found.locale}


def _set(found: Surroundings, *prefixes: str) -> dict[str, Any]:
    return {name: value for name, value in found.variables.items() if name.startswith(prefixes)}


def _of(ask: Callable[[Surroundings], Any]) -> Callable[[ComputeFacts], Any]:
    """Ask a record for one of these; one from before they were recorded has none."""
    return lambda found: NOT_LOOKED if found.surroundings is None else ask(found.surroundings)


FACTORS = (
    SetupFactor("time zone", _of(lambda found: found.time_zone), "time zone"),
    SetupFactor("locale", _of(_locale), "locale", _of(lambda found: found.locale)),
    SetupFactor(
        "python settings",
        _of(lambda found: _set(found, "PYTHON")),
        "variables",
        _of(lambda found: found.variables),
    ),
    SetupFactor("umask", _of(lambda found: found.umask), "umask"),
    SetupFactor("c library", _of(lambda found: found.c_library), "C library"),
)
