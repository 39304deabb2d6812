"""The code of the page on extending Lakeproof, executed as it stands there."""

import re

import pytest

from conftest import REPOSITORY
from lakeproof.errors import PinError
from lakeproof.versioned.contract import is_versioned

PAGE = REPOSITORY / "packages/lakeproof/docs/extend.md"


def code_of(heading: str) -> str:
    """The first block of Python below a heading."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found
    return found[1]


def test_the_dataset_keeps_its_versions(tmp_path):
    """Written, not written again, read at a version, and refused where there is none."""
    space: dict = {}
    exec(code_of("A dataset with versions"), space)
    dataset = space["JsonVersions"](filepath=str(tmp_path / "settings"))
    assert is_versioned(dataset)
    for data in ({"a": 1}, {"a": 1}, {"a": 2}):
        dataset.save(data)
    assert dataset.versions() == [0, 1]
    pinned = space["JsonVersions"](filepath=str(tmp_path / "settings"), load_args={"version": 0})
    assert (pinned.load(), dataset.load()) == ({"a": 1}, {"a": 2})
    dataset.name_as("settings")
    with pytest.raises(PinError, match=r"'settings' has no version 2: there are versions 0 to 1"):
        dataset.open(2)
