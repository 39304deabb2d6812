"""A vacuum, or the making of a copy, that is killed at some instant: nothing leased is lost."""

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import REPOSITORY
from lakeproof.delta import DeltaTable
from lakeproof.leases import held

pytestmark = pytest.mark.slow

TESTS = REPOSITORY / "packages/lakeproof/tests"
# Dies, as if by the hand of an operating system, before the call of that number.
DYING = """
import os, signal, sys
from pathlib import Path

name, left = sys.argv[2], [int(sys.argv[3])]
from lakeproof.delta import DeltaTable
from lakeproof.leases import held
from leases.conftest import Shelf

path = Path(sys.argv[1])
shelf = Shelf(path, DeltaTable(filepath=str(path / "data/samples")))
table_id = shelf.table_id
real = getattr(os, name)

def dying(*args, **kwargs):
    # Others remove locks and what is on its way by the same call.
    if name != "unlink" or str(args[0]).endswith(".parquet"):
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
    return real(*args, **kwargs)

setattr(os, name, dying)
if name == "unlink":
    shelf.vacuum()
else:
    held.hold(path, table_id, [1], shelf.table, print)
"""


def die(path: Path, name: str, number: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(path), name, str(number)],
        env={"PYTHONPATH": str(TESTS), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr


@pytest.mark.parametrize("number", [1, pytest.param(0, marks=pytest.mark.long)])
def test_a_vacuum_that_is_killed_loses_nothing_and_the_next_one_goes_on(shelf, number):
    """What is leased is whole at every instant, and no file is left over in the end."""
    shelf.take(1)
    die(shelf.path, "unlink", number)
    assert len(shelf.files) == 4 - number
    assert (shelf.rows(1), shelf.rows(3)) == (["v1", "x"], ["v3", "x"])
    shelf.vacuum()
    assert len(shelf.files) == 2


@pytest.mark.parametrize(
    ("name", "number"),
    [("link", 2), ("replace", 0), pytest.param("link", 0, marks=pytest.mark.long)],
)
def test_a_copy_that_is_not_whole_is_none(shelf, name, number):
    """What a killed command has left of it goes with the next; then it is made whole."""
    lease = shelf.take(1, is_held=True)
    die(shelf.path, name, number)
    assert held.copy_of(shelf.path, shelf.table_id, [1]) is None
    assert shelf.rows(1) == ["v1", "x"]
    held.sweep(shelf.path, [lease])
    place = held.hold(shelf.path, shelf.table_id, [1], shelf.table, print)
    assert [one.name for one in place.parent.iterdir()] == ["1"]
    found = DeltaTable(filepath=str(place)).load().collect()["id"].sort().to_list()
    assert found == ["v1", "x"]
