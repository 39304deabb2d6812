"""Packages that came from no index: from the commit, from where they lie today, or not at all."""

import hashlib
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.record.facts import Distribution, EnvironmentFacts
from lakeproof.record.setup.environment import gather_environment
from lakeproof.record.setup.local_packages import digest_of_sources
from lakeproof.reproduce.environment.environment_errors import EnvironmentMissingError
from lakeproof.reproduce.environment.package_sources import (
    developed_with_the_code,
    find_local_packages,
)
from lakeproof.reproduce.environment.rebuild import missing_interpreter, rebuild
from lakeproof.reproduce.environment.same_environment import differences, is_same
from lakeproof.reproduce.stages.child import environment_of

from .wheels import wheel_of


@pytest.fixture
def site(tmp_path, monkeypatch) -> Path:
    """A folder of installed packages that is searched before all others."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def project(tmp_path) -> Path:
    """A project in a folder of its repository, with a library beside it."""
    top = tmp_path / "repository"
    folder = top / "project"
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "mine"\n[tool.kedro]\npackage_name = "mine"\n'
    )
    a_library(top / "libs" / "shared")
    return folder


def a_library(folder: Path, content: str = "x = 1\n") -> Path:
    package = folder / "src" / "shared"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(content)
    return folder


def install(site: Path, name: str, direct: dict, files: dict[str, str] | None = None) -> None:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n\n")
    (info / "direct_url.json").write_text(json.dumps(direct))
    (info / "entry_points.txt").write_text("[plug.in]\na = shared:x\n")
    for path, content in (files or {}).items():
        (site / path).parent.mkdir(exist_ok=True)
        (site / path).write_text(content)
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in files or {}))


def develop(site: Path, library: Path) -> None:
    """Install it as `pip install --editable` does."""
    direct = {"url": library.as_uri(), "dir_info": {"editable": True}}
    install(site, "shared", direct, {"__editable__.shared-1.0.pth": f"{library / 'src'}\n"})


def recorded(project: Path, name: str = "shared") -> EnvironmentFacts:
    """What a record says, of one package."""
    facts = gather_environment(project)
    only = tuple(each for each in facts.distributions if each.name == name)
    return replace(facts, distributions=only, locks={})


def the_one(facts: EnvironmentFacts) -> Distribution:
    (found,) = facts.distributions
    return found


def test_what_is_developed_in_the_repository_is_known_by_content_and_place(site, project):
    """And by no place of this machine."""
    library = project.parent / "libs" / "shared"
    develop(site, library)
    found = the_one(recorded(project))
    assert (found.origin, found.path) == ("editable", "libs/shared/src")
    assert found.digest == digest_of_sources(library / "src", ["shared"])
    a_library(library, "x = 2\n")
    assert the_one(recorded(project)).digest != found.digest


def test_what_setuptools_finds_by_a_finder_is_found_without_running_it(site, project):
    """As it installs what has its modules in no folder of their own."""
    library = project.parent / "libs" / "shared"
    direct = {"url": library.as_uri(), "dir_info": {"editable": True}}
    mapping = {"shared": str(library / "src" / "shared")}
    finder = f"raise SystemExit\nMAPPING: dict[str, str] = {mapping!r}\n"
    install(site, "shared", direct, {"__editable___shared_1_0_finder.py": finder})
    assert the_one(recorded(project)).path == "libs/shared/src"


def test_a_rerun_imports_it_from_the_commit_and_not_from_todays_folder(site, project, tmp_path):
    """The live one may have moved on; that makes it no other environment."""
    library = project.parent / "libs" / "shared"
    develop(site, library)
    then = recorded(project)
    checkout = tmp_path / "checkout"
    a_library(checkout / "libs" / "shared")
    a_library(library, "x = 2\n")
    assert is_same(then, recorded(project))
    assert [each.factor for each in differences(then, recorded(project))] == ["package:shared"]
    local = developed_with_the_code(then, checkout)
    assert local.path == (checkout / "libs" / "shared" / "src",)
    a_library(checkout / "libs" / "shared", "x = 3\n")
    assert developed_with_the_code(then, checkout).missing == ("shared 1.0 (libs/shared/src)",)


def test_a_rerun_knows_what_it_imports(site, project, tmp_path, monkeypatch):
    """By the first folder on the path that has it, wherever it is said to be installed."""
    develop(site, project.parent / "libs" / "shared")
    checkout = a_library(tmp_path / "checkout" / "libs" / "shared", "x = 3\n")
    monkeypatch.syspath_prepend(str(checkout / "src"))
    assert the_one(recorded(project)).digest == digest_of_sources(checkout / "src", ["shared"])


@pytest.mark.slow
def test_in_a_rebuilt_environment_it_is_on_the_path_and_says_its_version(
    site, project, tmp_path, here
):
    """With its entry points; nothing of it is built."""
    develop(site, project.parent / "libs" / "shared")
    then = recorded(project)
    checkout = tmp_path / "checkout"
    a_library(checkout / "libs" / "shared")
    local = find_local_packages(then, checkout, project, tmp_path / "local")
    assert (local.placed, local.missing) == (frozenset({"shared"}), ())
    python = rebuild(then, None, tmp_path / "cache", lambda line: None, local)
    environ = environment_of(os.environ, project, {}, tmp_path / "rerun.json", local.path)
    code = (
        "import shared; from importlib.metadata import version, entry_points; "
        "print(shared.__file__, version('shared'), [e.name for e in entry_points(group='plug.in')])"
    )
    done = subprocess.run([python, "-P", "-c", code], env=environ, capture_output=True, text=True)
    source = checkout / "libs" / "shared" / "src" / "shared" / "__init__.py"
    assert done.stdout.split() == [str(source), "1.0", "['a']"], done.stderr


@pytest.mark.slow
def test_what_is_developed_beside_the_repository_is_had_while_it_is_as_it_was(
    site, project, tmp_path
):
    """From where it lies; once it has moved on, nobody has it."""
    beside = a_library(tmp_path / "beside")
    develop(site, beside)
    then = recorded(project)
    assert the_one(then).path is None
    assert is_same(then, recorded(project))
    local = find_local_packages(then, tmp_path, project, tmp_path / "local")
    assert beside / "src" in local.path
    assert missing_interpreter(then, project) == ()
    a_library(beside, "x = 2\n")
    assert not is_same(then, recorded(project))
    (sentence,) = missing_interpreter(then, project)
    assert "shared 1.0 (editable)" in sentence
    assert "its content is not found" in sentence


def test_a_folder_that_was_copied_when_it_was_installed_is_held_against_its_sources(
    site, project, tmp_path
):
    """The commit may have others than were installed."""
    library = project.parent / "libs" / "shared"
    install(
        site,
        "shared",
        {"url": library.as_uri(), "dir_info": {}},
        {"shared/__init__.py": "x = 1\n"},
    )
    then = recorded(project)
    assert (the_one(then).origin, the_one(then).path) == ("file:shared", "libs/shared/src")
    checkout = tmp_path / "checkout"
    a_library(checkout / "libs" / "shared")
    local = find_local_packages(then, checkout, project, tmp_path / "local")
    assert local.placed == {"shared"}
    a_library(checkout / "libs" / "shared", "x = 2\n")
    local = find_local_packages(then, checkout, project, tmp_path / "again")
    assert local.missing == ("shared 1.0 (file:shared)",)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["repository", "today", "find-links"])
def test_a_wheel_is_had_from_wherever_a_file_of_its_digest_lies(
    site, project, tmp_path, monkeypatch, place
):
    """In the repository, where it was installed from, or where uv is told to look."""
    folder = {"repository": project.parent / "wheels"}.get(place, tmp_path / "wheels")
    (wheel,) = wheel_of(folder).iterdir()
    install(site, "small", {"url": wheel.as_uri(), "archive_info": {}})
    then = recorded(project, "small")
    found = the_one(then)
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert found == Distribution(
        "small",
        "1.0",
        f"file:{wheel.name}",
        digest=f"sha256:{sha256}",
        path=f"wheels/{wheel.name}" if place == "repository" else None,
    )
    if place == "find-links":
        other = tmp_path / "others"
        folder.rename(other)
        assert missing_interpreter(then, project) != ()
        monkeypatch.setenv("UV_FIND_LINKS", str(other))
    assert missing_interpreter(then, project) == ()
    monkeypatch.setenv("UV_OFFLINE", "1")
    local = find_local_packages(then, project.parent, project, tmp_path / "local")
    python = rebuild(then, None, tmp_path / "cache", lambda line: None, local)
    answer = subprocess.run([python, "-c", "import small; print(small.x)"], capture_output=True)
    assert answer.stdout == b"1\n"


def test_a_wheel_of_the_same_name_that_holds_something_else_is_not_it(
    site, project, tmp_path, monkeypatch
):
    """Not from a folder that has one, nor from where it was."""
    (wheel,) = wheel_of(tmp_path / "wheels").iterdir()
    install(site, "small", {"url": wheel.as_uri(), "archive_info": {}})
    then = recorded(project, "small")
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheel.parent))
    local = find_local_packages(then, project.parent, project, tmp_path / "local")
    assert local.missing == (f"small 1.0 (file:{wheel.name})",)
    with pytest.raises(EnvironmentMissingError, match="UV_FIND_LINKS"):
        rebuild(then, None, tmp_path / "cache", lambda line: None, local)


def carried(project: Path, version: str = "1.0") -> tuple[EnvironmentFacts, Path]:
    """A record of a package from an index, which the project carries a wheel of."""
    wheel_of(project / "vendor")
    facts = gather_environment(project)
    found = Distribution("small", version)
    return replace(facts, distributions=(found,), locks={}), project / "vendor"


def test_a_wheel_that_the_commit_carries_stands_in_for_an_index(project, tmp_path, monkeypatch):
    """As of Lakeproof itself; installed as an index's would be, so that it is no other package."""
    then, folder = carried(project)
    monkeypatch.setenv("UV_OFFLINE", "1")
    local = find_local_packages(then, project.parent, project, tmp_path / "local")
    assert local.carried == {"small": next(folder.iterdir())}
    python = rebuild(then, None, tmp_path / "cache", lambda line: None, local)
    (facts,) = python.parents[1].glob("lib/*/site-packages/small-1.0.dist-info")
    assert not (facts / "direct_url.json").exists()


