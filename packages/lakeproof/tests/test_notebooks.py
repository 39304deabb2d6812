"""The notebooks: executed as they are, in a copy of the project, and kept without outputs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from conftest import REPOSITORY, Project
from installed import link_environment
from warm import warm

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


def is_stripped(notebook: Path) -> bool:
    """Ask the tool that strips notebooks before they are committed."""
    command = [sys.executable, "-m", "nbstripout", "--verify", str(notebook)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def text_of(cell: dict[str, Any]) -> str:
    """All that a cell has put out."""
    parts = (out.get("text") or out.get("data", {}).get("text/plain", "") for out in cell.outputs)
    return "\n".join(parts)


def test_there_are_notebooks():
    """Or the next claim would say nothing."""
    assert NOTEBOOKS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(notebook):
    """Results belong to a run, not to git."""
    assert is_stripped(notebook)


def test_an_output_would_be_noticed(tmp_path):
    """One printed word is enough."""
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.outputs = [nbformat.v4.new_output("stream", text="1.0")]
    nbformat.write(notebook, tmp_path / "with_output.ipynb")
    assert not is_stripped(tmp_path / "with_output.ipynb")


def python_with_forks(place: Path) -> Path:
    """Make an environment as this one is, whose `kedro` is a fork of the warm process."""
    link_environment(place, without=())
    python = place / "bin/python"
    (place / "bin/kedro").write_text(
        f"#!{python}\nimport sys\nsys.path[:0] = [{str(Path(__file__).parent)!r}]\n"
        f"from warm import Warm\nsys.exit(Warm({warm().at!r}, {{}}).stand_in())\n"
    )
    return python


@pytest.mark.slow
# What the kernel's client warns of is not ours to mend.
@pytest.mark.filterwarnings("default")
def test_the_published_example_is_followed_to_its_end(project: Project, tmp_path, monkeypatch):
    """Each comparison names what was changed, the old run is reproduced, the new one explained."""
    monkeypatch.setattr(sys, "executable", str(python_with_forks(tmp_path / "environment")))
    folder = project.path / "notebooks"
    notebook = nbformat.read(folder / "reproduce_a_run.ipynb", as_version=4)
    where = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=where).execute(env=project.environment)

    told = [text_of(cell) for cell in notebook.cells if cell.cell_type == "code"]
    assert "Error" not in "\n".join(told)
    new_data, both, new_seed = [text for text in told if "DIFFERENT" in text]
    assert ("data:samples" in new_data, "parameter:train.seed" in new_data) == (True, False)
    assert ("data:samples" in both, "parameter:train.seed" in both) == (True, True)
    assert ("data:samples" in new_seed, "parameter:train.seed" in new_seed) == (False, True)
    assert "REPEATED" in told[-2]
    assert "EXPLAINED" in told[-1]
    assert [name in told[-1] for name in ("learnt from", "scored on", "train.seed")] == [True] * 3
    assert project.git("status", "--porcelain") == ""
