"""Commands as they are typed in a tool's own environment, with nothing of this one's."""

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from measure import ROOT

UV = str(ROOT / ".venv/bin/uv")


@cache
def _cache() -> str:
    return subprocess.check_output([UV, "cache", "dir"], text=True).strip()


def shell(
    command: str, folder: Path, bin_: Path, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Type one command."""
    clean = {
        "PATH": f"{bin_}:{os.environ['PATH']}",
        "HOME": str(folder.parent),
        "USER": "b",
        # What environments are built again from.
        "UV_CACHE_DIR": _cache(),
        "DO_NOT_TRACK": "1",
        "KEDRO_DISABLE_TELEMETRY": "1",
        **(more or {}),
    }
    return subprocess.run(
        command, shell=True, cwd=folder, env=clean, capture_output=True, text=True, check=False
    )


def all_of(commands: tuple[str, ...], folder: Path, bin_: Path) -> None:
    """Type some, each of which must succeed."""
    for command in commands:
        done = shell(command, folder, bin_)
        if done.returncode:
            sys.exit(f"{command}: {done.stdout[-1000:]} {done.stderr[-2000:]}")
