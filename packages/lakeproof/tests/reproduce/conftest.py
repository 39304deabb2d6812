"""The environment that runs the tests, looked at once."""

import pytest

from conftest import REPOSITORY
from lakeproof.record.facts import EnvironmentFacts
from lakeproof.record.setup.environment import gather_environment


@pytest.fixture(scope="session")
def here() -> EnvironmentFacts:
    """The environment of the tests."""
    return gather_environment(REPOSITORY)
