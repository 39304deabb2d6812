"""What is recorded of the code gives the same files again, and changes nothing on the way."""

import base64
import os
import subprocess
from collections.abc import Collection
from pathlib import Path

import pytest

from lakeproof.record.code import file_contents
from lakeproof.record.code.changed import changed_in
from lakeproof.record.code.gather_code import gather_code, keep_alive
from lakeproof.record.code.git import find_repository
from lakeproof.record.code.source import source_files, source_paths
from lakeproof.record.facts import CodeFacts
from lakeproof.record.redaction.secrets import Secrets

SECRETS = Secrets.of(["swordfish"], {})
HEAVY_SETTINGS = """
[diff]
    noprefix = true
    mnemonicPrefix = true
    renames = copies
    context = 0
    interHunkContext = 20
    external = /bin/false
    algorithm = histogram
    suppressBlankEmpty = true
    relative = true
    submodule = log
    autoRefreshIndex = false
    orderFile = /nowhere
[core]
    quotePath = false
    pager = /bin/false
[color]
    ui = always
"""


def changed_during(project: Path, code: CodeFacts, written: Collection[str] = ()):
    """Ask of a project as it lies there now."""
    return changed_in(project, code, find_repository(project), written)


def git(folder: Path, *arguments: str, given: bytes | None = None) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=folder, input=given, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "as it is")
    return git(folder, "rev-parse", "HEAD").decode().strip()


def write(folder: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A repository with one commit of a small project."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    (tmp_path / "gitconfig").write_text("[user]\nname = A\nemail = a@localhost\n")
    top = tmp_path / "top"
    top.mkdir()
    git(top, "init", "--quiet")
    write(top, src__a="a\n" * 9, src__b="b\n", src__gone="gone\n", notes="by the way\n")
    write(top, **{"pyproject.toml": "", "old name": "same\n" * 9, ".gitignore": "ignored\n"})
    (top / "picture").write_bytes(bytes(range(256)))
    commit(top)
    return top


def restored(facts, repository: Path, target: Path) -> dict[str, tuple[bytes, bool]]:
    """Make the working tree anew from the facts alone; give its files."""
    git(repository, "worktree", "add", "--quiet", "--detach", str(target), facts.commit)
    if facts.diff is not None:
        git(target, "apply", "--binary", given=data_of(facts.diff))
    for content in facts.untracked:
        path = target / content.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data_of(content))
        if content.is_executable:
            path.chmod(0o755)
    return files_of(target)


def data_of(content) -> bytes:
    assert content.withheld is None
    if content.text is not None:
        return content.text.encode()
    return base64.b64decode(content.base64)


def files_of(folder: Path) -> dict[str, tuple[bytes, bool]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), os.access(path, os.X_OK))
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def make_it_dirty(top: Path) -> None:
    """Change files in every way that git knows of."""
    write(top, src__a="a\n" * 8 + "no newline", src__new="staged\n", src__announced="announced\n")
    write(top, **{"ünï cöde": "umlauts\n", "a\nb": "newline\n", 'qu"ote\t': "quote\n"})
    write(top, blob=b"\xff\xfe\x00", empty="", deep__er="untracked\n")
    (top / "picture").write_bytes(bytes(range(255, -1, -1)))
    (top / "src/gone").unlink()
    (top / "old name").rename(top / "new name")
    (top / "src/b").chmod(0o755)
    (top / "blob").chmod(0o755)
    git(top, "add", "src/new", "new name", "a\nb", "src/a")
    git(top, "add", "--intent-to-add", "src/announced")
    write(top, src__a="a\n" * 7 + "staged and changed again")


def test_commit_diff_and_untracked_files_give_the_working_tree_again(repository, tmp_path):
    """Staged or not, deleted, renamed, executable, binary, empty, oddly named."""
    make_it_dirty(repository)
    facts = gather_code(repository, SECRETS, keeps=False)
    assert facts.is_dirty
    assert {content.path for content in facts.untracked} == {
        *("ünï cöde", 'qu"ote\t', "blob", "empty", "deep/er")
    }
    assert restored(facts, repository, tmp_path / "again") == files_of(repository)
    assert source_files(tmp_path / "again") == facts.files


def test_the_settings_of_the_user_change_nothing(repository, tmp_path):
    """Two people with the same files have the same diff."""
    make_it_dirty(repository)
    facts = gather_code(repository, SECRETS)
    with (tmp_path / "gitconfig").open("a") as settings:
        settings.write(HEAVY_SETTINGS)
    assert gather_code(repository, SECRETS) == facts


