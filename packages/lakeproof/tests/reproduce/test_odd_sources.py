"""Source that git does not hold comes back with the bytes that lay there.

Each kind is seen to be lost where a run is recorded as it was before there were snapshots.
"""

import os
import py_compile
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.errors import LakeproofError
from lakeproof.record.code import file_contents
from lakeproof.record.code import gather_code as code_module
from lakeproof.record.code.gather_code import gather_code
from lakeproof.record.code.git import GitError
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.reproduce.code.worktree_entries import discard

from .repositories import NO_CONFIGURATION, Repository

NODES = "src/tiny/nodes.py"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "project")


def git(folder: Path, *arguments: str) -> None:
    options = ("-c", "user.name=A", "-c", "user.email=a@localhost")
    subprocess.run(["git", *options, *arguments], cwd=folder, check=True, capture_output=True)


def another(folder: Path) -> None:
    """Make a repository of one module."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    (folder / "lent.py").write_text("LENT = 1\n")
    (folder / ".gitignore").write_text("/made.py\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Lent")


def ignored(repository: Repository) -> None:
    """A module that a build makes."""
    repository.write(".gitignore", "/.lakeproof/\n_version.py\n")
    repository.commit("Ignore it")
    repository.write("src/tiny/_version.py", "VERSION = '1.2'\n")


def submodule(repository: Repository) -> None:
    """A module of a submodule, changed there, and one that it ignores."""
    another(repository.path.parent / "other")
    other = str(repository.path.parent / "other")
    git(
        repository.path,
        *("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other, "src/sub"),
    )
    repository.commit("A submodule")
    repository.write("src/sub/lent.py", "LENT = 2\n")
    repository.write("src/sub/made.py", "MADE = 1\n")


def vendored(repository: Repository) -> None:
    """A clone within the source folder."""
    another(repository.project / "src/vendored")


def skipped(repository: Repository) -> None:
    """A change that git was told to skip."""
    repository.git("update-index", "--skip-worktree", NODES)
    repository.write(NODES, "def split():\n    return 7\n")


def assumed(repository: Repository) -> None:
    """A change that git was told not to look for."""
    repository.git("update-index", "--assume-unchanged", NODES)
    repository.write(NODES, "def split():\n    return 7\n")


def mixed(repository: Repository) -> None:
    """Line ends of both kinds, which git calls unchanged."""
    repository.git("config", "core.autocrlf", "true")
    repository.write(NODES, "def split():\r\n    return 1\n")
    repository.git("add", NODES)


def filtered(repository: Repository) -> None:
    """A file as a filter left it in the working tree."""
    repository.git("config", "filter.shout.clean", "tr A-Z a-z")
    repository.git("config", "filter.shout.smudge", "tr a-z A-Z")
    repository.write(".gitattributes", "*.txt filter=shout\n")
    repository.write("src/tiny/words.txt", "HELLO\n")
    repository.commit("Shout")
    repository.git("config", "--unset", "filter.shout.smudge")


def linked(repository: Repository) -> None:
    """A module and a package that links get from elsewhere."""
    elsewhere = repository.path.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "far.py").write_text("FAR = 1\n")
    (repository.project / "src/tiny/far.py").symlink_to(elsewhere / "far.py")
    (repository.project / "src/far").symlink_to(elsewhere)
    repository.commit("Links")


def linked_to_ignored(repository: Repository) -> None:
    """A link to a file of the repository that git ignores, by its whole path."""
    made = repository.write("data/made.py", "MADE = 1\n")
    (repository.project / "src/tiny/made.py").symlink_to(made)
    repository.commit("A link")


def compiled(repository: Repository) -> None:
    """A module without its source, and leftovers of one that has it."""
    source = repository.write("src/tiny/compiled.py", "COMPILED = 1\n")
    py_compile.compile(str(source), str(source.with_suffix(".pyc")))
    source.unlink()
    repository.write("src/tiny/nodes.pyc", b"left over")


KINDS = [
    *(compiled, ignored, submodule, vendored, skipped, assumed, mixed, filtered, linked),
    linked_to_ignored,
]


def lying(folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Give bytes and mode of what Python finds in the source folder."""
    return {
        os.path.relpath(Path(place, name), folder): (
            Path(place, name).read_bytes(),
            os.access(Path(place, name), os.X_OK),
        )
        for place, _, names in os.walk(folder / "src", followlinks=True)
        for name in names
        if ".git" not in Path(place, name).relative_to(folder).parts and name != "nodes.pyc"
    }


