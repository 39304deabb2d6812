"""What git has is found by content: where it is called otherwise, and where no branch leads."""

import subprocess

import pytest

from lakeproof.record.code.git_files import in_git


@pytest.fixture
def repository(tmp_path):
    """A repository, and what asks git in it."""
    path = tmp_path / "repository"
    path.mkdir()

    def git(*args):
        who = ("-c", "user.name=n", "-c", "user.email=n@example.org")
        subprocess.run(["git", *who, *args], cwd=path, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    (path / "other.txt").write_text("nothing")
    git("add", ".")
    git("commit", "-qm", "first")
    path.joinpath("raw.csv").write_text("id\nZaugg\n")
    return path, git


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", ["renamed", "brought back", "changed since", "branch", "stash", "snapshot", "staged"]
)
def test_a_file_is_in_git_however_it_came_there(repository, how):
    path, git = repository
    raw = path / "raw.csv"
    content = raw.read_bytes()
    if how == "branch":
        git("checkout", "-q", "-b", "side")
    git("add", "raw.csv")
    if how == "stash":
        git("stash", "-q")
    elif how != "staged":
        git("commit", "-qm", "second")
    if how == "renamed":
        git("mv", "raw.csv", "other.csv")
        git("commit", "-qm", "third")
        raw = path / "other.csv"
    elif how in ("brought back", "changed since"):
        git("rm", "-q", "raw.csv")
        git("commit", "-qm", "third")
    elif how == "branch":
        git("checkout", "-q", "main")
    elif how == "snapshot":
        git("update-ref", "refs/lakeproof/" + "1" * 32, "HEAD")
        git("reset", "-q", "--hard", "HEAD~1")
    raw.write_bytes(content if how != "changed since" else content + b"w1\n")
    free = path / "free.csv"
    free.write_text("id\nw9\n")
    assert in_git([raw, free]) == {raw}


def test_a_copy_by_another_name_is_the_same_content(repository):
    """Kept by its digest, say; line ends are those that git takes in."""
    path, git = repository
    path.joinpath(".gitattributes").write_text("*.csv text eol=crlf\n")
    git("add", ".")
    git("commit", "-qm", "second")
    copy = path / "kept.csv"
    copy.write_bytes(b"id\r\nZaugg\r\n")
    assert in_git([copy]) == {copy}


def test_where_there_is_no_repository_nothing_is_in_git(tmp_path):
    """A file in none, and none at all."""
    (tmp_path / "a.csv").write_text("id\n")
    assert in_git([tmp_path / "a.csv"]) == set()
    assert in_git([]) == set()
