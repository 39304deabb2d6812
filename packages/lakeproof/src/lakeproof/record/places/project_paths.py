"""Places of the project: as configuration names them, as a record does, and what lies below one."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lakeproof.advice import configured_in

RESOLVER = "project_path"


def register_project_path(project_path: Path) -> None:
    """Make `${project_path:mlflow.db}` the absolute path of a file of the project.

    MLflow takes `sqlite:///mlflow.db` relative to the current directory, so that a run started
    elsewhere would begin a second, empty store.
    """
    from omegaconf import OmegaConf

    def absolute(relative: str = "") -> str:
        return str(Path(project_path, relative))

    OmegaConf.register_resolver(RESOLVER, absolute, replace=True)


def register_configuration(project_path: Path, config_loader: Any) -> None:
    """Let errors name the files of the configuration."""
    over = config_loader.env or getattr(config_loader, "default_run_env", "")
    environments = (over or "", getattr(config_loader, "base_env", "") or "")
    configured_in(project_path, Path(str(config_loader.conf_source)), environments)


def relative_to_project(place: str, project_path: Path) -> str:
    """Write a place relative to the project where it lies inside, or else as it is."""
    if "://" in place:
        return place
    # `..` in a catalog may lead out of the project.
    path = Path(os.path.normpath(Path(project_path, place)))
    if path.is_relative_to(project_path):
        return path.relative_to(project_path).as_posix()
    return path.as_posix()


def files_below(folder: Path, left_out: re.Pattern[str] | None = None) -> Iterator[Path]:
    """Walk a folder and the folders that links in it lead to, each of them once.

    Args:
        folder: May be missing, and has no files then.
        left_out: The names of folders that are not looked into.
    """
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        # A link may lead to a folder above it.
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        if left_out is not None:
            folders[:] = [name for name in folders if not left_out.fullmatch(name)]
        yield from (Path(place, name) for name in names)
