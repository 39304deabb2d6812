"""MLflow is told what git knows of the program, and nothing else."""

import subprocess
from types import ModuleType

import pytest

from lakeproof.startup.libraries import no_repository


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository that ignores its environment."""
    monkeypatch.delenv("GIT_DIR", raising=False)
    monkeypatch.delenv("GIT_WORK_TREE", raising=False)
    subprocess.run(["git", "init", "-q", str(tmp_path / "project")], check=True)
    for name in ("src", ".venv/bin"):
        (tmp_path / "project" / name).mkdir(parents=True)
        (tmp_path / "project" / name / "kedro").touch()
    (tmp_path / "project" / ".gitignore").write_text(".venv\n")
    return tmp_path / "project"


def asked(program) -> list[str]:
    """Say whether GitPython would be asked of a program."""
    module = ModuleType("git_context")
    seen: list[str] = []
    module._get_main_file = lambda: str(program)
    module._resolve_git_info = lambda: seen.append("asked") or {"commit": "known"}
    no_repository._asking_first(module)
    assert module._resolve_git_info() == ({"commit": "known"} if seen else {})
    return seen


def test_a_program_of_an_environment_has_no_commit(repository, tmp_path):
    """One that the repository ignores, and one outside of any."""
    (tmp_path / "kedro").touch()
    assert not asked(repository / ".venv" / "bin" / "kedro")
    assert not asked(tmp_path / "kedro")


def test_a_program_of_a_repository_is_asked_for(repository, monkeypatch):
    """And whatever the variables of git say is for others to know."""
    assert asked(repository / "src" / "kedro")
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    assert asked(repository / ".venv" / "bin" / "kedro")


def test_what_is_no_file_has_no_commit(repository, monkeypatch):
    """`python -m kedro` calls itself so; GitPython looks for a file of that name, and gives up."""
    from mlflow.utils import git_utils

    monkeypatch.chdir(repository)
    name = "python -m kedro"
    assert not asked(name)
    assert git_utils.get_git_commit(str(repository / "src")) is None, "nothing is committed yet"
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-q", "-m", "a"]
    subprocess.run([*commit, "--allow-empty"], cwd=repository, check=True)
    assert git_utils.get_git_commit(str(repository / "src"))
    ways = (git_utils.get_git_commit, git_utils.get_git_branch, git_utils.get_git_repo_url)
    assert [way(name) for way in ways] == [None] * 3


def test_a_name_that_stands_for_another_is_asked_for(repository, monkeypatch):
    monkeypatch.chdir(repository)
    assert asked("$HERE/src/kedro")
