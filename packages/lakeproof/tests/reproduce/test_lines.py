"""The changed lines between two runs, out of a real repository that stays as it is."""

import base64
import hashlib
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lakeproof.record.code.gather_code import gather_code
from lakeproof.record.facts import CodeFacts, Content
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.reproduce.code.changed_lines import changed_configuration, changed_lines

from .builders import a_content, a_record, sha

ROWS = "src/winery/rows.py"
TEXT = "import math\n\n\ndef scale(x):\n    return x * 2\n"


@dataclass(frozen=True)
class Repository:
    """A repository, and its code as a record has it."""

    path: Path
    prefix: str = ""

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.path / self.prefix

    def git(self, *args: str) -> str:
        """Run git."""
        done = subprocess.run(["git", *args], cwd=self.path, capture_output=True, check=True)
        return done.stdout.decode()

    def write(self, file: str, text: str | bytes) -> None:
        """Write a file of the project."""
        path = self.project / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(self) -> str:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A change")
        return self.git("rev-parse", "HEAD").strip()

    def code(self) -> CodeFacts:
        """Record what is there now."""
        diff = self.git("diff", "--binary", "HEAD")
        names = self.git("ls-files", "-z", "--others", "--exclude-standard").split("\0")[:-1]
        files = {
            path.relative_to(self.project).as_posix(): sha(path.read_bytes().hex())
            for path in (self.project / "src").rglob("*.py")
        }
        return CodeFacts(
            commit=self.git("rev-parse", "HEAD").strip(),
            remote=None,
            prefix=self.prefix,
            diff=a_content("diff", diff) if diff else None,
            untracked=tuple(self.content(name) for name in names),
            files=files,
            tree=sha(repr(sorted(files.items()))),
        )

    def content(self, name: str) -> Content:
        """Record a file."""
        data = (self.path / name).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        return Content(name, digest, len(data), base64=base64.b64encode(data).decode())

    def state(self) -> dict[str, object]:
        """Tell everything of the repository and its files that could change."""
        return {
            str(path.relative_to(self.path)): path.read_bytes()
            for path in sorted(self.path.rglob("*"))
            if path.is_file()
        }


@pytest.fixture(params=["", "projects/wines"])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Repository:
    """A repository with one commit, the project at its top or in a folder."""
    folder = tmp_path / "a: repository"
    folder.mkdir()
    found = Repository(folder, request.param)
    found.git("init", "--quiet")
    found.git("config", "user.name", "A Tester")
    found.git("config", "user.email", "tester@localhost")
    found.write(ROWS, TEXT)
    found.write("README.md", "Wines\n")
    found.commit()
    return found


def test_a_line_is_shown_as_it_was_and_as_it_is(repository):
    """Between two commits, an uncommitted change and an untracked module; only of sources."""
    before = repository.code()
    repository.write(ROWS, TEXT.replace("x * 2", "x * 3"))
    repository.write("README.md", "Wines, changed\n")
    dirty = repository.code()
    expected = (f"{ROWS}:5  -     return x * 2", f"{ROWS}:5  +     return x * 3")
    assert changed_lines(repository.project, before, dirty) == expected
    repository.commit()
    assert changed_lines(repository.project, before, repository.code()) == expected
    assert changed_lines(repository.project, dirty, repository.code()) == ()
    untracked = "src/winery/new.py"
    repository.write(untracked, "X = 1\n")
    found = changed_lines(repository.project, dirty, repository.code())
    assert found == (f"{untracked}:1  + X = 1",)


def test_numbers_are_those_of_the_side_a_line_is_on(repository):
    """A line that looks like a heading of a diff is a line."""
    before = repository.code()
    repository.write(ROWS, "-- a/gone\n++ b/come\n" + TEXT.replace("import math\n", ""))
    found = changed_lines(repository.project, before, repository.code())
    assert found == (
        f"{ROWS}:1  - import math",
        f"{ROWS}:1  + -- a/gone",
        f"{ROWS}:2  + ++ b/come",
    )
    back = changed_lines(repository.project, repository.code(), before)
    assert back[:2] == (f"{ROWS}:1  - -- a/gone", f"{ROWS}:2  - ++ b/come")


def test_nothing_of_the_users_is_touched(repository, monkeypatch):
    """No object, no index, no file; not even where git is told to work elsewhere."""
    before = repository.code()
    repository.write(ROWS, TEXT + "\nstaged = 1\n")
    repository.git("add", "--all")
    repository.write(ROWS, TEXT + "\nstaged = 2\n")
    repository.write("src/winery/new.py", "X = 1\n")
    code, state, there = repository.code(), repository.state(), os.listdir(repository.path.parent)
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository.path / "index of a hook"))
    monkeypatch.setenv("GIT_DIR", str(repository.path / "nowhere"))
    assert len(changed_lines(repository.project, before, code)) == 3
    assert repository.state() == state
    assert os.listdir(repository.path.parent) == there


