"""The code of a recorded run, restored in a worktree that leaves the user's tree alone."""

import base64
import hashlib
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.errors import LakeproofError
from lakeproof.record.code.gather_code import gather_code
from lakeproof.record.code.source import source_files
from lakeproof.record.facts import ConfigurationFacts, Content
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.reproduce.code.worktree_entries import discard

from .repositories import Repository


@pytest.fixture(params=["snapshot", "before"])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Repository:
    found = Repository(tmp_path / "project")
    found.keeps = request.param == "snapshot"
    return found


@pytest.fixture
def before(tmp_path: Path) -> Repository:
    """A repository whose code is recorded as it was before there were snapshots."""
    found = Repository(tmp_path / "project")
    found.keeps = False
    return found


def content(path: str, data: bytes, **changes: object) -> Content:
    facts = Content(path, hashlib.sha256(data).hexdigest(), len(data), text=data.decode())
    return replace(facts, **changes)


def dirty(repository: Repository) -> None:
    """Edit, add, delete, stage, and leave untracked files of every kind."""
    repository.write("src/tiny/nodes.py", "def split():\n    return 2  \n")
    repository.write("src/tiny/staged.py", "STAGED = 'äöü'\n")
    repository.git("add", str(repository.project / "src/tiny/staged.py"))
    (repository.project / "src/tiny/old.py").unlink()
    repository.write("src/tiny/untracked.py", b"NEW = 1\r\n")
    repository.write("src/tiny/table.bin", bytes(range(256)))
    repository.write("tool.sh", "#!/bin/sh\n").chmod(0o755)


def test_where_git_may_write_nothing_its_objects_are_borrowed(repository, monkeypatch):
    """As in a container whose source is mounted to be read; the project's repository is whole."""
    dirty(repository)
    code = repository.gather()
    there = source_files(repository.project)
    before = repository.state()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != ".git")
    out = repository.check_out(code)
    assert source_files(out.project) == there
    assert repository.state() == before
    own = gather_code(out.project, Secrets(), keeps=False)
    assert (own.commit, own.tree) == (code.commit, code.tree)


def test_a_dirty_tree_comes_back_as_it_was(repository):
    """Edited, staged, deleted and untracked files, binary ones and modes, after other commits."""
    dirty(repository)
    code = repository.gather()
    there = source_files(repository.project)
    repository.commit("What was dirty")
    repository.write("src/tiny/nodes.py", "def split():\n    return 3\n")
    repository.commit("Something else")
    project = repository.check_out(code).project
    assert project == repository.target
    assert source_files(project) == there
    assert (project / "src/tiny/table.bin").read_bytes() == bytes(range(256))
    assert os.access(project / "tool.sh", os.X_OK)
    assert (project / "conf/local").is_dir()


def test_what_comes_back_is_recorded_as_the_same_code(before):
    """A re-run of the worktree finds commit, diff and untracked files as the run did."""
    dirty(before)
    code = before.gather()
    project = before.check_out(code).project
    again = gather_code(project, Secrets(), keeps=False)
    assert (again.commit, again.diff, again.untracked) == (code.commit, code.diff, code.untracked)
    assert again.tree == code.tree


def test_what_comes_back_is_the_same_snapshot(repository):
    """To the name of its commit, which holds every byte; staged files are untracked there."""
    repository.keeps = True
    dirty(repository)
    code = repository.gather()
    project = repository.check_out(code).project
    again = gather_code(project, Secrets())
    assert again.snapshot == code.snapshot
    assert again.snapshot.commit != code.commit
    assert (again.commit, again.tree) == (code.commit, code.tree)


def test_the_user_keeps_tree_index_branch_stash_and_reflog(repository):
    """Also while the worktree is there; the one trace is its entry, which goes with it."""
    repository.write("src/tiny/nodes.py", "stashed\n")
    repository.git("stash")
    dirty(repository)
    code = repository.gather()
    # An index whose times are stale is what any careless `git status` would write anew.
    os.utime(repository.project / "src/tiny/nodes.py", (1, 1))
    before = repository.state()
    repository.check_out(code)
    during = repository.state()
    assert during.pop("entries") == ["lakeproof-one"]
    assert during == {key: value for key, value in before.items() if key != "entries"}
    discard(repository.project, repository.target)
    assert repository.state() == before
    assert not repository.target.exists()


