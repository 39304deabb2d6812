"""Projects whose packaging is not ours: Poetry's, hatch's, none at all.

Each is installed as its owner installs it, into an environment of its own, with a build back end
from the package index; Lakeproof comes as the wheel that one downloads.
"""

import json
import subprocess

import pytest

from init.foreign import KEDRO, commit, make
from installed import NewProject, build, link_environment

PACKAGE = "foreign_starter"
NEEDS = 'kedro = "*"\nlakeproof = "*"\n'
OF_KEDRO = f"""
[tool.kedro]
package_name = "{PACKAGE}"
project_name = "Flights"
kedro_init_version = "{KEDRO}"
"""
KINDS = {
    "Poetry": {
        "pyproject.toml": f"""\
[tool.poetry]
name = "Foreign_Starter"
version = "0.3.0"
description = "Flights"
authors = ["A Tester <tester@localhost>"]
packages = [{{include = "{PACKAGE}", from = "src"}}]

[tool.poetry.dependencies]
python = ">=3.11"
{NEEDS}
[build-system]
requires = ["poetry-core>=1.9"]
build-backend = "poetry.core.masonry.api"
{OF_KEDRO}"""
    },
    "hatch": {
        "pyproject.toml": f"""\
[build-system]
requires = ["hatchling>=1.25"]
build-backend = "hatchling.build"

[project]
name = "foreign-starter"
dynamic = ["version"]
requires-python = ">=3.11"
dependencies = ["kedro", "lakeproof"]

[tool.hatch.version]
path = "src/{PACKAGE}/__init__.py"

[tool.hatch.build.targets.wheel]
packages = ["src/{PACKAGE}"]
{OF_KEDRO}""",
        f"src/{PACKAGE}/__init__.py": '__version__ = "0.3.0"\n',
    },
    "requirements": {
        "pyproject.toml": OF_KEDRO.lstrip(),
        "requirements.txt": "kedro\nkedro-mlflow\nlakeproof\n",
    },
}


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_init_then_a_run_that_repeats(tmp_path, kind):
    """`kedro lakeproof init`, commit, run, reproduce; its own code is the project, no package."""
    project = make("starter", tmp_path / "flights", KINDS[kind])
    link_environment(tmp_path / "venv")
    kedro = str(tmp_path / "venv/bin/kedro")
    typed = NewProject(project.path)
    # What a project needs is there already, and links must not be written through.
    uv = [str(tmp_path / "venv/bin/uv"), "pip", "install", "--python", str(tmp_path / "venv")]
    its_own = ["-r", "requirements.txt"] if kind == "requirements" else ["--editable", "."]
    for what in ([str(build("wheel", tmp_path))], its_own):
        subprocess.run([*uv, "--no-deps", *what], cwd=project.path, check=True)
    typed.run(kedro, "lakeproof", "init")
    assert "Nothing to do" in typed.run(kedro, "lakeproof", "init")
    commit(project)
    typed.run(kedro, "run")
    assert project.git("status", "--porcelain") == ""
    answer = tmp_path / "verdict.json"
    typed.run(kedro, "reproduce", "last", "--output", str(answer))
    verdict = json.loads(answer.read_text())
    assert (verdict["verdict"], verdict["factors"]) == ("REPEATED", [])
    shown = tmp_path / "record.json"
    typed.run(kedro, "show", "last", "--json", "--output", str(shown))
    environment = json.loads(shown.read_text())["environment"]
    own = [one for one in environment["distributions"] if one["origin"] == "project"]
    assert [(one["name"], one["version"]) for one in own] == (
        [] if kind == "requirements" else [("foreign-starter", "0.3.0")]
    )
    assert ("requirements.txt" in environment["locks"]) == (kind == "requirements")