def test_the_index_keeps_every_byte(repository):
    """`git diff` itself would write it when a file was only touched; and that is no change."""
    os.utime(repository / "src/a", (1, 1))
    before = (repository / ".git/index").read_bytes()
    there = {path.name for path in (repository / ".git").iterdir()}
    facts = gather_code(repository, SECRETS)
    assert not facts.is_dirty
    assert changed_during(repository, facts) == ()
    assert (repository / ".git/index").read_bytes() == before
    assert {path.name for path in (repository / ".git").iterdir()} == there


def test_a_change_right_after_a_commit_is_seen(repository):
    """Of the same size, in the same moment: git sees it by the age of its index alone."""
    for number in range(9):
        write(repository, notes=f"number {number}\n")
        commit(repository)
        write(repository, notes=f"number {number + 1}\n")
        assert f"+number {number + 1}" in gather_code(repository, SECRETS).diff.text


def test_a_project_within_a_repository(repository):
    """The whole repository is recorded; the source tree is the project's."""
    write(repository, **{"projects/wine/pyproject.toml": "", "projects/wine/src/x": "x\n"})
    project = repository / "projects/wine"
    commit(repository)
    write(repository, projects__wine__src__x="y\n", beside="untracked\n", notes="changed\n")
    facts = gather_code(project, SECRETS)
    assert facts.prefix == "projects/wine"
    assert list(facts.files) == ["pyproject.toml", "src/x"]
    assert "a/notes" in facts.diff.text
    assert "a/projects/wine/src/x" in facts.diff.text
    write(repository, projects__wine__src__x="z\n", notes="again\n")
    assert changed_during(project, facts) == ("notes", "src/x")


def test_a_project_that_the_repository_around_it_ignores(repository):
    """The commits of a stranger say nothing of it."""
    write(repository, ignored__src__x="x\n")
    write(repository, **{"ignored/pyproject.toml": ""})
    facts = gather_code(repository / "ignored", SECRETS)
    assert facts.commit is None
    assert list(facts.files) == ["pyproject.toml", "src/x"]


def test_without_repository_commit_or_git_there_are_digests(tmp_path, monkeypatch):
    """So the run can be compared, if not restored."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    write(tmp_path / "bare", src__x="x\n")
    bare = gather_code(tmp_path / "bare", SECRETS)
    assert bare.commit is None
    assert bare.diff is None
    assert bare.tree.startswith("sha256:")
    git(tmp_path / "bare", "init", "--quiet")
    assert gather_code(tmp_path / "bare", SECRETS) == bare
    monkeypatch.setenv("PATH", "")
    assert gather_code(tmp_path / "bare", SECRETS) == bare
    write(tmp_path / "bare", src__x="y\n")
    assert changed_during(tmp_path / "bare", bare) == ("src/x",)
    assert not keep_alive(tmp_path / "bare", "0f" * 16, "a" * 40)


def test_a_diff_with_a_secret_is_there_by_digest_only(repository):
    """Known by its value, or by the name before it; the reason names the file."""
    write(repository, notes="call me swordfish\n")
    diff = gather_code(repository, SECRETS).diff
    assert (diff.text, diff.base64) == (None, None)
    assert diff.withheld.startswith("the change of notes is withheld: it holds a value from")
    assert diff.size > 0
    write(repository, notes="by the way\n", src__a='def f(password: str, x="y"): ...\n')
    assert gather_code(repository, SECRETS).diff.withheld is None
    (repository / "picture").write_bytes(b"\x00swordfish")
    assert "the change of picture" in gather_code(repository, SECRETS).diff.withheld


def test_untracked_files_that_are_not_taken_say_so(repository, monkeypatch):
    """A secret, a large file, another repository, a folder behind a link."""
    monkeypatch.setattr(file_contents, "MOST_BYTES", 1000)
    monkeypatch.setattr(file_contents, "MOST_BYTES_TOGETHER", 1500)
    write(repository, **{"credentials.yml": "x", "key.yml": "password: hunter2\n"})
    write(repository, large="x" * 1001, one="1" * 900, two="2" * 900)
    (repository / "link").symlink_to("src")
    (repository / "file_link").symlink_to("notes")
    (repository / "broken").symlink_to("nowhere")
    (repository / "nested").mkdir()
    git(repository / "nested", "init", "--quiet")
    write(repository / "nested", x="x")
    commit(repository / "nested")
    found = {content.path: content for content in gather_code(repository, SECRETS).untracked}
    withheld = {path: content.withheld for path, content in found.items()}
    assert withheld == {
        "credentials.yml": "it is a file for credentials (by name: credentials.yml)",
        "key.yml": "it holds a secret (by name: `password`, line 1)",
        "large": "it is larger than 1,000 bytes",
        "one": None,
        "two": "the untracked files together are over 1,500 bytes",
        "link": "it is no regular file, or a link to a folder",
        "file_link": None,
        "broken": "it could not be read: No such file or directory",
        "nested/": None,
    }
    assert gather_code(repository, SECRETS).snapshot.tree is not None
    assert found["large"].sha256 == found["large"].sha256.lower() != ""
    assert all(content.text is None for content in found.values() if content.withheld)


def test_a_name_that_is_no_utf8(repository):
    """It cannot be written into a record, and does not stop one."""
    os.close(os.open(os.fsencode(repository) + b"/src/\xff", os.O_CREAT | os.O_WRONLY))
    facts = gather_code(repository, SECRETS)
    assert [(file.path, file.withheld) for file in facts.untracked] == [
        ("src/\\xff", "its name is not UTF-8")
    ]
    assert "src/\\xff" in facts.files
    assert changed_during(repository, facts) == ()


def test_a_submodule_with_changes_is_named(repository, tmp_path):
    """They cannot be restored, and must not break the diff of the rest."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    write(other, x="x\n")
    commit(other)
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "sub")
    commit(repository)
    assert not gather_code(repository, SECRETS).is_dirty
    write(repository, sub__x="y\n", notes="changed\n")
    facts = gather_code(repository, SECRETS)
    assert [(file.path, file.withheld) for file in facts.untracked] == [("sub", None)]
    facts = gather_code(repository, SECRETS, keeps=False)
    assert [(file.path, file.withheld) for file in facts.untracked] == [
        ("sub", "it is a submodule with changes of its own")
    ]
    assert "sub" not in facts.diff.text
    assert changed_during(repository, facts) == ()


