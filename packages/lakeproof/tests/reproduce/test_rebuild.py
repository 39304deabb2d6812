"""How the environment of a run is rebuilt."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import REPOSITORY
from lakeproof.record.facts import ChangedFile, Distribution, EnvironmentFacts
from lakeproof.record.setup.environment import gather_environment
from lakeproof.reproduce.environment.environment_errors import EnvironmentMissingError
from lakeproof.reproduce.environment.rebuild import missing_interpreter, rebuild

from .environments import keep, with_version
from .wheels import wheel_of

LOCKS = REPOSITORY / "requirements"


@pytest.fixture(scope="module")
def small(here) -> EnvironmentFacts:
    """A recorded environment of two small distributions and the project."""
    return keep(here, "iniconfig", "packaging", "winery")


@pytest.fixture
def said() -> list[str]:
    """What the user is told."""
    return []


def holds(python: Path) -> list[str]:
    """What an interpreter finds, by uv's own listing."""
    from uv import find_uv_bin

    command = [find_uv_bin(), "pip", "list", "--quiet", "--format", "json", "--python", str(python)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return sorted(f"{each['name']}=={each['version']}" for each in json.loads(listed))


def pins(facts: EnvironmentFacts) -> list[str]:
    return [f"{each.name}=={each.version}" for each in facts.distributions if not each.origin]


@pytest.mark.slow
def test_a_rebuilt_environment_holds_what_was_recorded_and_nothing_else(
    small, here, tmp_path, said
):
    """No installer, no project; and the environment of whoever asks stays as it was."""
    python = rebuild(small, LOCKS, tmp_path / "cache", said.append)
    assert holds(python) == pins(small)
    assert said[0].startswith(f"Building the run's environment, once: Python {here.python}, 2 ")
    version = subprocess.run(
        [python, "-c", "import platform, sys; print(platform.python_version(), sys.prefix)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert version == [here.python, str(python.parents[1])]
    assert gather_environment(REPOSITORY) == here


def test_it_is_built_once_and_shared(small, tmp_path, said):
    """By every record that needs the same, whatever else that says."""
    cache = tmp_path / "cache"
    first = rebuild(small, LOCKS, cache, said.append)
    told = len(said)
    other = replace(small, build="elsewhere", java="17")
    assert rebuild(other, LOCKS, cache, said.append) == first
    assert len(said) == told
    fewer = keep(small, "iniconfig")
    assert rebuild(fewer, LOCKS, cache, said.append) != first


def test_an_environment_that_was_changed_since_is_built_again(small, tmp_path, said):
    """Someone may have installed something, or cleaned up."""
    cache = tmp_path / "cache"
    python = rebuild(small, LOCKS, cache, said.append)
    shutil.rmtree(next(python.parents[1].glob("lib/*/site-packages/iniconfig-*.dist-info")))
    said.clear()
    assert rebuild(small, LOCKS, cache, said.append) == python
    assert "no longer what was built" in said[0]
    assert holds(python) == pins(small)


@pytest.mark.slow
def test_what_an_interrupted_build_left_is_not_taken_for_an_environment(small, tmp_path, said):
    """And is cleared away by the next one."""
    cache = tmp_path / "cache"
    python = rebuild(small, LOCKS, cache, said.append)
    whole = python.parents[1]
    left = cache / f".{whole.name}.building-dead"
    whole.rename(left)
    assert rebuild(small, LOCKS, cache, said.append) == python
    assert not left.exists()
    assert holds(python) == pins(small)


def test_two_at_once_build_it_once(small, tmp_path, said):
    """The second waits and takes what the first has built."""
    with ThreadPoolExecutor(2) as pool:
        builds = [
            pool.submit(rebuild, small, LOCKS, tmp_path / "cache", said.append) for _ in range(2)
        ]
        first, second = (each.result() for each in builds)
    assert first == second
    assert len([each for each in said if each.startswith("Building")]) == 1


def test_versions_that_do_not_exist_are_named_all_of_them(small, tmp_path, said, monkeypatch):
    """With what to type; and nothing half built stays behind."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    cache = tmp_path / "cache"
    gone = with_version(with_version(small, "packaging", "26.3.999"), "iniconfig", "99.0")
    with pytest.raises(EnvironmentMissingError) as refused:
        rebuild(gone, None, cache, said.append)
    message = refused.value.message
    assert "iniconfig==99.0" in message.partition("(")[0]
    assert "packaging==26.3.999" in message.partition("(")[0]
    assert "Nothing was run." in message
    assert "--here" in message
    assert len(message) < 1_000
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_only_what_cannot_be_had_is_named(small, tmp_path, said, monkeypatch):
    """Not its neighbours."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    gone = with_version(small, "iniconfig", "99.0")
    with pytest.raises(EnvironmentMissingError, match=r"iniconfig==99\.0") as refused:
        rebuild(gone, None, tmp_path / "cache", said.append)
    assert "packaging" not in refused.value.message


def test_a_file_with_another_hash_than_the_locked_one_is_refused(small, tmp_path, said):
    """The same name and version can be another file."""
    lock = tmp_path / "run.txt"
    version = next(each.version for each in small.distributions if each.name == "iniconfig")
    lock.write_text(f"iniconfig=={version} \\\n    --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    digest = f"sha256:{hashlib.sha256(lock.read_bytes()).hexdigest()}"
    recorded = replace(keep(small, "iniconfig"), locks={"requirements/run.txt": digest})
    with pytest.raises(EnvironmentMissingError, match="iniconfig"):
        rebuild(recorded, tmp_path, tmp_path / "cache", said.append)
    # A lock that is not the run's has no say.
    unlocked = replace(recorded, locks={})
    assert holds(rebuild(unlocked, tmp_path, tmp_path / "cache", said.append)) == pins(recorded)


def test_an_interpreter_that_is_not_here_is_named_and_not_downloaded(small, tmp_path, said):
    """With the command that gets it."""
    older = replace(small, python="3.11.999")
    with pytest.raises(EnvironmentMissingError, match=r"uv python install cpython@3\.11\.999"):
        rebuild(older, LOCKS, tmp_path / "cache", said.append)
    (sentence,) = missing_interpreter(older)
    assert sentence.startswith("The run used Python 3.11.999, which uv does not find")
    assert missing_interpreter(small) == ()


def test_an_interpreter_that_pyenv_has_and_does_not_show_is_found(small, tmp_path, monkeypatch):
    """Its shim stands on the path for every version, and fails for all but the global one."""
    shims, kept = tmp_path / "shims", tmp_path / "versions/3.11.999/bin"
    for folder in (shims, kept):
        folder.mkdir(parents=True)
    (shims / "python3.11").write_text(
        "#!/bin/sh\necho 'pyenv: python3.11: command not found'\nexit 127\n"
    )
    (shims / "python3.11").chmod(0o755)
    (kept / "python").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{shims}:{os.environ['PATH']}")
    older = replace(small, python="3.11.999")
    assert missing_interpreter(older) != ()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert missing_interpreter(older) == ()


def test_what_came_from_no_index_is_named_before_anything_is_built(small, tmp_path, said):
    """A folder or a repository cannot be asked for by version; of many, ten are named."""
    elsewhere = with_version(small, "tool", "1.0", "https://host.example/tool.git@abc")
    for number in range(11):
        elsewhere = with_version(elsewhere, f"own-{number:02}", "1.0", "editable")
    with pytest.raises(EnvironmentMissingError) as refused:
        rebuild(elsewhere, LOCKS, tmp_path / "cache", said.append)
    assert "own-00 1.0 (editable)" in refused.value.message
    assert "and 2 more" in refused.value.message
    assert not (tmp_path / "cache").exists()
    assert said == []


def test_a_file_that_was_edited_in_uvs_cache_is_named_with_the_cure(
    here, tmp_path, said, monkeypatch
):
    """It is linked from, so that an edit in one environment is one in all of them."""
    own = tmp_path / "uv-cache"
    monkeypatch.setenv("UV_CACHE_DIR", str(own))
    monkeypatch.setenv("UV_FIND_LINKS", str(wheel_of(tmp_path / "index")))
    monkeypatch.setenv("UV_OFFLINE", "1")
    recorded = replace(here, distributions=(Distribution("small", "1.0"),), locks={})
    cache = tmp_path / "cache"
    python = rebuild(recorded, None, cache, said.append)
    assert missing_interpreter(recorded) == ()
    (module,) = python.parents[1].glob("lib/*/site-packages/small.py")
    module.write_text("x = 2\n")
    with pytest.raises(
        EnvironmentMissingError, match=r"small\.py.*uv cache clean small"
    ) as refused:
        rebuild(recorded, None, cache, said.append)
    assert "no longer what was built" in said[1]
    assert "Nothing was run." in refused.value.message


def test_a_run_with_a_patched_library_is_said_to_be_nobody_elses(small):
    """By `kedro check`, before anything is built."""
    changed = ChangedFile("iniconfig", "iniconfig/__init__.py", "sha256:aa")
    (sentence,) = missing_interpreter(replace(small, changed_files=(changed,)))
    assert "nobody else has them: iniconfig (iniconfig/__init__.py)" in sentence
