"""The house: rooms that a reader takes in at a glance. Who may import whom, import-linter says."""

from collections import Counter
from pathlib import Path

import lakeproof

_MOST_FILES = 15
_MOST_LINES = 300
_MOST_OF_A_NAME = 2
_ROOT = Path(lakeproof.__file__).parent
_MODULES = sorted(_ROOT.rglob("*.py"))


def test_no_room_is_a_heap():
    """A folder with more than fifteen modules tells nobody where to look."""
    counts = Counter(path.parent.relative_to(_ROOT).as_posix() for path in _MODULES)
    assert {room: count for room, count in counts.items() if count > _MOST_FILES} == {}
    assert counts["delta/log"] > 5, "nothing was counted"


def test_no_module_is_more_than_a_few_screens():
    """At 300 lines it has two ideas."""
    lines = {path.relative_to(_ROOT): len(path.read_text().splitlines()) for path in _MODULES}
    assert {path: count for path, count in lines.items() if count > _MOST_LINES} == {}
    assert max(lines.values()) > 200, "nothing was counted"


def test_no_name_is_that_of_three_modules():
    """Which one is meant must not hang on the folder that an editor does not show."""
    counts = Counter(path.name for path in _MODULES if path.name != "__init__.py")
    assert {name: count for name, count in counts.items() if count > _MOST_OF_A_NAME} == {}
    assert counts["vacuum.py"] == 2, "nothing was counted"
