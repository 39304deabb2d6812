"""Modules from beside the source folder: kept where they lie in the repository, else known."""

import hashlib
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from lakeproof.record.code.gather_code import gather_code, with_imported
from lakeproof.record.code.imported import Imported, imported_beside
from lakeproof.record.redaction.secrets import Secrets


@pytest.fixture
def repository(tmp_path: Path, monkeypatch) -> Path:
    """A repository that ignores a folder of modules, and a neighbour of it."""
    top = tmp_path / "top"
    for path, text in {
        "top/pyproject.toml": "",
        "top/.gitignore": "tools/\n",
        "top/src/imported_source_1.py": "X = 1\n",
        "top/tools/imported_tool_1.py": "X = 1\n",
        "top/tools/imported_parts_1/__init__.py": "",
        "top/tools/imported_parts_1/one.py": "X = 1\n",
        "top/imported_at_top_1.py": "X = 1\n",
        "beside/imported_beside_1.py": "X = 1\n",
        "debugger/imported_debugger_1.py": "X = 1\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    for command in (
        ("init", "--quiet"),
        ("add", "--all"),
        ("-c", "user.name=A", "-c", "user.email=a@localhost", "commit", "--quiet", "-m", "First"),
    ):
        subprocess.run(["git", *command], cwd=top, check=True)
    for folder in ("top/src", "top/tools", "top", "beside", "debugger"):
        monkeypatch.syspath_prepend(tmp_path / folder)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'beside'}:{top / 'tools'}")
    yield top
    for name in [name for name in sys.modules if name.startswith("imported_")]:
        del sys.modules[name]


def import_all() -> None:
    for name in ("source_1", "tool_1", "parts_1.one", "at_top_1", "beside_1", "debugger_1"):
        importlib.import_module(f"imported_{name}")


def test_nothing_was_imported_from_beside(repository):
    """Python's own, installed packages and the source folder are known by other facts."""
    importlib.import_module("imported_source_1")
    assert imported_beside(repository / "src", repository) == Imported()


def test_what_was_imported_is_found_by_folder_file_and_digest(repository):
    """Of the neighbour no place is told; what a debugger brings along is none of the run's."""
    import_all()
    found = imported_beside(repository / "src", repository)
    assert found.search == (".", "tools")
    assert found.files == (
        "imported_at_top_1.py",
        "tools/imported_parts_1/__init__.py",
        "tools/imported_parts_1/one.py",
        "tools/imported_tool_1.py",
    )
    digest = hashlib.sha256(b"X = 1\n").hexdigest()
    assert [(module.name, module.sha256) for module in found.elsewhere] == [
        ("imported_beside_1", digest)
    ]


def test_what_git_ignores_of_it_is_added_to_the_snapshot(repository):
    """Once the run has ended: nobody knows before what it will import."""
    code = gather_code(repository, Secrets())
    assert code.snapshot.commit == code.commit
    import_all()
    (repository / "tools/imported_tool_1.py").write_text("PASSWORD = 'hunter2-and-more'\n")
    found = imported_beside(repository / "src", repository)
    code = with_imported(repository, code, found, Secrets())
    listed = subprocess.run(
        ["git", "diff", "--name-only", code.commit, code.snapshot.commit],
        cwd=repository,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert listed == ["tools/imported_parts_1/__init__.py", "tools/imported_parts_1/one.py"]
    assert [content.path for content in code.snapshot.left_out] == ["tools/imported_tool_1.py"]
    assert code.search == (".", "tools")
    assert with_imported(repository, code, found, Secrets()) == code
