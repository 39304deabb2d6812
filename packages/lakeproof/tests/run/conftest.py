"""The noun of runs in this process: a small project."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from small import SmallProject, in_small_project


@pytest.fixture
def small_project(tmp_path: Path) -> Iterator[SmallProject]:
    """A project of a few lines, whose runs are in this process."""
    with in_small_project(tmp_path / "small") as project:
        yield project
