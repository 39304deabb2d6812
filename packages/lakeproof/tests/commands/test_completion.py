"""What the shell offers, asked for as bash asks for it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Project
from lakeproof.cli import completion


def offered(project: Project, line: str, *options: str) -> tuple[list[str], str]:
    """Complete the last word of a command line; give what is offered, and standard error."""
    asked = {
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
        "_KEDRO_COMPLETE": "bash_complete",
    }
    done = subprocess.run(
        # click goes by the program's name, which is another one behind `-m`.
        [sys.executable, *options, str(Path(sys.executable).with_name("kedro"))],
        cwd=project.path,
        env={**project.environment, **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    return re.findall(r"^plain,(.*)$", done.stdout, re.MULTILINE), done.stderr


@pytest.mark.slow
def test_a_run_is_offered_by_the_beginning_of_its_id(recorded):
    """Enough of it to type on, and `last`."""
    project, run = recorded
    assert offered(project, "kedro reproduce ")[0] == ["last", run.run_id[:8]]
    assert offered(project, f"kedro show {run.run_id[:3]}")[0] == [run.run_id[:8]]
    assert offered(project, "kedro compare last x")[0] == []


@pytest.mark.slow
def test_a_table_is_offered_by_name(recorded):
    """And nothing of the catalog that has no versions."""
    project, _ = recorded
    assert offered(project, "kedro history ")[0] == ["features", "predictions", "samples"]
    assert offered(project, "kedro pin sam")[0] == ["samples"]


@pytest.mark.slow
@pytest.mark.usefixtures("with_tricks")
def test_a_key_press_imports_no_mlflow_and_no_engine(recorded):
    """Slow completion is worse than none."""
    project, _ = recorded
    for line in ("kedro show ", "kedro history "):
        names, imports = offered(project, line, "-X", "importtime")
        assert names
        loaded = set(re.findall(r"\| +([\w]+)$", imports, re.MULTILINE))
        assert "click" in loaded
        assert loaded.isdisjoint({"mlflow", "numpy", "pandas", "polars", "deltalake", "pyspark"})


def test_nothing_is_offered_where_there_is_nothing(tmp_path, monkeypatch):
    """Not an error either: in no project, and in one whose catalog is being edited."""
    monkeypatch.chdir(tmp_path)
    assert (completion.runs(""), completion.tables("")) == ([], [])
    (tmp_path / "pyproject.toml").write_text('[tool.kedro]\npackage_name = "x"\n')
    (tmp_path / "conf/base").mkdir(parents=True)
    (tmp_path / "conf/base/catalog.yml").write_text("samples: {type: lakeproof.delta.De")
    assert completion.tables("") == []
    assert completion.runs("") == ["last"]
