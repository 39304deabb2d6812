"""The code of the page on extending Lakeproof, executed as it stands there."""

import re
import threading

import pytest

from conftest import REPOSITORY
from lakeproof.digest import NotDigestibleError, digest_model
from lakeproof.errors import PinError
from lakeproof.record.factors import registry
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


def test_the_digest_is_that_of_what_counts():
    """Whatever else an object holds, at the page's own four lines."""
    space: dict = {"__name__": "of_a_page"}
    exec(code_of("A digest of a type of your own"), space)
    ledger = space["Ledger"]
    one, same = (ledger("EUR", [1, 2], threading.Lock()) for _ in range(2))
    assert digest_model({"books": [one]}) == digest_model({"books": [same]})
    assert digest_model(one) != digest_model(ledger("EUR", [1, 3], None))
    with pytest.raises(NotDigestibleError, match=r"lakeproof\.digest\.content_of"):
        digest_model([threading.Lock()])


def test_the_factor_is_asked(monkeypatch):
    """Of the process, when a run begins."""
    monkeypatch.setattr(registry, "_collectors", {})
    monkeypatch.setenv("LAB", "Basel")
    exec(code_of("A factor of your own"), {"__name__": "of_a_page"})
    assert registry.collected() == {"lab": "Basel"}
