"""Runs of older versions are re-run by those, whatever the project has taken since."""

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from conftest import LONG, Project
from docs.pages import commands_of, page
from installed import NewProject, build, link_environment
from lakeproof.distribution.wheel import packed, wheel_name
from lakeproof.version import VERSION
from projects import REPOSITORY as ROOT

# The last commit of schema 1, and the last one at which the machinery was a folder of the project.
COMMITS = (
    "27e0a42956a267379ce2336e665facc71c98812c",
    "b62f650584545b9a7bf3270273aa0d493cde38e7",
)
INSTALL, REMOVE, INIT, COMMIT = commands_of(page("from-the-copied-folder.md"))
UV = (".venv/bin/uv", "pip", "install", "--offline", "--python", ".venv/bin/python", "--no-deps")


def commit(project: NewProject, message: str) -> None:
    git = Project(project.path).git
    git("add", "--all")
    git("-c", "user.name=A", "-c", "user.email=a@localhost", "commit", "--quiet", "-m", message)


def reproduced(project: NewProject, run: str = "last") -> dict:
    project.run(".venv/bin/kedro", "reproduce", run, "--output", "verdict.json")
    return json.loads((project.path / "verdict.json").read_text())


def of_another_version(wheel: Path, version: str) -> Path:
    """Pack the same code under another version's number."""
    files = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.endswith("/RECORD"):
                content = archive.read(name)
                if name.endswith((".dist-info/METADATA", "lakeproof/version.py")):
                    content = content.replace(VERSION.encode(), version.encode())
                files[name.replace(f"-{VERSION}.dist-info", f"-{version}.dist-info")] = content
    target = wheel.parent / wheel_name("lakeproof", version)
    target.write_bytes(packed(files, "lakeproof", version))
    return target


@pytest.mark.beyond_ci
@pytest.mark.slow
@pytest.mark.parametrize("commit_of_old", [COMMITS[0], pytest.param(COMMITS[1], marks=LONG)])
def test_a_run_of_the_copied_folder_is_repeated_after_the_move(tmp_path, commit_of_old):
    """As docs/from-the-copied-folder.md moves it: the recorded commit has the old machinery."""
    known = Project(ROOT).git("rev-parse", "--is-shallow-repository")
    if known == "true":
        pytest.skip("the clone is shallow and does not have the older commits")
    project = NewProject(tmp_path / "project")
    archive = tmp_path / "old.tar"
    Project(ROOT).git("archive", "--output", str(archive), commit_of_old)
    project.path.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", project.path], check=True)
    git = Project(project.path).git
    git("init", "--quiet")
    git("config", "user.name", "A")
    git("config", "user.email", "a@localhost")
    link_environment(project.path / ".venv")
    commit(project, "As it was copied")
    project.run(*UV, "--editable", ".")
    project.run(".venv/bin/kedro", "run")

    wheel = build("wheel", tmp_path)
    assert INSTALL.line.startswith("pip install path/to/lakeproof-")
    project.run(*UV, str(wheel))
    project.run("bash", "-euc", REMOVE.line)
    said = project.run(*f".venv/bin/{INIT.line}".split())
    assert "- HOOKS = (LakeproofHooks(),)" in said
    project.run("bash", "-euc", COMMIT.line)
    project.run(*UV, "--editable", ".")
    assert not (project.path / "src/lakeproof").exists()

    verdict = reproduced(project)
    assert verdict["verdict"] == "REPEATED"
    assert {artifact["verdict"] for artifact in verdict["artifacts"]} == {"same"}
    # And it goes on, with the package.
    project.run(".venv/bin/kedro", "run")
    assert reproduced(project)["verdict"] == "REPEATED"


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_run_of_an_older_wheel_is_repeated_by_it_after_an_upgrade(tmp_path):
    """It comes out of the recorded commit's `vendor/`; nobody else has it."""
    project = NewProject(tmp_path / "wines")
    link_environment(tmp_path / ".venv")
    outside = NewProject(tmp_path)
    old = build("wheel", tmp_path)
    outside.run(*UV, str(old))
    outside.run(".venv/bin/kedro", "new", "--starter", "lakeproof", "--name", "Wines")
    link_environment(project.path / ".venv")
    project.run(*UV, "--find-links", "vendor", f"lakeproof=={VERSION}")
    project.run(*UV, "--editable", ".")
    project.run(".venv/bin/kedro", "run")

    new = of_another_version(old, "99.0")
    said = project.run(".venv/bin/kedro", "lakeproof", "upgrade", str(new))
    assert f"Lakeproof {VERSION} → 99.0" in said
    commit(project, "Take Lakeproof 99.0")
    project.run(*UV, "--find-links", "vendor", "lakeproof==99.0")

    verdict = reproduced(project)
    assert verdict["verdict"] == "REPEATED"
    project.run(".venv/bin/kedro", "show", verdict["rerun_id"], "--output", "record.json")
    record = json.loads((project.path / "record.json").read_text())
    assert record["lakeproof"] == VERSION
