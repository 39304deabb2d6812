"""A run's code from where a clone came from: two clones that share nothing but a remote."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.errors import LakeproofError
from lakeproof.record.facts import CodeFacts
from lakeproof.reproduce.code import remotes
from lakeproof.reproduce.code.required_code import require_code

from .repositories import NO_CONFIGURATION, Repository

RUN = "0f" * 16
NODES = "src/tiny/nodes.py"


@pytest.fixture(autouse=True)
def _asked_anew():
    """In one process, a remote is asked once."""
    remotes._shared_by.cache_clear()


@pytest.fixture
def clones(tmp_path: Path) -> tuple[Repository, Repository]:
    """Anna's and Ben's, of one bare repository; Anna's has a commit more."""
    hub = tmp_path / "hub.git"
    subprocess.run(["git", "init", "--quiet", "--bare", hub], check=True)
    anna = Repository(tmp_path / "anna")
    anna.git("remote", "add", "origin", str(hub))
    anna.git("push", "--quiet", "origin", "HEAD:main")
    ben = Repository.__new__(Repository)
    ben.path = ben.project = tmp_path / "ben"
    anna.git("clone", "--quiet", "--branch", "main", str(hub), str(ben.path))
    anna.write(NODES, "def split():\n    return 2\n")
    return anna, ben


def shared(anna: Repository, code: CodeFacts) -> None:
    anna.git("push", "--quiet", "origin", f"{code.kept_commit}:refs/lakeproof/{RUN}")


def test_code_that_was_shared_is_found_and_kept(clones):
    """What was not committed, too; the reference that holds it there holds it here."""
    anna, ben = clones
    code = anna.gather()
    shared(anna, code)
    assert require_code(ben.project, code, fetches=True) is None
    assert ben.git("rev-parse", f"refs/lakeproof/{RUN}").strip() == code.kept_commit
    out = ben.check_out(code, NO_CONFIGURATION)
    assert (out.project / NODES).read_text() == "def split():\n    return 2\n"
    assert ben.git("status", "--porcelain") == ""


def test_who_only_looks_fetches_nothing(clones):
    """`kedro check` says yes, and leaves the repository as it is."""
    anna, ben = clones
    code = anna.gather()
    with pytest.raises(LakeproofError, match="not on 'origin'"):
        require_code(ben.project, code)
    remotes._shared_by.cache_clear()
    shared(anna, code)
    before = ben.git("count-objects", "-v"), ben.git("for-each-ref")
    assert require_code(ben.project, code) is None
    assert (ben.git("count-objects", "-v"), ben.git("for-each-ref")) == before


def test_what_nobody_has_shared_is_said_with_what_to_type(clones):
    """In the words of a command that does it; without a remote, with how to name one."""
    anna, ben = clones
    anna.commit("Another")
    code = anna.gather()
    with pytest.raises(LakeproofError) as told:
        require_code(ben.project, code, fetches=True)
    assert f"Commit {code.commit} of the run is not in this repository, and not on 'origin'" in str(
        told.value.message
    )
    assert "made in: kedro share RUN" in told.value.message
    ben.git("remote", "remove", "origin")
    with pytest.raises(LakeproofError, match=r"which has no remote.*git remote add origin"):
        require_code(ben.project, code, fetches=True)


def test_a_pushed_commit_that_was_not_fetched_yet_is_found(clones):
    """Of a branch that was made after the clone."""
    anna, ben = clones
    anna.commit("Another")
    anna.git("push", "--quiet", "origin", "HEAD:refs/heads/other")
    code = anna.gather()
    assert require_code(ben.project, code, fetches=True) is None


def test_a_reference_that_leads_elsewhere_is_not_believed(clones):
    """The commit is asked for, and held against the record."""
    anna, ben = clones
    code = anna.gather()
    anna.git("push", "--quiet", "origin", f"HEAD:refs/lakeproof/{RUN}")
    other = replace(code, snapshot=replace(code.snapshot, commit="--upload-pack=touch x"))
    for one in (code, other):
        with pytest.raises(LakeproofError, match="not in this repository"):
            require_code(ben.project, one, fetches=True)
    assert not (ben.path / "x").exists()


def test_a_remote_that_is_gone_costs_a_sentence(clones):
    """And no traceback."""
    anna, ben = clones
    ben.git("remote", "set-url", "origin", str(ben.path / "nowhere"))
    with pytest.raises(LakeproofError, match="not on 'origin'"):
        require_code(ben.project, anna.gather(), fetches=True)