def test_the_users_own_settings_change_nothing(repository):
    """What a patch does and what a diff looks like can be configured."""
    before = repository.code()
    repository.write(ROWS, TEXT + "trailing = 1  \n")
    code = repository.code()
    for name, value in {
        "diff.noprefix": "true",
        "diff.external": "false",
        "diff.python.command": "false",
        "diff.python.textconv": "false",
        "diff.renames": "copies",
        "color.ui": "always",
        "apply.whitespace": "fix",
    }.items():
        repository.git("config", name, value)
    (repository.path / ".git/info/attributes").write_text("*.py diff=python\n")
    found = changed_lines(repository.project, before, code)
    assert found == (f"{ROWS}:6  + trailing = 1",)
    bare = replace(code, diff=a_content("diff", code.diff.text.replace("1  \n", "1\n")))
    assert changed_lines(repository.project, code, bare) == (
        f"{ROWS}:6  - trailing = 1",
        f"{ROWS}:6  + trailing = 1",
    )


def test_too_many_lines_are_counted(repository):
    """The first ones are shown."""
    before = repository.code()
    repository.write(ROWS, TEXT + "".join(f"x{i} = {i}\n" for i in range(10)))
    found = changed_lines(repository.project, before, repository.code(), limit=3)
    assert found[2:] == (f"{ROWS}:8  + x2 = 2", "… and 7 more lines")


def test_a_file_that_is_not_text_is_named(repository):
    """Its lines are none."""
    repository.write("src/winery/table.py", b"\0\1")
    before = repository.code()
    repository.write("src/winery/table.py", b"\0\2")
    found = changed_lines(repository.project, before, repository.code())
    assert found == ("src/winery/table.py  changed; it is not text",)


def test_what_cannot_be_had_is_said(repository, tmp_path):
    """A commit that is gone, a diff that was withheld, no repository."""
    code = repository.code()
    gone = replace(code, commit="f" * 40)
    assert changed_lines(repository.project, code, gone) == (
        "Commit ffffffff is no longer in the repository; the changed lines cannot be shown."
    )
    withheld = replace(code, diff=Content("diff", sha("x"), 1, withheld="it holds a secret"))
    said = changed_lines(repository.project, withheld, code)
    assert said == (
        f"The changes that a run had over commit {code.commit[:8]} are not in the record: it holds "
        "a secret; the changed lines cannot be shown."
    )
    without = replace(code, commit=None)
    assert "not recorded from a git repository" in changed_lines(repository.project, code, without)
    broken = replace(code, diff=a_content("diff", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@"))
    assert "git apply failed" in changed_lines(repository.project, code, broken)
    assert "no git repository here" in changed_lines(tmp_path, code, code)


def test_a_withheld_untracked_file_hides_only_itself(repository):
    """The rest can still be shown."""
    code = repository.code()
    repository.write(ROWS, TEXT + "y = 1\n")
    secret = Content("src/secret.py", sha("x"), 1, withheld="it holds a secret")
    found = changed_lines(repository.project, code, replace(repository.code(), untracked=(secret,)))
    assert found == (f"{ROWS}:6  + y = 1",)


def test_configuration_is_compared_out_of_the_records():
    """Files that git ignores too; what was withheld is named."""

    def with_files(*files):
        return replace(a_record().configuration, files=files)

    withheld = Content("local/c.yml", sha("1"), 1, withheld="it holds a secret")
    ours = with_files(a_content("base/a.yml", "x: 1\ny: 2\n"), withheld)
    theirs = with_files(
        a_content("base/a.yml", "x: 1\ny: 3\n"),
        a_content("local/b.yml", "z: 1\n"),
        replace(withheld, sha256=sha("2")),
    )
    assert changed_configuration(ours, ours) == ()
    assert changed_configuration(ours, theirs) == (
        "base/a.yml:2  - y: 2",
        "base/a.yml:2  + y: 3",
        "local/b.yml:1  + z: 1",
        "local/c.yml  changed; its lines are not in the record",
    )


def test_snapshots_are_compared_by_git(repository):
    """Also what git ignores, and with a record from before there were any; nothing is written."""
    repository.write(".gitignore", "_version.py\n")
    repository.commit()
    repository.write("src/winery/_version.py", "VERSION = 1\n")
    older = repository.code()
    before = gather_code(repository.project, Secrets())
    repository.write("src/winery/_version.py", "VERSION = 2\n")
    repository.write(ROWS, TEXT.replace("x * 2", "x * 3"))
    after = gather_code(repository.project, Secrets())
    state = repository.state()
    assert changed_lines(repository.project, before, after) == (
        "src/winery/_version.py:1  - VERSION = 1",
        "src/winery/_version.py:1  + VERSION = 2",
        f"{ROWS}:5  -     return x * 2",
        f"{ROWS}:5  +     return x * 3",
    )
    assert changed_lines(repository.project, older, after)[-1] == f"{ROWS}:5  +     return x * 3"
    assert repository.state() == state
    gone = replace(after, snapshot=replace(after.snapshot, tree="1" * 40))
    said = changed_lines(repository.project, before, gone)
    assert said.startswith("Snapshot 11111111 is not in the repository")
