"""A project that had Lakeproof as a folder keeps nothing that the package brings by itself."""

import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from conftest import REPOSITORY, Project
from installed import build
from lakeproof.commands.command_errors import InitError
from lakeproof.commands.init import carried_wheel
from lakeproof.commands.init.copied_folder import take_out_copied_folder
from lakeproof.commands.init.draft import Draft

# The last commit at which the machinery was a folder of the project.
COPIED = "b62f650584545b9a7bf3270273aa0d493cde38e7"
POINTS = """\
[project.entry-points."kedro.project_commands"]
lakeproof = "lakeproof.cli:commands"

[project.entry-points."kedro.init"]
lakeproof = "lakeproof.startup:prepare"

"""
PYPROJECT = f"""\
[project]
name = "wines"
dependencies = [
    # The newest.
    "kedro~=1.7.0",
]

{POINTS}[tool.kedro]
package_name = "wines"

[tool.uv.build-backend]
module-name = ["wines", "lakeproof"]
"""
SETTINGS = """\
from lakeproof.hooks import LakeproofHooks
from wines.hooks import Mails

HOOKS = (LakeproofHooks(), Mails())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Its files, and the folder."""
    (tmp_path / "src/wines").mkdir(parents=True)
    (tmp_path / "src/lakeproof").mkdir()
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "src/wines/settings.py").write_text(SETTINGS)
    return tmp_path


def test_the_folder_has_to_go_first(project):
    """It would be imported in place of the package; what to type is said."""
    draft = Draft(project)
    with pytest.raises(InitError, match=r"git rm -r --quiet src/lakeproof && kedro lakeproof init"):
        take_out_copied_folder(draft)
    assert draft.changes == ()


def test_what_the_package_brings_by_itself_goes_and_the_rest_stays(project):
    """Its dependency comes instead; other hooks stay."""
    (project / "src/lakeproof").rmdir()
    draft = Draft(project)
    take_out_copied_folder(draft)
    wanted = PYPROJECT.replace(POINTS, "").replace('["wines", "lakeproof"]', '"wines"')
    wanted = wanted.replace("    # The newest.", '    "lakeproof",\n    # The newest.')
    assert draft.text("pyproject.toml") == wanted
    assert draft.text("src/wines/settings.py") == (
        "from wines.hooks import Mails\n\nHOOKS = (Mails(),)\n"
    )
    draft.write()
    again = Draft(project)
    take_out_copied_folder(again)
    assert again.changes == ()


def test_the_templates_own_files_of_then_are_understood(tmp_path):
    """As `kedro new` wrote them; of its hooks nothing is left."""
    for name in ("pyproject.toml", "src/winery/settings.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(Project(REPOSITORY).git("show", f"{COPIED}:{name}"))
    draft = Draft(tmp_path)
    take_out_copied_folder(draft)
    told = tomllib.loads(draft.text("pyproject.toml") or "")
    assert "entry-points" not in told["project"]
    assert told["project"]["dependencies"][0] == "lakeproof"
    assert told["tool"]["uv"]["build-backend"]["module-name"] == "winery"
    assert "Lakeproof" not in (draft.text("src/winery/settings.py") or "")
    settings = draft.text("src/winery/settings.py") or ""
    assert "HOOKS" not in settings
    assert "Pins every table" not in settings


def test_entry_points_written_in_another_way_are_left_to_their_author(project):
    """With what to remove."""
    (project / "src/lakeproof").rmdir()
    text = PYPROJECT.replace(POINTS, "").replace(
        "[tool.kedro]",
        '[project.entry-points]\n"kedro.project_commands" = {lakeproof = "lakeproof.cli:commands"}'
        "\n[tool.kedro]",
    )
    (project / "pyproject.toml").write_text(text)
    with pytest.raises(InitError, match="Remove the lines lakeproof"):
        take_out_copied_folder(Draft(project))


@pytest.mark.slow
def test_the_installed_wheel_is_carried_and_locked(tmp_path, monkeypatch):
    """Once: a project that carries one keeps it."""
    wheel = build("wheel", tmp_path)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", tmp_path / "site", wheel], check=True)
    (installed,) = metadata.distributions(name="lakeproof", path=[str(tmp_path / "site")])
    monkeypatch.setattr(carried_wheel.metadata, "distribution", lambda name: installed)
    project = tmp_path / "project"
    (project / "requirements").mkdir(parents=True)
    lock = f"kedro==1.7.0 \\\n    --hash=sha256:{'1' * 64}\n"
    (project / "requirements/run.txt").write_text(lock)
    draft = Draft(project)
    carried_wheel.carry_wheel(draft)
    draft.write()
    assert (project / "vendor" / wheel.name).read_bytes() == wheel.read_bytes()
    assert "lakeproof==" in (project / "requirements/run.txt").read_text()
    again = Draft(project)
    carried_wheel.carry_wheel(again)
    assert again.changes == ()


def test_one_that_is_installed_as_editable_is_not_carried(tmp_path):
    """As in this repository: its author works on it."""
    draft = Draft(tmp_path)
    carried_wheel.carry_wheel(draft)
    assert draft.changes == ()