def test_what_the_user_has_set_for_git_changes_nothing(repository, tmp_path):
    """Line ends, whitespace, prefixes, hooks: a record is restored by its bytes."""
    dirty(repository)
    code = repository.gather()
    hook = tmp_path / "hooks/post-checkout"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/hook-ran'\n")
    hook.chmod(0o755)
    for setting, value in {
        "core.autocrlf": "true",
        "core.hooksPath": str(hook.parent),
        "apply.whitespace": "fix",
        "apply.ignoreWhitespace": "change",
        "diff.noprefix": "true",
        "diff.mnemonicPrefix": "true",
        "color.ui": "always",
    }.items():
        repository.git("config", setting, value)
    project = repository.check_out(code).project
    assert (project / "src/tiny/nodes.py").read_bytes() == b"def split():\n    return 2  \n"
    assert b"\r" not in (project / ".gitignore").read_bytes()
    assert not (tmp_path / "hook-ran").exists()


def test_a_tree_with_other_line_ends_comes_back_with_them(repository):
    """The run saw what a setting of that day made of the commit."""
    repository.git("config", "core.autocrlf", "true")
    windows = b"def split():\r\n    return 1\r\n"
    repository.write("src/tiny/nodes.py", windows)
    code = repository.gather()
    repository.git("config", "core.autocrlf", "false")
    project = repository.check_out(code).project
    assert (project / "src/tiny/nodes.py").read_bytes() == windows


def test_git_variables_of_a_hook_lead_nowhere(repository, tmp_path, monkeypatch):
    """A command that runs inside a git hook finds its own repository all the same."""
    code = repository.gather()
    before = repository.state()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    repository.check_out(code)
    discard(repository.project, repository.target)
    monkeypatch.undo()
    assert repository.state() == before


@pytest.mark.parametrize("prefix", ["", "pipelines/wein güte"])
def test_a_project_with_spaces_and_umlauts_may_be_a_folder_of_a_repository(tmp_path, prefix):
    """The project's folder in the worktree is the one it has in the repository."""
    repository = Repository(tmp_path / "Mein Repository ß", prefix)
    dirty(repository)
    code = repository.gather()
    project = repository.check_out(code).project
    assert project == repository.target / prefix
    assert source_files(project) == code.files
    discard(repository.project, repository.target)
    assert not repository.target.exists()


def test_a_repository_that_is_a_linked_worktree_works(repository, tmp_path):
    """And the user's own worktrees stay, those too whose folder is away."""
    repository.git("worktree", "add", "--quiet", str(tmp_path / "away"))
    (tmp_path / "away").rename(tmp_path / "on a disk that is not mounted")
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Repository.__new__(Repository)
    linked.path = linked.project = tmp_path / "linked"
    linked.write("src/tiny/nodes.py", "def split():\n    return 4\n")
    before = linked.state()
    project = linked.check_out(linked.gather()).project
    assert (project / "src/tiny/nodes.py").read_text().endswith("return 4\n")
    discard(linked.project, linked.target)
    assert linked.state() == before
    assert str(tmp_path / "away") in linked.git("worktree", "list")


def test_a_shallow_and_a_sparse_clone_work(repository, tmp_path):
    """The worktree has what the clone has."""
    repository.write("big/file.txt", "big\n")
    repository.commit("Big")
    origin = repository.path.as_uri()
    clone = Repository.__new__(Repository)
    clone.path = clone.project = tmp_path / "clone"
    repository.git("clone", "--quiet", "--depth=1", origin, str(clone.path))
    clone.git("sparse-checkout", "set", "src", "conf")
    project = clone.check_out(clone.gather()).project
    assert source_files(project) == source_files(clone.project)
    assert not (project / "big").exists()