def spoil(repository: Repository) -> None:
    """Take away what the run had, wherever it lay."""
    elsewhere = repository.path.parent / "elsewhere/far.py"
    if elsewhere.exists():
        elsewhere.write_text("FAR = 2\n")
    for path in repository.project.rglob("*"):
        parts = path.relative_to(repository.project).parts
        if path.is_file() and not path.is_symlink() and not {".git", ".lakeproof"} & set(parts):
            path.write_bytes(b"other = True\n")


@pytest.mark.parametrize("make", KINDS)
def test_source_that_git_does_not_hold_comes_back(repository, make: Callable[[Repository], None]):
    """Every byte of it, whatever becomes of the user's; without a snapshot it was lost."""
    make(repository)
    there = lying(repository.project)
    code = repository.gather()
    before = gather_code(repository.project, Secrets(), keeps=False)
    spoil(repository)
    project = repository.check_out(code).project
    assert lying(project) == there
    for path in project.rglob("*"):
        assert path.resolve().is_relative_to(project.resolve()), path
    discard(repository.project, repository.target)
    if make is not mixed:  # git normalizes what was staged, which is another loss: of one kind
        with pytest.raises(LakeproofError):
            repository.check_out(before)


@pytest.mark.parametrize("make", KINDS)
def test_to_keep_it_changes_nothing_of_the_users(repository, make: Callable[[Repository], None]):
    """Index, stash, reflog, references, status and files; what is added are objects."""
    make(repository)
    repository.git("config", "commit.gpgSign", "true")
    repository.git("config", "gpg.program", "/bin/false")
    repository.git("config", "core.logAllRefUpdates", "always")
    before = repository.state()
    code = repository.gather()
    assert repository.state() == before
    assert repository.gather() == code
    assert code_module.keep_alive(repository.project, "0f" * 16, code.kept_commit)
    assert not (repository.path / ".git/logs/refs/lakeproof").exists()
    assert repository.git("cat-file", "-t", code.snapshot.tree) == "tree\n"


def test_a_tree_as_committed_is_its_own_snapshot(repository):
    """No object is written for it."""
    objects = repository.git("count-objects", "-v")
    code = repository.gather()
    assert code.snapshot.commit == code.commit
    assert repository.git("count-objects", "-v") == objects


def test_modes_links_and_odd_names_are_kept(repository):
    """As they lay there; a link that stays within is a link, and a name may be no UTF-8."""
    repository.write("src/tiny/tool.py", "#!/bin/sh\n").chmod(0o755)
    (repository.project / "src/tiny/near.py").symlink_to("nodes.py")
    (repository.project / "src/near").symlink_to("tiny")
    (repository.project / "src/nowhere.py").symlink_to("nothing.py")
    os.close(os.open(os.fsencode(repository.project) + b"/src/\xff\n", os.O_CREAT | os.O_WRONLY))
    project = repository.check_out(repository.gather()).project
    assert os.access(project / "src/tiny/tool.py", os.X_OK)
    assert os.readlink(project / "src/tiny/near.py") == "nodes.py"
    assert os.readlink(project / "src/near") == "tiny"
    assert os.readlink(project / "src/nowhere.py") == "nothing.py"
    assert b"\xff\n" in os.listdir(os.fsencode(project) + b"/src")


SECRET = "PASSWORD = 'hunter2-and-more'\n"


