"""The noun of mistakes: a project in which each is made, and in which nothing ever runs."""

import pytest

from conftest import Project, copy_project


@pytest.fixture(scope="package")
def unrun(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that nothing has run in."""
    return copy_project(tmp_path_factory.mktemp("unrun") / "project")


@pytest.fixture(autouse=True)
def _quiet(with_tricks: None) -> None:
    """Leave out what others warn of in every command: to do so counts as a trick of start-up."""
