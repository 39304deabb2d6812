"""`kedro lakeproof init` as a person types it, where a project can be opened and where not."""

import os
import subprocess
import sys

import pytest
from kedro import __version__ as KEDRO  # noqa: N812 - a constant

pytestmark = pytest.mark.slow

PYPROJECT = f"""\
[tool.kedro]
package_name = "mine"
project_name = "mine"
kedro_init_version = "{KEDRO}"
"""


def typed(folder, *words):
    """Type a command in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "kedro", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


@pytest.fixture
def folder(tmp_path):
    """A project of three files, in git."""
    package = tmp_path / "src/mine"
    package.mkdir(parents=True)
    for name in ("__init__.py", "settings.py"):
        (package / name).touch()
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def test_it_works_from_a_folder_below(folder):
    """As Kedro's own commands do."""
    done = typed(folder / "src/mine", "lakeproof", "init")
    assert done.returncode == 0, done.stderr
    assert "[tool.lakeproof]" in (folder / "pyproject.toml").read_text()


def test_it_says_what_it_changes_and_nothing_of_others(folder, monkeypatch):
    """The project is not ours yet, and plug-ins warn, of what they cannot send as well."""
    for name in ("KEDRO_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        monkeypatch.delenv(name, raising=False)
    done = typed(folder, "lakeproof", "init")
    assert done.stderr == ""
    # Of Kedro's own logs there is one line, written before it asks any plug-in.
    before, _, said = done.stdout.partition("pyproject.toml\n")
    assert said.startswith("  + [tool.lakeproof]\n")
    assert "WARNING" not in before


def test_a_pyproject_that_cannot_be_parsed_is_trouble_that_says_where(folder):
    """Kedro alone says that it cannot, in a traceback."""
    text = PYPROJECT + "threads == 1\n"
    (folder / "pyproject.toml").write_text(text)
    done = typed(folder, "lakeproof", "init")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: RuntimeError: Failed to")
    assert "(at line 5, column 10)" in done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "pyproject.toml").read_text() == text


def test_outside_of_a_project_it_is_said_that_there_is_none(tmp_path):
    """Kedro says that there is no such command, as if nothing were installed."""
    for words in (("lakeproof", "init"), ("runs", "--json")):
        done = typed(tmp_path, *words)
        assert done.returncode == 2
        assert f"Error: There is no Kedro project in {tmp_path} or above it" in done.stderr
        assert f"'kedro {words[0]}' is a project's" in done.stderr
    assert "No such command 'train'" in typed(tmp_path, "train").stderr
