"""What a node opened by itself and git does not hold is there for its re-run, if it is the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.record.facts import NotControlled
from lakeproof.reproduce.code.seen_files import place_seen
from lakeproof.watch.seen import file_seen

from .builders import a_node, sha


@pytest.fixture
def places(tmp_path) -> tuple[Path, Path]:
    project, worktree = tmp_path / "project", tmp_path / "worktree"
    for name in ("lookup.csv", "folder/a", "folder/deep/b", "made.txt", "changed.txt"):
        path = project / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "secret").write_text("secret")
    worktree.mkdir()
    return project, worktree


def placed(places: tuple[Path, Path], *reached: NotControlled) -> set[str]:
    node = replace(a_node("n", [], []), not_controlled=reached)
    place_seen((node,), *places)
    files = (path for path in places[1].rglob("*") if path.is_file())
    return {path.relative_to(places[1]).as_posix() for path in files}


def a_file(name: str, content: str, kind: str = "file") -> NotControlled:
    return NotControlled(kind, name, f"sha256:{sha(content)}")


def test_files_and_whole_folders_are_copied_where_they_are_the_same(places):
    """Nothing that is another today, nor what the node wrote by itself."""
    whole = file_seen("folder", str(places[0] / "data/folder"))
    assert placed(
        places,
        a_file("data/lookup.csv", "lookup.csv"),
        NotControlled("folder", "data/folder", whole.digest, whole.note),
        a_file("data/changed.txt", "as it was"),
        a_file("data/made.txt", "made.txt"),
        a_file("data/made.txt", "made.txt", "written"),
        a_file("data/gone.txt", "gone"),
        NotControlled("variable", "data/lookup.csv", None),
    ) == {"data/lookup.csv", "data/folder/a", "data/folder/deep/b"}


def test_a_folder_that_has_changed_stays_away(places):
    """Nobody can say which of its files were there."""
    whole = file_seen("folder", str(places[0] / "data/folder"))
    (places[0] / "data/folder/c").write_text("c")
    assert placed(places, NotControlled("folder", "data/folder", whole.digest)) == set()


def test_a_name_leads_nowhere_else(places):
    """A record may be somebody else's."""
    for name in ("../secret", str(places[0].parent / "secret"), "data/../../secret"):
        assert placed(places, a_file(name, "secret")) == set()
    assert not (places[1].parent / "worktree-secret").exists()


def test_what_the_commit_has_stays_as_it_is(places):
    """It is what the run had, or the verdict says so."""
    (places[1] / "data").mkdir()
    (places[1] / "data/lookup.csv").write_text("of the commit")
    placed(places, a_file("data/lookup.csv", "lookup.csv"))
    assert (places[1] / "data/lookup.csv").read_text() == "of the commit"