def test_a_commit_that_is_gone_is_said_with_the_cure(repository):
    """Nothing is made of a repository that lacks it."""
    code = replace(repository.gather(), commit="1" * 40, remote="https://example.org/wine.git")
    if code.snapshot is not None:
        code = replace(code, snapshot=replace(code.snapshot, commit="1" * 40))
    with pytest.raises(LakeproofError, match=r"(?s)1111.*git remote add origin"):
        repository.check_out(code)
    assert not repository.target.exists()


@pytest.mark.parametrize("is_dirty", [False, True])
@pytest.mark.parametrize("fact", ["commit", "tree"])
def test_a_snapshot_of_another_commit_or_tree_is_refused(tmp_path, is_dirty, fact):
    """An edited record would be REPEATED, with a commit in it that never was."""
    repository = Repository(tmp_path / "project")
    if is_dirty:
        repository.write("src/tiny/nodes.py", "def split():\n    return 2\n")
    code = repository.gather()
    other = repository.git("rev-parse", "HEAD^{tree}" if is_dirty else "HEAD:src")
    if fact == "commit":
        code = replace(code, commit="1" * 40)
    else:
        code = replace(code, snapshot=replace(code.snapshot, tree=other.strip()))
    with pytest.raises(LakeproofError, match=r"one of them was edited\. Nothing was run"):
        repository.check_out(code)
    assert not repository.target.exists()


def test_a_run_without_a_commit_is_refused(repository):
    """Digests restore nothing."""
    with pytest.raises(LakeproofError, match="not made from a git commit"):
        repository.check_out(replace(repository.gather(), commit=None))


@pytest.mark.parametrize(
    ("path", "digest"),
    [("src/tiny/nodes.py", "0" * 64), ("src/tiny/more.py", "0" * 64), ("src/tiny/old.py", None)],
)
def test_source_that_does_not_come_out_as_recorded_is_named(repository, path, digest):
    """Another content, a file that is missing, and one too many."""
    code = repository.gather()
    files = dict(code.files)
    if digest is None:
        del files[path]
    else:
        files[path] = digest
    with pytest.raises(LakeproofError, match=f"'{path}' was"):
        repository.check_out(replace(code, files=files))


def test_a_diff_that_is_withheld_is_todays_where_that_is_the_same(before):
    """Known by digest, looked for in the user's tree, refused when it is another."""
    before.write("src/tiny/nodes.py", "PASSWORD = 'hunter2'\n")
    code = before.gather()
    assert code.diff is not None
    code = replace(code, diff=replace(code.diff, text=None, withheld="it holds a secret"))
    project = before.check_out(code).project
    assert (project / "src/tiny/nodes.py").read_text() == "PASSWORD = 'hunter2'\n"
    discard(before.project, before.target)
    before.write("src/tiny/nodes.py", "PASSWORD = 'other'\n")
    with pytest.raises(LakeproofError, match=f"holds a secret.*recorded sha256 {code.diff.sha256}"):
        before.check_out(code)


def test_an_untracked_file_that_is_withheld_is_found_by_digest(before):
    """At its place, at another one, or not at all."""
    before.write("src/tiny/large.bin", b"large")
    code = before.gather()
    withheld = content("src/tiny/large.bin", b"large", text=None, withheld="it is large")
    code = replace(code, untracked=(withheld,))
    for _ in range(2):
        project = before.check_out(code).project
        assert (project / "src/tiny/large.bin").read_bytes() == b"large"
        discard(before.project, before.target)
        if (before.project / "src/tiny/large.bin").exists():
            (before.project / "src/tiny/large.bin").rename(before.path / "moved.bin")
    before.write("moved.bin", b"LARGE")
    with pytest.raises(LakeproofError, match=f"{withheld.sha256}.*Put the file back"):
        before.check_out(code)


def test_what_no_record_could_keep_is_said(before):
    """A repository within the repository is left out by name."""
    (before.path / "nested").mkdir()
    before.git("init", "--quiet", "nested")
    (before.path / "nested/file.txt").write_text("x")
    found = before.check_out(before.gather())
    assert [text.partition("'")[2].partition("'")[0] for text in found.left_out] == ["nested/"]


