"""A new project works at once: its own commands, in an environment of its own.

The environment is not downloaded again: it is a new one whose packages are links to those of this
repository, which has the same locks. The project itself is installed in it, as `make run` does.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

from conftest import Project
from docs.pages import commands_of, page
from installed import NewProject, link_environment
from lakeproof.version import VERSION

from .conftest import NAME, PACKAGE, tree


@pytest.fixture(scope="module")
def project(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> NewProject:
    """The project as it was made, moved elsewhere with its first commit, and installed."""
    place = tmp_path_factory.mktemp("works") / generated.name
    new = NewProject(shutil.copytree(generated, place))
    link_environment(place / ".venv")
    # As the Makefile does it, after what it would download.
    uv = (".venv/bin/uv", "pip", "install", "--offline", "--python", ".venv/bin/python")
    new.run(*uv, "--no-deps", "--find-links", "vendor", f"lakeproof=={VERSION}")
    new.run(*uv, "--no-deps", "--editable", ".")
    return new


@pytest.mark.slow
def test_an_installed_lakeproof_makes_the_same_project(generated, tmp_path):
    """`pip install lakeproof`, `kedro new --starter lakeproof`: to the byte, the wheel included."""
    new = NewProject(tmp_path)
    link_environment(tmp_path / ".venv")
    wheel = next((generated / "vendor").iterdir())
    uv = (".venv/bin/uv", "pip", "install", "--offline", "--python", ".venv/bin/python")
    new.run(*uv, "--no-deps", str(wheel))
    listed = new.run(".venv/bin/kedro", "starter", "list")
    assert "lakeproof/template" in listed.replace("\n", "").replace(" ", "")
    new.run(".venv/bin/kedro", "new", "--starter", "lakeproof", "--name", NAME)
    made = tmp_path / generated.name
    assert tree(made) == tree(generated)
    assert {name: (made / name).read_bytes() for name in tree(made)} == {
        name: (generated / name).read_bytes() for name in tree(made)
    }
    assert Project(made).git("status", "--porcelain", "--ignored") == ""


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_its_style_types_and_architecture_are_in_order(project):
    """`make check`, at the first commit."""
    said = project.make("check")
    assert "All checks passed" in said
    assert "Success: no issues found" in said
    assert "1 kept, 0 broken" in said


@pytest.mark.slow
def test_it_runs_is_had_again_is_drawn_and_passes_its_tests(project):
    """`make run`, `kedro reproduce last`, `kedro viz build`, `make test`; its tree stays clean."""
    assert "Completed 8 out of 8 tasks" in project.make("run")
    assert "\nREPEATED (" in project.run(".venv/bin/kedro", "reproduce", "last")
    linear = ("--params", "train.estimator=linear")
    said = project.run(".venv/bin/kedro", "run", "--pipelines", "search", *linear)
    assert re.search(r"^  search.log_loss +0\.\d+$", said, re.MULTILINE)
    again = project.run(".venv/bin/kedro", "reproduce", "last")
    assert "\nREPEATED (" in again
    assert "runs that nodes started" in again
    project.run(".venv/bin/kedro", "viz", "build")
    nodes = (project.path / "build/api/nodes").iterdir()
    assert f"src/{PACKAGE}/pipelines" in "".join(node.read_text() for node in nodes)
    (tested,) = re.findall(r"(\d+) passed", project.make("test"))
    assert int(tested) > 50
    assert Project(project.path).git("status", "--porcelain") == ""


@pytest.mark.slow
def test_its_examples_go_by_one_step_and_another_table_takes_their_place(project, tmp_path):
    """As its README says it; its tests pass in between and afterwards."""
    own = NewProject(shutil.copytree(project.path, tmp_path / "own", symlinks=True))
    own.run(".venv/bin/uv", "pip", "install", "--offline", "--no-deps", "--editable", ".")
    said = " ".join((own.path / "README.md").read_text().split())
    (step,) = re.findall(r"`(git rm -r [^`]+)`", said)
    *_, remove, declare = (shown.line for shown in commands_of(page("your-own-data.md")))
    assert step == remove.replace("--quiet ", "").replace("house_prices", PACKAGE)
    own.run(*step.split(), "--quiet")
    Project(own.path).git("commit", "--quiet", "--all", "--message", "Without the wines")
    tested = (".venv/bin/python", "-m", "pytest", "-q", "tests")
    assert " passed" in own.run(*tested)
    raw = own.path / "data/01_raw/trees/2026.csv"
    raw.parent.mkdir(parents=True)
    rows = (f"tree {number},{number % 17},{2 * (number % 17)}.5" for number in range(90))
    raw.write_text("tree,age,height\n" + "\n".join(rows) + "\n")
    ours = {"data/01_raw/houses/2026-01.csv": str(raw), "house": "tree", "price": "height"}
    own.run(*(ours.get(word, word) for word in f".venv/bin/{declare}".split()))
    Project(own.path).git("commit", "--quiet", "--all", "--message", "Trees")
    assert re.search(r"^  rmse +\d", own.run(".venv/bin/kedro", "run"), re.MULTILINE)
    assert " passed" in own.run(*tested)


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_pipeline_of_ones_own_is_in_order(project, tmp_path):
    """`make check` has nothing to say of what `kedro pipeline create` makes."""
    own = NewProject(shutil.copytree(project.path, tmp_path / "own", symlinks=True))
    own.run(".venv/bin/kedro", "pipeline", "create", "report")
    own.run(".venv/bin/uv", "pip", "install", "--offline", "--no-deps", "--editable", ".")
    place = own.path / f"src/{PACKAGE}/pipelines/report/pipeline.py"
    text = place.read_text().replace("Pipeline([])", 'Pipeline([Node(len, "metrics", "size")])')
    place.write_text(text.replace("  # noqa", ""))
    assert "All checks passed" in own.make("check")


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_its_package_runs_elsewhere_and_is_recorded(project, tmp_path):
    """`kedro package`, then `python -m`: on its `conf` and data, with no `pyproject.toml`.

    The code is known by digest alone; compared with a run of the project it is the same.
    """
    uv = (str(project.path / ".venv/bin/uv"), "--offline")
    project.run(*uv, "build", "--wheel", "--out-dir", str(tmp_path))
    place = NewProject(tmp_path / "elsewhere")
    for name in ("conf", "data/01_raw"):
        shutil.copytree(project.path / name, place.path / name)
    link_environment(place.path / ".venv")
    wheels = [*(project.path / "vendor").iterdir(), *tmp_path.glob("*.whl")]
    python = str(place.path / ".venv/bin/python")
    install = (*uv, "pip", "install", "--no-deps", "--python", python)
    place.run(*install, *map(str, wheels))
    said = place.run(python, "-m", PACKAGE, "--params", "train.estimator=linear")
    (run_id,) = re.findall(r"^Recorded run (\w{32})$", said, re.MULTILINE)
    assert "It was run as an installed package, outside of its project" in said
    (place.path / "pyproject.toml").write_text((project.path / "pyproject.toml").read_text())
    (place.path / "src").mkdir()
    place.run(".venv/bin/kedro", "show", run_id, "--json", "--output", "shown.json")
    record = json.loads((place.path / "shown.json").read_text())
    assert record["compute"]["recipe"] == "set at start"
    assert record["compute"]["threads"]["PYTHONHASHSEED"] == "0"
    assert f"{PACKAGE}/pipelines/train/nodes.py" in record["code"]["files"]
