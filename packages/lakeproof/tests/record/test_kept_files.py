"""A file that git has as it was read needs no word; any other does."""

import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.record.code.gather_code import gather_code
from lakeproof.record.code.kept_files import without_kept_files
from lakeproof.record.facts import CodeFacts, NodeFacts, NotControlled
from lakeproof.record.redaction.secrets import Secrets


def reading(text: str, name: str) -> NotControlled:
    return NotControlled("file", name, f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")


@pytest.fixture(params=["", "below"])
def project(tmp_path: Path, request) -> tuple[Path, CodeFacts]:
    """A project, the repository itself or a folder of it, with a committed and a new file."""
    folder = tmp_path / "top" / request.param
    folder.mkdir(parents=True)
    (tmp_path / "top/.gitignore").write_text("ignored.csv\n")
    for name in ("pyproject.toml", "lookup.csv"):
        (folder / name).write_text(name)
    for arguments in (
        ("init", "--quiet"),
        ("add", "--all"),
        ("-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "--quiet", "-m", "x"),
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path / "top", check=True)
    (folder / "new.csv").write_text("new")
    (folder / "ignored.csv").write_text("ignored")
    return folder, gather_code(folder, Secrets())


def left_of(project: tuple[Path, CodeFacts], *reached: NotControlled) -> list[str]:
    folder, code = project
    node = NodeFacts("read", 0.1, (), (), reached)
    (found,) = without_kept_files([node], code, folder)
    return [one.name for one in found.not_controlled]


def test_a_file_of_the_snapshot_is_left_out(project):
    """Committed, or not yet: a re-run has both, byte for byte."""
    kept = reading("lookup.csv", "lookup.csv"), reading("new", "new.csv")
    assert left_of(project, *kept) == []


def test_a_file_that_git_ignores_or_has_otherwise_stays(project):
    """So does what is no file, or lies elsewhere."""
    others = (
        reading("ignored", "ignored.csv"),
        reading("edited meanwhile", "lookup.csv"),
        reading("lookup.csv", "/elsewhere/lookup.csv"),
        reading("lookup.csv", "../lookup.csv"),
        NotControlled("file", "lookup.csv", None, "not there"),
        NotControlled("written", "new.csv", reading("new", "new.csv").digest),
        NotControlled("variable", "new.csv", reading("new", "new.csv").digest),
    )
    assert left_of(project, *others) == [one.name for one in others]


def test_without_a_snapshot_nothing_is_left_out(project):
    """Nobody keeps anything."""
    folder, code = project
    none = folder, replace(code, snapshot=None)
    assert left_of(none, reading("lookup.csv", "lookup.csv")) == ["lookup.csv"]


def test_git_is_asked_as_often_for_many_files_as_for_one(project, monkeypatch):
    """A node that reads a folder of a thousand files does not start git a thousand times."""
    folder, _ = project
    names = [f"part {number}.csv" for number in range(40)]
    for name in names:
        (folder / name).write_text(name)
    code = gather_code(folder, Secrets())
    started = []
    start = subprocess.Popen.__init__

    def count(self, *arguments, **options):
        started.append(arguments)
        start(self, *arguments, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", count)
    assert left_of((folder, code), *(reading(name, name) for name in names)) == []
    assert len(started) == 2
