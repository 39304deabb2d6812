"""What the tests share: a project that nothing has run in, and one with a recorded run."""

from pathlib import Path

import pytest

from projects import Finished, Project, copy_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that nothing has run in."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Finished]:
    """A project after one run of everything; look, do not touch."""
    project = copy_project(tmp_path_factory.mktemp("recorded") / "project")
    return project, project.kedro("run")
