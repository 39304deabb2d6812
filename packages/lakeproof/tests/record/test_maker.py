"""Who made a run is told from others, and not named."""

import getpass
import platform
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lakeproof.record.setup import maker


@pytest.fixture
def checkouts(tmp_path: Path) -> list[Path]:
    """Two folders of two users."""
    found = [tmp_path / "anna", tmp_path / "ben"]
    for folder in found:
        folder.mkdir()
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        address = f"{folder.name}@example.org"
        subprocess.run(["git", "config", "user.email", address], cwd=folder, check=True)
    return found


def test_a_checkout_keeps_its_id_and_another_has_another(checkouts):
    """As two users are two; the machine is one."""
    anna, ben = map(maker.maker_of, checkouts)
    maker.maker_of.cache_clear()
    assert maker.maker_of(checkouts[0]) == anna
    assert anna.checkout != ben.checkout
    assert anna.user != ben.user
    assert anna.machine == ben.machine
    assert (checkouts[0] / ".lakeproof/.gitignore").read_text() == "*\n"


def test_no_name_and_no_place_is_in_it(checkouts):
    """Digests and a random number."""
    told = str(maker.maker_of(checkouts[0]))
    for name in (str(checkouts[0]), platform.node(), getpass.getuser(), "anna"):
        assert name not in told


def test_an_id_that_was_spoilt_or_cannot_be_written_is_none(tmp_path):
    """Nothing is made of it, and nothing ends."""
    (tmp_path / "one/.lakeproof").mkdir(parents=True)
    (tmp_path / "one/.lakeproof/id").write_text("../../etc/passwd")
    (tmp_path / "two").mkdir()
    (tmp_path / "two/.lakeproof").write_text("a file")
    assert maker.maker_of(tmp_path / "one").checkout is None
    assert maker.maker_of(tmp_path / "two").checkout is None


def test_who_is_asked_by_several_threads_of_a_new_checkout_says_one_thing(tmp_path):
    """The run gathers beside what ends it."""
    for number in range(20):
        place = tmp_path / str(number)
        place.mkdir()
        together = threading.Barrier(8)

        def asked(place: Path = place, together: threading.Barrier = together) -> str | None:
            together.wait()
            return maker._checkout(place)

        with ThreadPoolExecutor(8) as threads:
            (found,) = {one.result() for one in [threads.submit(asked) for _ in range(8)]}
        assert found is not None
