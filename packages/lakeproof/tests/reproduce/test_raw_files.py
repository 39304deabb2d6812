"""A re-run sees the raw files that the run saw, with the bytes it saw, and no others."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.errors import LakeproofError
from lakeproof.record.facts import Content, FileFacts
from lakeproof.reproduce.code import recorded_contents
from lakeproof.reproduce.code.raw_files import place_files
from lakeproof.reproduce.code.recorded_contents import lacking, restore

OLD = 1_600_000_000


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def fact(path: str, text: str, dataset: str = "deliveries", **more: object) -> FileFacts:
    return FileFacts(dataset, path, sha(text), len(text), **more)


def no_artifact(_: FileFacts) -> None:
    return None


class Places:
    """The user's project and the worktree's."""

    def __init__(self, tmp_path: Path) -> None:
        self.user, self.worktree = tmp_path / "user", tmp_path / "worktree"
        self.user.mkdir()
        self.worktree.mkdir()

    def write(self, root: Path, path: str, text: str) -> Path:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.utime(file, (OLD, OLD))
        return file

    def place(self, *files: FileFacts, find_artifact=no_artifact) -> None:
        place_files(files, self.user, self.worktree, find_artifact)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_a_file_that_git_restored_stays(places):
    """Whatever has become of the user's."""
    there = places.write(places.worktree, "data/a.csv", "then")
    before = there.stat()
    places.write(places.user, "data/a.csv", "now")
    places.place(fact("data/a.csv", "then"))
    after = there.stat()
    assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)


def test_a_file_is_copied_from_the_users_tree(places):
    """A copy with its times: what the re-run writes into it is not the user's."""
    mine = places.write(places.user, "data/a.csv", "then")
    places.write(places.worktree, "data/a.csv", "committed")
    places.place(fact("data/a.csv", "then"))
    copy = places.worktree / "data/a.csv"
    assert copy.read_text() == "then"
    assert copy.stat().st_mtime == OLD
    assert not copy.samefile(mine)
    copy.write_text("changed in place")
    assert mine.read_text() == "then"


def test_a_file_comes_from_an_artifact_where_the_users_is_another(places, tmp_path):
    """By its bytes, not by its name."""
    places.write(places.user, "data/a.csv", "now")
    artifact = places.write(tmp_path, "artifacts/a", "then")
    places.place(fact("data/a.csv", "then"), find_artifact=lambda _: artifact)
    assert (places.worktree / "data/a.csv").read_text() == "then"
    assert (places.user / "data/a.csv").read_text() == "now"


def test_every_file_that_cannot_be_had_is_named_with_both_digests(places, tmp_path):
    """Changed, gone, and an artifact with other bytes; what is left in place is the old file."""
    places.write(places.user, "data/a.csv", "now")
    artifact = places.write(tmp_path, "artifacts/a", "another")
    with pytest.raises(LakeproofError) as error:
        places.place(
            fact("data/a.csv", "then"),
            fact("data/b.csv", "gone"),
            find_artifact=lambda _: artifact,
        )
    message = error.value.message
    assert f"data/a.csv (deliveries) is now sha256 {sha('now')}, recorded sha256 {sha('then')}" in (
        message
    )
    assert f"data/b.csv (deliveries) is not there, recorded sha256 {sha('gone')}" in message
    assert not (places.worktree / "data/a.csv").exists()


def test_many_lost_files_are_counted(places):
    """The message stays short."""
    with pytest.raises(LakeproofError, match=r"^9 file\(s\).*and 4 more"):
        places.place(*(fact(f"data/{number}.csv", "x") for number in range(9)))


def test_what_the_run_wrote_itself_is_not_placed(places):
    """The re-run has to write it."""
    places.write(places.user, "data/model.json", "then")
    places.place(fact("data/model.json", "then", is_own=True))
    assert not (places.worktree / "data/model.json").exists()


def test_a_delivery_that_the_run_did_not_see_is_taken_out_of_the_worktree(places):
    """A pattern would find it; the note beside the deliveries and the user's files stay."""
    for name in ("a.csv", "b.csv", "c.csv", "README.md", ".gitkeep", "other.csv"):
        places.write(places.worktree, f"data/{name}", name)
        places.write(places.user, f"data/{name}", name)
    places.place(
        fact("data/a.csv", "a.csv"),
        fact("data/b.csv", "b.csv"),
        fact("data/other.csv", "other.csv", "lookup"),
    )
    assert sorted(os.listdir(places.worktree / "data")) == [
        ".gitkeep",
        "README.md",
        "a.csv",
        "b.csv",
        "other.csv",
    ]
    assert (places.user / "data/c.csv").read_text() == "c.csv"


def test_the_neighbours_of_a_single_file_stay(places):
    """Nothing says that its dataset reads a folder."""
    places.write(places.worktree, "data/a.csv", "a")
    places.write(places.worktree, "data/b.csv", "b")
    places.place(fact("data/a.csv", "a"))
    assert (places.worktree / "data/b.csv").exists()


def test_a_file_outside_of_the_project_is_verified_where_it_is(places, tmp_path):
    """Read in place, never copied."""
    outside = places.write(tmp_path, "outside/a.csv", "then")
    places.place(fact(str(outside), "then"))
    outside.write_text("now")
    with pytest.raises(LakeproofError, match=f"is now sha256 {sha('now')}"):
        places.place(fact(str(outside), "then"))