def test_one_that_the_lock_knows_by_another_hash_does_not(project, tmp_path, monkeypatch):
    """The index's is asked for, which nobody has."""
    then, _ = carried(project)
    lock = project / "requirements/run.txt"
    lock.parent.mkdir()
    lock.write_text(f"small==1.0 --hash=sha256:{'1' * 64}\n")
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    then = replace(then, locks={"requirements/run.txt": f"sha256:{digest}"})
    monkeypatch.setenv("UV_OFFLINE", "1")
    local = find_local_packages(then, project.parent, project, tmp_path / "local")
    with pytest.raises(EnvironmentMissingError, match=r"small==1\.0"):
        rebuild(then, lock.parent, tmp_path / "cache", lambda line: None, local)


def test_one_of_another_version_does_not(project, tmp_path):
    """Nor one of another commit: today's folder is not looked at."""
    then, _ = carried(project, "1.1")
    assert find_local_packages(then, project.parent, project, tmp_path / "local").carried == {}
    then = replace(then, distributions=(Distribution("small", "1.0"),))
    assert find_local_packages(then, tmp_path, project, tmp_path / "local").carried == {}


def test_one_wheel_is_one_wheel_wherever_it_lies_and_whoever_installed_it(here):
    """Pip writes its hash beside the address, uv does not."""
    sha256 = "a" * 64
    by_pip = Distribution("small", "1.0", f"file:small-1.0.whl#sha256={sha256}", f"sha256:{sha256}")
    by_uv = Distribution("small", "1.0", "file:copy.whl", f"sha256:{sha256}", "wheels/copy.whl")
    ours, theirs = (replace(here, distributions=(each,)) for each in (by_pip, by_uv))
    assert is_same(ours, theirs)
    assert differences(ours, theirs) == ()
    other = replace(here, distributions=(replace(by_uv, digest=f"sha256:{'b' * 64}"),))
    assert not is_same(ours, other)


