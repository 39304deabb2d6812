"""`kedro new --starter`: names that are derived, given and refused."""

import json
import os
import pty
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from conftest import REPOSITORY
from kedro_new.asking import as_package, as_repository
from kedro_new.errors import GenerateError
from kedro_new.names import distribution_name, locked_distributions, require_package

LOCKED = locked_distributions(REPOSITORY)


@pytest.mark.parametrize(
    ("project", "folder", "package"),
    [
        ("Wine Cellar", "wine-cellar", "wine_cellar"),
        ("wine-cellar_2", "wine-cellar-2", "wine_cellar_2"),
        (" -Wine  Cellar- ", "wine-cellar", "wine_cellar"),
        ("3 Wines", "3-wines", "project_3_wines"),
        ("Grüner Veltliner", "gruner-veltliner", "gruner_veltliner"),
        ("日本 ワイン", "ri-ben-wain", "ri_ben_wain"),
        ("Winery", "winery", "winery"),
    ],
)
def test_folder_and_package_are_named_after_the_project(project, folder, package):
    """Spaces, dashes, digits first and letters of any script come to something that works."""
    assert (as_repository(project), as_package(project)) == (folder, package)
    require_package(package, LOCKED)


@pytest.mark.parametrize(
    ("package", "because"),
    [
        ("", "must begin with a letter"),
        ("3wines", "must begin with a letter"),
        ("_wines", "must begin with a letter"),
        ("wines_", "end with a letter or a digit"),
        ("wine-cellar", "no others than letters"),
        ("größe", "no others than letters"),
        ("wines\n", "no others than letters"),
        ("w" * 41, "has 41 characters"),
        ("class", "a word of the Python language"),
        ("None", "a word of the Python language"),
        ("test", "Python's standard library"),
        ("email", "Python's standard library"),
        ("Email", "Python's standard library"),
        ("lakeproof", "a module of the project itself"),
        ("tests", "a module of the project itself"),
        ("conftest", "a module of the project itself"),
        ("projects", "a module of the project itself"),
        ("kedro", "a package that the project installs"),
        ("KEDRO", "a package that the project installs"),
        ("scikit_learn", "a package that the project installs"),
        ("sklearn", "a package that the project installs"),
        ("PIL", "a package that the project installs"),
    ],
)
def test_a_package_name_that_would_not_work_is_refused(package, because):
    """With the name, the reason and what to do."""
    with pytest.raises(GenerateError, match=because) as refused:
        require_package(package, LOCKED)
    assert f"'{package}'" in str(refused.value)
    assert "Choose another project name" in str(refused.value)


def test_no_module_that_the_project_installs_is_free_to_be_named_after():
    """Those of the tests too; a module that came with an update is refused like the others."""
    taken = 0
    for module, distributions in metadata.packages_distributions().items():
        is_locked = {distribution_name(name) for name in distributions} & LOCKED
        if is_locked and module.isidentifier() and module[0] != "_":
            taken += 1
            with pytest.raises(GenerateError, match="taken"):
                require_package(module, LOCKED)
    assert taken > 100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"project_name": "Kedro"}, "The package name 'kedro' is taken"),
        ({"project_name": "Wines", "python_package": "7wines"}, "The package name '7wines' must"),
        ({"project_name": "Wines", "repo_name": "../wines"}, "The repository name '../wines' must"),
        ({"project_name": "___"}, "The package name '' must begin"),
    ],
)
def test_a_refusal_is_one_sentence_and_leaves_nothing(kedro_new, tmp_path, given, sentence):
    """No traceback of cookiecutter's, no folder; for names from a file as for derived ones."""
    (tmp_path / "config.yml").write_text(json.dumps(given))
    arguments = ("--starter", str(REPOSITORY), "--config", str(tmp_path / "config.yml"))
    said = kedro_new(*arguments, code=1).stderr
    assert said.count("Error: ") == 1
    assert sentence in said
    assert "Traceback" not in said
    assert list((tmp_path / "here").iterdir()) == []
    assert not (tmp_path / "wines").exists()


def test_the_hook_refuses_by_itself_too(tmp_path):
    """Whoever calls cookiecutter without the filters gets the same sentence; the folder goes."""
    hook = (REPOSITORY / "hooks/post_gen_project.py").read_text()
    given = {
        "project_name": "Kedro",
        "repo_name": "kedro",
        "python_package": "kedro",
        "_output_dir": str(tmp_path),
        "_repo_dir": str(REPOSITORY),
    }
    hook = hook.replace("{{ cookiecutter | tojson }}", json.dumps(given))
    done = subprocess.run(
        [sys.executable, "-c", hook], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The package name 'kedro' is taken")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_as_it_is(kedro_new, tmp_path):
    """Even one that the new project would not touch a file of."""
    (tmp_path / "here/wines").mkdir()
    (tmp_path / "here/wines/mine").write_text("mine")
    kedro_new("--starter", str(REPOSITORY), "--name", "Wines", code=1)
    assert [path.name for path in (tmp_path / "here/wines").iterdir()] == ["mine"]


@pytest.mark.slow
def test_a_file_names_folder_and_package_apart_from_the_project(kedro_new, tmp_path):
    """A package in capitals, a folder with a dot."""
    given = {"project_name": "Wines", "repo_name": "wines.v2", "python_package": "Cellar"}
    (tmp_path / "config.yml").write_text(json.dumps(given))
    kedro_new("--starter", str(REPOSITORY), "--config", str(tmp_path / "config.yml"))
    assert (tmp_path / "here/wines.v2/src/Cellar/settings.py").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "made"),
    [("Wine Cellar\n", ["wine-cellar"]), ("\n", ["new-kedro-project"]), ("42\n", [])],
)
def test_the_one_question_is_asked_at_a_terminal(kedro_new, tmp_path, answer, made):
    """A name without a letter is refused there; the default is Kedro's own."""
    master, slave = pty.openpty()
    os.write(master, answer.encode())
    done = kedro_new("--starter", str(REPOSITORY), terminal=slave, code=0 if made else 1)
    os.close(slave)
    os.close(master)
    assert ("at least one letter" in done.stderr) == (not made)
    assert [path.name for path in (tmp_path / "here").iterdir()] == made


@pytest.mark.slow
def test_the_longest_and_the_shortest_name_leave_the_code_in_style(kedro_new, tmp_path):
    """Lines neither become too long nor could they be joined."""
    ruff = Path(sys.executable).with_name("ruff")
    for package in ("w" * 40, "w"):
        given = {"project_name": "Wines", "repo_name": package, "python_package": package}
        (tmp_path / "config.yml").write_text(json.dumps(given))
        kedro_new("--starter", str(REPOSITORY), "--config", str(tmp_path / "config.yml"))
        for command in (["check"], ["format", "--check"]):
            subprocess.run([ruff, *command], cwd=tmp_path / "here" / package, check=True)
