"""The environments of a project: the folders of its configuration."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lakeproof.errors import RunError


def environments(conf_path: Path) -> list[str]:
    """List the folders that hold an environment's configuration."""
    return sorted(
        path.name
        for path in conf_path.iterdir()
        if path.is_dir() and not path.name.startswith((".", "_"))
    )


def named_environment(env: str | None) -> str | None:
    """Give the environment that somebody named, by flag or by `KEDRO_ENV`, as Kedro takes it."""
    return env or os.environ.get("KEDRO_ENV") or None


def require_environment(config_loader: Any) -> None:
    """Refuse an environment without a folder, which Kedro takes for one that configures nothing.

    Args:
        config_loader: Of the environment; one that reads an archive is left alone.

    Raises:
        RunError: If there is no such folder.
    """
    conf_path = Path(str(config_loader.conf_source))
    env = config_loader.env or getattr(config_loader, "default_run_env", None)
    if not env or not conf_path.is_dir() or (conf_path / env).is_dir():
        return
    there = environments(conf_path)
    close = get_close_matches(env, there, n=1)
    named = " (KEDRO_ENV)" if env == os.environ.get("KEDRO_ENV") else ""
    if not config_loader.env:
        named = ", the default one"
    raise RunError(
        f"There is no environment '{env}'{named}: no folder {conf_path / env}. Nothing was run. "
        + (f"Did you mean '{close[0]}'? " if close else "")
        + f"Environments: {', '.join(there) or 'none'}. To make it: mkdir {conf_path / env}"
    )