@pytest.mark.parametrize("kind", ["untracked", "changed", "ignored", "assumed", "encrypted"])
def test_a_secret_never_becomes_an_object(repository, kind: str):
    """It is known by digest, looked for in today's tree, and missed where that has another."""
    path = "src/tiny/secret.py"
    if kind == "ignored":
        repository.write(".gitignore", "/.lakeproof/\nsecret.py\n")
    if kind == "encrypted":
        repository.git("config", "filter.git-crypt.clean", "tr a-z b-za")
        repository.write(".gitattributes", "secret.py filter=git-crypt\n")
    if kind in ("changed", "assumed"):
        repository.write(path, "PASSWORD = None\n")
    if kind == "encrypted":
        repository.write(path, SECRET)
    repository.commit("Before")
    if kind == "assumed":
        repository.git("update-index", "--assume-unchanged", path)
    repository.write(path, SECRET)
    repository.write(NODES, "changed = True\n")
    code = repository.gather()
    command = ["git", "cat-file", "--batch-all-objects", "--batch"]
    objects = subprocess.run(command, cwd=repository.path, capture_output=True, check=True).stdout
    assert b"hunter2-and-more" not in objects
    assert b"changed = True" in objects
    assert [content.path for content in code.snapshot.left_out] == [path]
    assert code.snapshot.left_out[0].withheld
    project = repository.check_out(code).project
    assert (project / path).read_text() == SECRET
    discard(repository.project, repository.target)
    repository.write(path, "PASSWORD = 'another'\n")
    with pytest.raises(LakeproofError, match=r"by digest only.*Put the file back"):
        repository.check_out(code)


def test_a_large_file_never_becomes_an_object(repository, monkeypatch):
    """Nor does what is too much together; both are known by digest."""
    monkeypatch.setattr(file_contents, "MOST_BYTES", 1_000)
    monkeypatch.setattr(file_contents, "MOST_BYTES_TOGETHER", 1_500)
    repository.write("src/tiny/large.bin", b"\x00" * 1_001)
    repository.write("src/tiny/one.bin", b"\x01" * 900)
    repository.write("src/tiny/two.bin", b"\x02" * 900)
    code = repository.gather()
    assert {content.path: content.size for content in code.snapshot.left_out} == {
        "src/tiny/large.bin": 1_001,
        "src/tiny/two.bin": 900,
    }
    project = repository.check_out(code).project
    assert (project / "src/tiny/two.bin").read_bytes() == b"\x02" * 900


def test_a_repository_by_sha256_works(tmp_path, monkeypatch):
    """Its names are longer, and that is all."""
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    repository = Repository(tmp_path / "project")
    repository.write(NODES, "changed = True\n")
    (repository.project / "src/tiny/old.py").unlink()
    code = repository.gather()
    assert len(code.snapshot.commit) == 64
    project = repository.check_out(code).project
    assert lying(project) == lying(repository.project)


def test_what_git_cannot_write_is_said_and_the_record_holds_it(repository, monkeypatch):
    """Then diff and untracked files are had from there, and an ignored module is missed by name."""
    ignored(repository)
    repository.write("src/tiny/new.py", "NEW = 1\n")
    monkeypatch.setattr("lakeproof.record.code.gather_code.write_snapshot", refuse)
    code = repository.gather()
    assert code.snapshot.commit is None
    assert code.snapshot.note == "git hash-object failed: Read-only file system"
    assert [content.text for content in code.untracked] == ["NEW = 1\n"]
    assert [content.path for content in code.snapshot.left_out] == ["src/tiny/_version.py"]
    project = repository.check_out(code).project
    assert lying(project) == lying(repository.project)


def refuse(*_: object) -> None:
    raise GitError("git hash-object failed: Read-only file system")


@pytest.mark.parametrize("prefix", ["../..", "/tmp", "a/../../b"])
def test_a_project_is_never_put_elsewhere(repository, prefix: str):
    """Whatever a record says of where it lies, or of its environments."""
    code = repository.gather()
    with pytest.raises(LakeproofError, match="leads out of the repository"):
        repository.check_out(replace(code, prefix=prefix))
    assert not repository.target.exists()
    configuration = replace(NO_CONFIGURATION, environments=("base", "../../../made"))
    with pytest.raises(LakeproofError, match="leads out of the repository"):
        repository.check_out(code, configuration)
    assert not (repository.project / ".lakeproof/made").exists()
