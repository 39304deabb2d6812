"""The house: rooms that a reader takes in at a glance. Who may import whom, import-linter says."""

from pathlib import Path

import lakeproof

_MOST_FILES = 15


def test_no_room_is_a_heap():
    """A folder with more than fifteen modules tells nobody where to look."""
    root = Path(lakeproof.__file__).parent
    counts = {
        folder.relative_to(root).as_posix(): len(list(folder.glob("*.py")))
        for folder in [root, *(path for path in root.rglob("*") if path.is_dir())]
    }
    assert {room: count for room, count in counts.items() if count > _MOST_FILES} == {}
    assert counts["delta/log"] > 5, "nothing was counted"