def test_only_a_change_of_content_is_a_change(repository):
    """A commit of what was there is none, nor is a log; an edit, a deletion and a revert are."""
    write(repository, src__a="edited\n", notes="n\n", **{"run.log": "started\n"})
    write(repository, **{"fresh.py": "untracked\n", "other.py": "untracked\n"})
    facts = gather_code(repository, SECRETS)
    commit(repository)
    assert changed_during(repository, facts) == ()
    write(repository, src__a="edited again\n", src__late="late\n", out="run\n")
    write(repository, **{"fresh.py": "changed\n", "run.log": "it goes on\n"})
    (repository / "other.py").unlink()
    git(repository, "checkout", "--quiet", "HEAD~1", "--", "notes")
    assert changed_during(repository, facts) == (
        *("fresh.py", "notes", "other.py", "src/a", "src/late"),
    )
    assert changed_during(repository, facts, written=["other.py", "fresh.py", "src"]) == (
        *("notes", "src/a", "src/late"),
    )


def test_a_change_beside_a_withheld_diff_is_still_seen(repository):
    """Though not where: the diff of then is not there any more."""
    write(repository, notes="swordfish\n")
    facts = gather_code(repository, SECRETS)
    assert changed_during(repository, facts) == ()
    write(repository, notes="swordfish and more\n")
    assert changed_during(repository, facts) == ("working-tree.diff",)


def test_a_commit_stays_alive(repository):
    """After it is nobody's any more, and git has cleaned up."""
    write(repository, notes="rebased away\n")
    lost = commit(repository)
    assert keep_alive(repository, "0f" * 16, lost)
    git(repository, "reset", "--quiet", "--hard", "HEAD~1")
    git(repository, "reflog", "expire", "--expire=now", "--all")
    git(repository, "gc", "--quiet", "--prune=now")
    assert git(repository, "rev-parse", f"refs/lakeproof/{'0f' * 16}").decode().strip() == lost
    assert git(repository, "cat-file", "-t", lost) == b"commit\n"
    assert not keep_alive(repository, "0f" * 16, "0" * 39 + "1")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bob:pw@host/org/repo.git", "https://host/org/repo.git"),
        ("https://ghp_token@host/org/repo", "https://host/org/repo"),
        ("https://bob:p@w@host/org/repo", "https://host/org/repo"),
        ("https://host/org/repo?access_token=op3nsesame&a=1#x", "https://host/org/repo"),
        ("https://host/glpat-" + "a1" * 10 + "/repo", "https://host/***/repo"),
        ("git@host:org/repo.git", "git@host:org/repo.git"),
        ("ssh://git@host:22/org/repo", "ssh://host:22/org/repo"),
    ],
)
def test_the_remote_is_named_without_credentials(repository, url, shown):
    """Of `origin`, or else of the remote that the branch follows."""
    assert gather_code(repository, SECRETS).remote is None
    git(repository, "remote", "add", "upstream", url)
    branch = git(repository, "branch", "--show-current").decode().strip()
    git(repository, "config", f"branch.{branch}.remote", "upstream")
    assert gather_code(repository, SECRETS).remote == shown
    git(repository, "remote", "add", "origin", "https://elsewhere/repo")
    assert gather_code(repository, SECRETS).remote == "https://elsewhere/repo"


