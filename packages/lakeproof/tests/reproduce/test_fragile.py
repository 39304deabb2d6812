"""What of a run has one copy: a commit that is on no remote, packages that are in no cache."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.commands.colleagues import share
from lakeproof.record.code import git as record_git
from lakeproof.record.facts import BundleFacts, SnapshotFacts
from lakeproof.reproduce.environment import uv_cache
from lakeproof.reproduce.environment.fragile import fragile_limits
from lakeproof.reproduce.looks import Looks

from .builders import RUN, a_record


def git(folder: Path, *typed: str) -> str:
    done = subprocess.run(["git", *typed], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path) -> Path:
    """A repository with a bare remote, and one commit that is on both."""
    git(tmp_path, "init", "--quiet", "--bare", "remote")
    git(tmp_path, "clone", "--quiet", "remote", "clone")
    path = tmp_path / "clone"
    for name, value in (("name", "Nobody"), ("email", "nobody@localhost")):
        git(path, "config", f"user.{name}", value)
    git(path, "commit", "--quiet", "--allow-empty", "--message", "Begin")
    git(path, "push", "--quiet", "origin", "HEAD")
    return path


def limits(path: Path, commit: str, **code):
    record = a_record()
    record = replace(record, code=replace(record.code, commit=commit, **code))
    return list(fragile_limits(record, path, Looks(), lambda *_: ()))


def test_a_commit_that_no_remote_has_is_in_one_place(clone):
    """Until it is pushed."""
    assert limits(clone, git(clone, "rev-parse", "HEAD")) == []
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "More")
    commit = git(clone, "rev-parse", "HEAD")
    (limit,) = limits(clone, commit)
    assert (limit.certainty, limit.at) == ("fragile", None)
    assert str(limit) == (
        f"Commit {commit[:12]}: in this repository alone. No remote is known to have it, and the "
        f"run has no bundle of it. Keep it: kedro share {RUN[:8]}"
    )
    git(clone, "push", "--quiet", "origin", "HEAD")
    assert limits(clone, commit) == []


def test_the_command_that_is_advised_mends_it(clone):
    """Also for a snapshot, which is on no branch."""
    tree = git(clone, "write-tree")
    commit = git(clone, "commit-tree", tree, "-m", "Snapshot")
    snapshot = SnapshotFacts(commit=commit, tree=tree)
    assert len(limits(clone, "0" * 40, snapshot=snapshot)) == 1

    class Project:
        path = clone

    assert share._pushed(Project, "origin", RUN, commit).is_new
    assert limits(clone, "0" * 40, snapshot=snapshot) == []
    assert git(clone, "for-each-ref", "--format=%(refname)", record_git.SHARED) == (
        f"refs/lakeproof-shared/origin/{RUN}"
    )


def test_a_bundle_on_the_run_is_a_second_copy(clone):
    """It lies in MLflow's store."""
    commit = "a" * 40
    bundle = BundleFacts(f"runs:/{RUN}/lakeproof/code.bundle", "b" * 64, 10, commit, "c" * 40)
    assert len(limits(clone, commit)) == 1
    assert limits(clone, commit, snapshot=SnapshotFacts(commit, "c" * 40, bundle=bundle)) == []


def test_where_git_cannot_be_asked_nothing_is_said(tmp_path):
    """What is missing is said elsewhere."""
    assert limits(tmp_path, "a" * 40) == []


def test_packages_that_no_cache_has_are_named_with_what_brings_them(tmp_path):
    """One environment is asked for once, for all runs that had it."""
    asked = []

    def ask(environment, _):
        asked.append(environment)
        return ("numpy==2.0.0", "pandas==2.9.0", "polars==1.44.0", "scipy==1.9.0")

    looks = Looks()
    for _ in range(3):
        (limit,) = fragile_limits(a_record(), tmp_path, looks, ask)
    assert len(asked) == 1
    assert limit.what.startswith("numpy==2.0.0, pandas==2.9.0, polars==1.44.0 and 1 more of the")
    assert "numpy==2.0.0 pandas==2.9.0 polars==1.44.0 scipy==1.9.0" in limit.remedy


def test_uv_is_asked_what_its_cache_has(tmp_path, monkeypatch):
    """By a rebuild that is only tried, and downloads nothing."""
    for name in [name for name in os.environ if name.startswith("UV_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setattr(uv_cache, "find_interpreter", lambda *_: sys.executable)
    named = uv_cache.not_cached(a_record().environment, tmp_path)
    first = sorted(f"{one.name}" for one in a_record().environment.distributions)[0]
    assert [one.partition("==")[0] for one in named] == [first]


def test_of_words_that_uv_does_not_say_nothing_is_known(tmp_path, monkeypatch):
    """It is no limit then."""

    class Said:
        stderr = "Would install 3 packages"

    monkeypatch.setattr(uv_cache, "find_interpreter", lambda *_: "python")
    monkeypatch.setattr(uv_cache, "ask_uv", lambda *_: Said)
    assert uv_cache.not_cached(a_record().environment, tmp_path) == ()
    Said.stderr = "DEBUG Identified uncached distribution: numpy==2.4.6\n"
    assert uv_cache.not_cached(a_record().environment, tmp_path) == ("numpy==2.4.6",)