def test_a_link_in_the_worktree_is_replaced_by_a_copy(places, tmp_path):
    """Of the file or of a folder above it: through either a node would write the user's."""
    mine = places.write(tmp_path, "disk/a.csv", "then")
    for root in (places.user, places.worktree):
        (root / "data").symlink_to(tmp_path / "disk")
        (root / "b.csv").symlink_to(mine)
    places.place(fact("data/a.csv", "then", "one"), fact("b.csv", "then", "two"))
    for path in ("data/a.csv", "b.csv"):
        assert (places.worktree / path).resolve().is_relative_to(places.worktree)
        assert (places.worktree / path).read_text() == "then"
    assert mine.read_text() == "then"


def test_a_path_that_leads_out_of_the_project_is_refused(places, tmp_path):
    """A record edited by hand writes nowhere else."""
    places.write(tmp_path, "a.csv", "then")
    with pytest.raises(LakeproofError, match="leads out of the project"):
        places.place(fact("../a.csv", "then"))


def test_no_folder_outside_of_the_worktree_is_cleared(places, tmp_path):
    """Neither by dots in what the run is said to have written itself, nor by a link of git's."""
    victim = places.write(tmp_path, "victim/precious.csv", "mine")
    (places.worktree / "link").symlink_to(tmp_path / "victim")
    for folder in ("../victim", "link", "link/../../victim", "data/../../victim"):
        places.place(*(fact(f"{folder}/{name}.csv", name, is_own=True) for name in "ab"))
        assert victim.read_text() == "mine"


def test_what_is_no_file_is_not_read(places):
    """A device has no end, and a pipe waits for one who writes."""
    os.mkfifo(places.user / "pipe.csv")
    for path in ("/dev/zero", "pipe.csv"):
        with pytest.raises(LakeproofError, match="is not there"):
            places.place(fact(path, "then"))


def test_a_folder_without_end_is_not_looked_through(tmp_path, monkeypatch):
    """A record may name the root of the disk as the place of its configuration."""
    monkeypatch.setattr(recorded_contents, "_LOOKED_AT_MOST", 20)
    for number in range(30):
        (tmp_path / f"{number:02}").mkdir()
    (tmp_path / "29/mine.yml").write_text("found")
    withheld = Content("gone.yml", sha("found"), 5, withheld="it is a secret")
    assert "Put the file back" in str(lacking(withheld, tmp_path))
    (tmp_path / "01/mine.yml").write_text("found")
    assert lacking(withheld, tmp_path) is None


@pytest.mark.parametrize(("mode", "expected"), [(0o600, 0o600), (0o640, 0o644), (None, 0o600)])
def test_a_restored_file_is_as_private_as_the_users_own(tmp_path, mode, expected):
    """One that is gone may have been its owner's alone."""
    present, root = tmp_path / "present", tmp_path / "root"
    present.mkdir()
    root.mkdir()
    if mode is not None:
        (present / "local.yml").touch(mode=mode)
        (present / "local.yml").chmod(mode)
    content = Content("local.yml", sha("a: 1\n"), 5, text="a: 1\n")
    umask = os.umask(0o022)
    try:
        restore(content, root, "local.yml", present)
        restore(replace(content, is_executable=True), root, "run.sh", present)
    finally:
        os.umask(umask)
    assert (root / "local.yml").stat().st_mode & 0o777 == expected
    assert (root / "run.sh").stat().st_mode & 0o100


def test_what_lies_outside_is_mirrored_as_it_was_recorded(tmp_path):
    """From its own place, from the commit beside the project, or from the record; never linked."""
    repository, scratch = tmp_path / "repository", tmp_path / "scratch"
    project, worktree = repository / "project", scratch / "project/project"
    for folder in (project, worktree, tmp_path / "disk"):
        folder.mkdir(parents=True)
    (tmp_path / "disk/same").write_text("same")
    (tmp_path / "disk/CHECKPOINT").write_text("moved on")
    (repository / "shared").write_text("today's")
    (scratch / "project/shared").write_text("committed")
    contents = {
        tmp_path / "disk/same": "same",
        tmp_path / "disk/CHECKPOINT": "as it was",
        repository / "shared": "committed",
    }
    files = [fact(str(path), text) for path, text in contents.items()]
    files[1] = replace(files[1], text="as it was")
    outside = scratch / "outside"
    place_files(files, project, worktree, no_artifact, outside)
    for path, text in contents.items():
        copy = outside / str(path).lstrip("/")
        assert copy.read_text() == text
        assert not copy.is_symlink()
        assert copy.stat().st_nlink == 1
    assert (tmp_path / "disk/CHECKPOINT").read_text() == "moved on"
    (tmp_path / "disk/same").write_text("another")
    with pytest.raises(LakeproofError, match="disk/same"):
        place_files(files[:1], project, worktree, no_artifact, outside)


def test_a_checkpoint_of_the_project_is_the_recorded_one(tmp_path):
    """The run itself has moved the user's on; a text that is not the recorded one is not taken."""
    project, worktree = tmp_path / "project", tmp_path / "worktree"
    for folder in (project / "data", worktree):
        folder.mkdir(parents=True)
    (project / "data/CHECKPOINT").write_text("moved on")
    file = replace(fact("data/CHECKPOINT", "as it was"), text="as it was")
    place_files([file], project, worktree, no_artifact)
    assert (worktree / "data/CHECKPOINT").read_text() == "as it was"
    (worktree / "data/CHECKPOINT").unlink()
    with pytest.raises(LakeproofError):
        place_files([replace(file, text="forged")], project, worktree, no_artifact)
