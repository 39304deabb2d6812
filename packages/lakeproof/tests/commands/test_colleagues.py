"""`kedro share` and `kedro get`: a run's code given to others, and what a run had brought here."""

import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lakeproof.commands.colleagues.get import get, render
from lakeproof.commands.colleagues.share import share
from lakeproof.errors import LakeproofError
from lakeproof.record.facts import ParameterFacts, Record
from lakeproof.reproduce.code import remotes

from ..reproduce.builders import RUN, a_record
from ..reproduce.repositories import Repository

NODES = "src/tiny/nodes.py"
CATALOG = """samples:
  type: lakeproof.delta.DeltaTable
  filepath: data/samples   # here

features:
  type: lakeproof.delta.DeltaTable
  filepath: data/features
"""
PARAMETERS = """# What is learned.
train:
  seed: 1   # chance
  share: 0.5
  name: "old"
  columns: [a, b]
"""
SOURCES = dict.fromkeys(("train.seed", "train.name", "train.columns", "train.nowhere"), "--params")
VALUES = {
    "train": {"seed": 7, "share": 0.5, "name": "7", "columns": ["a"], "nowhere": True},
}


@pytest.fixture
def anna(tmp_path: Path) -> Repository:
    """A repository with a remote, in which a run was made of a change."""
    remotes._shared_by.cache_clear()
    hub = tmp_path / "hub.git"
    subprocess.run(["git", "init", "--quiet", "--bare", hub], check=True)
    anna = Repository(tmp_path / "anna")
    anna.write("conf/base/catalog.yml", CATALOG)
    anna.write("conf/base/parameters_train.yml", PARAMETERS)
    anna.commit("Settings")
    anna.git("remote", "add", "origin", str(hub))
    anna.git("push", "--quiet", "origin", "HEAD:main")
    anna.write(NODES, "def split():\n    return 2\n")
    return anna


def run_of(repository: Repository) -> Record:
    record = a_record(code=repository.gather())
    configuration = replace(record.configuration, source="conf", environments=("base", "local"))
    return replace(
        record,
        configuration=configuration,
        parameters=ParameterFacts(VALUES, SOURCES),
    )


def project_of(repository: Repository, record: Record) -> Any:
    records = SimpleNamespace(
        resolve=lambda _: RUN, record=lambda _: record, artifact=lambda _: None
    )
    return SimpleNamespace(path=repository.project, records=records)


def test_a_run_is_shared_with_what_was_not_committed_and_no_branch_is_touched(anna):
    """Once; the second time it was there."""
    record = run_of(anna)
    before = anna.git("status", "--porcelain"), anna.git("branch", "--all")
    (first,) = share(project_of(anna, record), ["last"], None)
    (second,) = share(project_of(anna, record), ["last", RUN], "origin")
    assert (first.is_new, second.is_new) == (True, False)
    assert (first.remote, first.ref) == ("origin", f"refs/lakeproof/{RUN}")
    assert record.code.kept_commit in anna.git("ls-remote", "origin", "refs/lakeproof/*")
    assert (anna.git("status", "--porcelain"), anna.git("branch", "--all")) == before


def test_what_cannot_be_shared_is_said(anna):
    """By its reason, with what to type."""
    record = run_of(anna)
    with pytest.raises(LakeproofError, match="no remote 'upstream': there are origin"):
        share(project_of(anna, record), ["last"], "upstream")
    lost = replace(record, code=replace(record.code, snapshot=None, commit="1" * 40))
    with pytest.raises(LakeproofError, match="Share it from the one that the run was made in"):
        share(project_of(anna, lost), ["last"], None)
    anna.git("remote", "remove", "origin")
    with pytest.raises(LakeproofError, match="git remote add origin"):
        share(project_of(anna, record), ["last"], None)


def test_what_a_run_had_is_brought_line_by_line(anna):
    """The code as a branch; parameters and pins as lines that are shown, and not committed."""
    record = run_of(anna)
    anna.git("checkout", "--quiet", "--", ".")
    main = anna.git("rev-parse", "--abbrev-ref", "HEAD").strip()
    project = project_of(anna, record)

    dry = get(project, "last", None, is_dry=True)
    assert anna.git("rev-parse", "--abbrev-ref", "HEAD").strip() == main
    assert anna.git("status", "--porcelain") == ""
    found = get(project, "last", None, is_dry=False)

    assert replace(found, is_dry=True) == dry
    assert (found.branch, found.was_on) == (f"run-{RUN[:8]}", main)
    assert anna.git("rev-parse", "--abbrev-ref", "HEAD").strip() == found.branch
    assert (anna.path / NODES).read_text() == "def split():\n    return 2\n"
    assert (anna.path / "conf/base/parameters_train.yml").read_text() == PARAMETERS.replace(
        "seed: 1 ", "seed: 7 "
    ).replace('"old"', '"7"')
    assert (anna.path / "conf/base/catalog.yml").read_text() == CATALOG.replace(
        "# here\n", "# here\n  load_args: {version: 3}\n"
    )
    told = render(found)
    assert "   3 -   seed: 1   # chance\n     3 +   seed: 7   # chance" in told
    assert "The parameter 'train.columns' stands in no file that can be edited" in told
    assert "kedro run --params train.nowhere=True" in told
    assert anna.git("diff", "--cached") == ""


def test_work_that_is_not_committed_is_never_overwritten(anna):
    """Changed files, files that git does not know, and files that it ignores."""
    anna.write(".gitignore", "/.lakeproof/\n/conf/local/\nsrc/tiny/made.py\n")
    anna.commit("Ignore what is made")
    anna.write("src/tiny/made.py", "MADE = 1\n")
    record = run_of(anna)
    project = project_of(anna, record)
    anna.write(NODES, "def split():\n    return 3\n")
    with pytest.raises(LakeproofError, match=f"changes that are in no commit: {NODES}"):
        get(project, "last", None, is_dry=False)
    anna.git("checkout", "--quiet", "--", ".")
    anna.write("src/tiny/made.py", "MADE = 2\n")
    for text in ("MADE = 2\n", "MADE = 1\n"):
        anna.write("src/tiny/made.py", text)
        with pytest.raises(LakeproofError, match=r"without being in git: src/tiny/made\.py"):
            get(project, "last", None, is_dry=False)
        assert (anna.path / "src/tiny/made.py").read_text() == text
    assert f"run-{RUN[:8]}" not in anna.git("branch")
    anna.git("branch", "taken")
    with pytest.raises(LakeproofError, match="There is a branch taken already"):
        get(project, "last", "taken", is_dry=False)
    with pytest.raises(LakeproofError, match="can be no name of a branch"):
        get(project, "last", "--orphan", is_dry=False)