def test_a_record_that_was_edited_by_hand_is_refused(before):
    """By its digest; and a path that leads out of the worktree is never written."""
    code = before.gather()
    edited = content("src/tiny/new.py", b"A = 1\n", text="A = 2\n")
    with pytest.raises(LakeproofError, match=r"damaged.*src/tiny/new\.py"):
        before.check_out(replace(code, untracked=(edited,)))
    discard(before.project, before.target)
    outside = content("../../../escaped.py", b"A = 1\n")
    with pytest.raises(LakeproofError, match="leads out of the project"):
        before.check_out(replace(code, untracked=(outside,)))
    assert not (before.project / ".lakeproof/escaped.py").exists()


def test_a_project_folder_that_is_elsewhere_is_refused(repository, tmp_path):
    """By its root, by dots, and by a link that the commit has in its place."""
    victim = tmp_path / "victim"
    victim.mkdir()
    (repository.project / "link").symlink_to(victim)
    repository.commit("A link")
    configuration = ConfigurationFacts("conf", ("base",), (content("base/a.yml", b"a"),), "sha256:")
    for prefix in (str(victim), "../../../../victim", "link", "link/sub"):
        with pytest.raises(LakeproofError, match="leads out"):
            repository.check_out(replace(repository.gather(), prefix=prefix), configuration)
        discard(repository.project, repository.target)
        assert list(victim.iterdir()) == []


def test_configuration_is_written_over_the_commits_and_ignored_files_come_back(repository):
    """As the run read it, whatever git has of it."""
    files = (
        content("base/catalog.yml", b"a: 2\n"),
        content("local/globals.yml", b"b: 3\n"),
        content("base/odd.yml", b"x", text=None, base64=base64.b64encode(b"x").decode()),
    )
    configuration = ConfigurationFacts("conf", ("base", "local"), files, "sha256:")
    found = repository.check_out(repository.gather(), configuration)
    assert found.conf_source == found.project / "conf"
    assert (found.conf_source / "base/catalog.yml").read_text() == "a: 2\n"
    assert (found.conf_source / "local/globals.yml").read_text() == "b: 3\n"
    assert (found.conf_source / "base/odd.yml").read_text() == "x"
    assert (repository.project / "conf/base/catalog.yml").read_text() == "a: 1\n"


def test_configuration_from_outside_of_the_project_gets_a_folder_in_scratch(repository, tmp_path):
    """A folder elsewhere is neither read nor written, but for what the record withholds."""
    outside = tmp_path / "conf elsewhere"
    (outside / "base").mkdir(parents=True)
    (outside / "base/mlflow.yml").write_text("token: hunter2\n")
    files = (
        content("base/catalog.yml", b"a: 5\n"),
        content("base/mlflow.yml", b"token: hunter2\n", text=None, withheld="it holds a secret"),
    )
    configuration = ConfigurationFacts(str(outside), ("base", "prod"), files, "sha256:")
    found = repository.check_out(repository.gather(), configuration)
    assert found.conf_source == repository.target.with_name("lakeproof-one-conf")
    assert (found.conf_source / "base/catalog.yml").read_text() == "a: 5\n"
    assert (found.conf_source / "base/mlflow.yml").read_text() == "token: hunter2\n"
    assert (found.conf_source / "prod").is_dir()
    assert sorted(path.name for path in outside.rglob("*")) == ["base", "mlflow.yml"]


def test_a_link_in_the_commit_leads_no_write_into_the_users_tree(repository, tmp_path):
    """Recorded files below it become files of the worktree."""
    outside = tmp_path / "outside"
    (outside / "base").mkdir(parents=True)
    (outside / "base/catalog.yml").write_text("a: 1\n")
    (repository.project / "conf/base/catalog.yml").unlink()
    (repository.project / "conf/base").rmdir()
    (repository.project / "conf/base").symlink_to(outside / "base")
    repository.commit("A link")
    files = (content("base/catalog.yml", b"a: 2\n"),)
    configuration = ConfigurationFacts("conf", ("base", "local"), files, "sha256:")
    found = repository.check_out(repository.gather(), configuration)
    assert (found.conf_source / "base/catalog.yml").read_text() == "a: 2\n"
    assert (outside / "base/catalog.yml").read_text() == "a: 1\n"