def test_source_files_are_those_of_the_declared_folder(tmp_path):
    """Without what tools make; links by what they lead to, in a circle too.

    A compiled module is one of them where its source is not beside it.
    """
    write(tmp_path, code__x="x", code__cache="x", src__no="no")
    write(tmp_path, **{"code/p.egg-info/z": "z", "code/x.pyc": "z", "elsewhere/far": "far"})
    write(tmp_path, **{"code/y.py": "y", "code/y.pyc": "left over"})
    write(tmp_path, **{"pyproject.toml": '[tool.kedro]\nsource_dir = "code"\n'})
    (tmp_path / "code/__pycache__").mkdir()
    (tmp_path / "code/cache").rename(tmp_path / "code/__pycache__/x")
    (tmp_path / "code/link").symlink_to("x")
    (tmp_path / "code/broken").symlink_to("nowhere")
    (tmp_path / "code/folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "code/circle").symlink_to(tmp_path / "code")
    found = source_files(tmp_path)
    assert list(found) == [
        *("code/broken", "code/folder/far", "code/link", "code/x", "code/x.pyc", "code/y.py"),
        "pyproject.toml",
    ]
    assert found["code/link"] == found["code/x"]


def test_a_git_that_fails_is_not_a_clean_tree(repository):
    """What could not be asked is withheld, and says why."""
    (repository / ".git/index").write_bytes(b"damaged")
    facts = gather_code(repository, SECRETS)
    assert facts.is_dirty
    assert "git diff failed" in facts.diff.withheld
    assert changed_during(repository, facts) == (".git",)


def test_what_an_open_editor_leaves_is_no_code(repository):
    """To look at a file during a run is not to change it; to save it is."""
    write(repository, **{"src/.a.swp": "x", "src/a~": "x", "src/.#a": "x"})
    facts = gather_code(repository, SECRETS)
    assert not facts.is_dirty
    assert list(facts.files) == ["pyproject.toml", "src/a", "src/b", "src/gone"]
    (repository / "src/.a.swp").unlink()
    assert changed_during(repository, facts) == ()
    write(repository, src__a="saved\n")
    assert changed_during(repository, facts) == ("src/a",)


def test_an_executable_mark_counts(repository):
    """A script that lost it is another script."""
    write(repository, **{"script.py": "#!/bin/sh\n"})
    facts = gather_code(repository, SECRETS)
    (repository / "script.py").chmod(0o755)
    assert changed_during(repository, facts) == ("script.py",)


def test_where_the_package_lies_at_the_root_data_are_no_code(tmp_path):
    """`source_dir = "."`: packages with all that is in them, and modules."""
    (tmp_path / "pyproject.toml").write_text('[tool.kedro]\nsource_dir = "."\n')
    code = ("run.py", "shop/__init__.py", "shop/query.sql", "tasks/one.py")
    for name in (*code, "data/out.csv", "conf/base/catalog.yml", ".lakeproof/id", "notes.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert sorted(source_paths(tmp_path)) == ["pyproject.toml", *code]


def test_a_file_that_has_gone_since_git_saw_it_is_left_out(tmp_path):
    """A database's journal comes and goes; a link that leads nowhere is there, and is told of."""
    (tmp_path / "there.txt").write_text("1")
    (tmp_path / "link.txt").symlink_to("nowhere")
    listed = [b"there.txt", b"mlflow.db-journal", b"link.txt"]
    found = dict(file_contents.contents(tmp_path, listed, Secrets()))
    assert set(found) == {"there.txt", "link.txt"}
    assert found["link.txt"].withheld is not None
