"""What is written, deleted or linked below a folder is below it, wherever links and names lead."""

from pathlib import Path

import pytest

from lakeproof.inside import OutsideError, by_no_link, inside, is_by_no_link, is_inside


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with links out of it, to what lies beside it."""
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (tmp_path / "beside").mkdir()
    (tmp_path / "root-too").mkdir()
    (root / "out").symlink_to(tmp_path / "beside")
    (root / "up").symlink_to("..")
    (root / "again").symlink_to("in")
    return root


@pytest.mark.parametrize(
    "path",
    ["a", "in/a", "in/../a", "not/there/yet", "again/a", "out", "up", "in/..a", "in/a..", "~"],
)
def test_what_is_below_a_folder_may_be_touched(root, path):
    """A link that the path ends in is one of its own files, whatever it leads to."""
    assert is_inside(root, path)
    assert inside(root, path) == root / path


@pytest.mark.parametrize(
    "path",
    [
        *("", ".", "..", "../a", "in/../../a", "out/a", "up/beside/a", "up/root-too/a"),
        *("/etc/passwd", "in/..", "up/root/../a", "in/../.."),
    ],
)
def test_what_leads_out_is_refused(root, path):
    """By its name, its root, a link on the way, and the folder itself, which is not below it."""
    assert not is_inside(root, path)
    with pytest.raises(OutsideError, match="leads out of"):
        inside(root, path)


def test_a_folder_that_is_reached_by_a_link_is_the_same(root, tmp_path):
    """Some systems have their temporary folder behind one."""
    (tmp_path / "way").symlink_to(tmp_path / "root")
    assert inside(tmp_path / "way", "in/a")
    assert is_inside(root, str(tmp_path / "way/in/a"))


@pytest.mark.parametrize(
    ("path", "is_so"),
    [
        *[("in", True), ("in/a", True), ("not/there/yet", True), ("in/..a", True)],
        *[("again", False), ("again/a", False), ("out", False), ("out/a", False), ("up", False)],
        *[("", False), ("..", False), ("../root/in", False), ("/etc/passwd", False)],
    ],
)
def test_a_link_may_lead_to_another_folder_of_ours(root, path, is_so):
    """So that what goes with all that is in it has none on the way; the way to the root may."""
    (root.parent / "way").symlink_to("root")
    assert is_by_no_link(root, path) is is_by_no_link(root.parent / "way", path) is is_so
    if not is_so:
        with pytest.raises(OutsideError):
            by_no_link(root, path)
