"""A small decade of `benchmarks/decade.py`: what ten years show, in two hundred nights."""

import json
import subprocess
import sys

import pytest

from conftest import REPOSITORY

pytestmark = pytest.mark.slow

OF_CI = (
    *("--nights", "60", "--kills", "10", "--erasures", "2", "--by-time", "0"),
    *("--run-every", "20", "--keep-every", "20", "--clean-every", "10", "--schema-every", "40"),
)
SMALL = (
    *("--nights", "200", "--kills", "20", "--erasures", "2", "--by-time", "0"),
    *("--run-every", "40", "--keep-every", "100", "--clean-every", "20", "--schema-every", "60"),
)


@pytest.mark.parametrize(
    ("asked", "kills"),
    [(OF_CI, 6), pytest.param(SMALL, 15, marks=pytest.mark.beyond_ci)],
    ids=["60", "200"],
)
def test_nothing_that_is_leased_is_lost_and_nothing_that_was_erased_is_left(tmp_path, asked, kills):
    """Whatever is killed, and whoever vacuums; `check` names no day after the true one."""
    script = REPOSITORY / "packages/lakeproof/benchmarks/decade.py"
    done = subprocess.run(
        [sys.executable, str(script), *asked, "--world", str(tmp_path / "world")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    told = json.loads(done.stdout.splitlines()[-1])
    assert sum(told["kills"].values()) >= kills, told["kills"]
    assert told["kills"].keys() == {"keep", "vacuum", "optimize", "erase"}
    assert told["dates"]["asked"] >= 2
    assert told["looked_at"] > 50