@pytest.mark.parametrize("path", ["../outside", "/etc", "libs/link"])
def test_a_recorded_place_that_leads_out_of_the_repository_is_none(here, project, tmp_path, path):
    """Whoever wrote the record."""
    a_library(tmp_path / "outside")
    checkout = tmp_path / "checkout"
    (checkout / "libs").mkdir(parents=True)
    (checkout / "libs" / "link").symlink_to(tmp_path / "outside")
    crafted = replace(
        here, distributions=(Distribution("shared", "1.0", "editable", "sha256:aa", path),)
    )
    local = find_local_packages(crafted, checkout, project, tmp_path / "local")
    assert (local.path, local.missing) == ((), ("shared 1.0 (editable)",))
    assert developed_with_the_code(crafted, checkout).path == ()


def test_a_name_that_is_a_place_is_no_folder_of_ours(here, project, tmp_path):
    """What says that a package is installed is called after it."""
    a_library(tmp_path / "checkout" / "libs")
    crafted = replace(
        here,
        distributions=(Distribution("../../evil", "1.0", "editable", "sha256:aa", "libs/src"),),
    )
    local = find_local_packages(crafted, tmp_path / "checkout", project, tmp_path / "local")
    assert "which is no package's name" in local.missing[0]
    assert not (tmp_path / "local").exists()


def test_of_an_older_record_nothing_is_known_but_that_it_was_editable(here):
    """As before: its code may be another."""
    then = replace(here, distributions=(Distribution("shared", "1.0", "editable"),))
    (factor,) = differences(then, then)
    assert factor.actual == "1.0 (editable), whose code may be another"
