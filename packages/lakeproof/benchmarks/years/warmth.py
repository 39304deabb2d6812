"""Do once what every command of a process would do again: look at what is installed.

A command has a process of its own, and ten years would be five thousand. Nothing is installed
meanwhile.
"""

import functools
import gc
import importlib.metadata
from typing import Any

from lakeproof.record.setup import installed, local_packages
from lakeproof.reproduce.environment import package_sources


def stay_warm() -> None:
    """Have this process, and those that are forked from it, remember what is installed."""
    for name in ("metadata", "entry_points", "files"):
        _remember_property(importlib.metadata.PathDistribution, name)
    for name in ("_records", "changed_files"):
        setattr(installed, name, functools.cache(getattr(installed, name)))
    asked = functools.cache(local_packages.digest_of_sources)
    for module in (local_packages, package_sources):
        module.digest_of_sources = lambda root, names=(): asked(root, tuple(names))
    # What was imported stays.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _remember_property(kind: type, name: str) -> None:
    asked = getattr(kind, name).fget
    remembered: dict[str, Any] = {}

    def ask(self: Any) -> Any:
        place = str(self._path)
        if place not in remembered:
            remembered[place] = asked(self)
        return remembered[place]

    setattr(kind, name, property(ask))