def test_a_link_out_of_the_repository_is_cut_but_for_source(repository, tmp_path):
    """What a node writes below `data` would else be the user's; source is verified instead."""
    for name in ("data", "shared"):
        (tmp_path / name).mkdir()
    (tmp_path / "shared/more.py").write_text("MORE = 1\n")
    (repository.project / "data").symlink_to(tmp_path / "data")
    (repository.project / "inside").symlink_to("conf")
    (repository.project / "src/shared").symlink_to(tmp_path / "shared")
    repository.write(".gitignore", "/.lakeproof/\n")
    repository.commit("Links")
    code = repository.gather()
    found = repository.check_out(code)
    assert not (found.project / "data").is_symlink()
    assert list((found.project / "data").iterdir()) == []
    assert (found.project / "inside").is_symlink()
    assert [text.split("'")[1] for text in found.left_out] == ["data"]
    assert "src/shared/more.py" in code.files
    discard(repository.project, repository.target)
    # What was read through it is put there by its content: nothing is lost.
    found = repository.check_out(code, had=("data/raw/wine.csv",))
    assert found.left_out == ()
    assert not (found.project / "data").is_symlink()
    discard(repository.project, repository.target)
    (tmp_path / "shared/more.py").write_text("MORE = 2\n")
    if repository.keeps:
        found = repository.check_out(code)
        assert (found.project / "src/shared/more.py").read_text() == "MORE = 1\n"
        assert not (found.project / "src/shared").is_symlink()
        return
    with pytest.raises(LakeproofError, match=r"src/shared/more\.py"):
        repository.check_out(code)


def test_configuration_from_an_archive_is_the_archive_with_its_digest(repository, tmp_path):
    """It is looked for where it was, and another one is refused."""
    archive = tmp_path / "conf.tar.gz"
    archive.write_bytes(b"packed")
    withheld = content("conf.tar.gz", b"packed", text=None, withheld="it is an archive")
    configuration = ConfigurationFacts(str(archive), ("base", "local"), (withheld,), "sha256:")
    found = repository.check_out(repository.gather(), configuration)
    assert found.conf_source.read_bytes() == b"packed"
    discard(repository.project, repository.target)
    found.conf_source.unlink()
    found.conf_source.parent.rmdir()
    archive.write_bytes(b"PACKED")
    with pytest.raises(LakeproofError, match=r"conf\.tar\.gz.*Put the file back"):
        repository.check_out(repository.gather(), configuration)


def test_configuration_from_a_url_is_refused(repository):
    """The record names it and has nothing of it."""
    url = "https://example.org/conf.zip"
    files = (content(url, b"", text=None, sha256="", withheld="it was read from a URL"),)
    configuration = ConfigurationFacts(url, ("base", "local"), files, "sha256:")
    with pytest.raises(LakeproofError, match=r"could not keep 'https://example\.org/conf\.zip'"):
        repository.check_out(repository.gather(), configuration)


def test_discard_finds_the_worktrees_of_a_project_that_has_moved(repository, tmp_path):
    """Git knows the old place; a copy of a project leaves the original's worktree alone."""
    repository.check_out(repository.gather())
    copied = tmp_path / "copied"
    subprocess.run(["cp", "-r", repository.path, copied], check=True)
    discard(copied, copied / ".lakeproof/scratch/one")
    assert (repository.target / "pyproject.toml").exists()
    moved = tmp_path / "moved"
    repository.path.rename(moved)
    discard(moved, moved / ".lakeproof/scratch/one")
    listed = subprocess.run(
        ["git", "worktree", "list"], cwd=moved, capture_output=True, text=True, check=True
    ).stdout
    assert "lakeproof-one" not in listed
