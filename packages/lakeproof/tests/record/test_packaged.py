"""A run of a packaged project has the code that was installed."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof import determinism
from lakeproof.record.code.gather_code import gather_code
from lakeproof.record.code.source import source_files
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.run.problems import NO_COMMIT, PACKAGED, problems_of

from ..reproduce.builders import a_record


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Path:
    """A package that `kedro package` made; where it runs there is `conf` alone."""
    package = tmp_path / "site-packages/packaged_project"
    (package / "pipelines").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "pipelines/nodes.py").write_text("x = 1\n")
    (package / "__pycache__").mkdir()
    (package / "__pycache__/nodes.pyc").write_text("made")
    (tmp_path / "where/conf/base").mkdir(parents=True)
    monkeypatch.setattr("kedro.framework.project.PACKAGE_NAME", "packaged_project")
    monkeypatch.syspath_prepend(str(tmp_path / "site-packages"))
    monkeypatch.delitem(sys.modules, "packaged_project", raising=False)
    return package


def test_its_code_is_that_of_the_installed_package(installed, tmp_path):
    """There is no source folder, and every run was of the same code: none."""
    before = source_files(tmp_path / "where")
    assert set(before) == {"packaged_project/__init__.py", "packaged_project/pipelines/nodes.py"}
    (installed / "pipelines/nodes.py").write_text("x = 2\n")
    after = gather_code(tmp_path / "where", Secrets())
    assert after.files.keys() == before.keys()
    assert after.files != before
    assert after.commit is None


def test_a_project_has_its_own_code_whatever_is_installed(installed, tmp_path):
    """An editable install of it is a package, too."""
    (tmp_path / "where/pyproject.toml").write_text("[tool.kedro]\n")
    assert set(source_files(tmp_path / "where")) == {"pyproject.toml"}


def test_it_has_the_usual_recipe_and_is_ours_once_its_main_says_so(tmp_path, monkeypatch):
    """Not in a project: what that says, or does not say, counts."""
    assert determinism.find_recipe(tmp_path) is None
    monkeypatch.setattr(determinism, "_is_package", False)
    determinism.be_a_package()
    assert determinism.find_recipe(tmp_path) == determinism.Recipe()
    (tmp_path / "pyproject.toml").write_text("[tool.kedro]\n")
    assert determinism.find_recipe(tmp_path) is None


def test_why_it_cannot_be_had_again_is_not_git(tmp_path):
    """There is nothing to commit where it ran."""
    record = a_record()
    code = replace(record.code, commit=None, files={"packaged_project/nodes.py": "0" * 64})
    assert PACKAGED in problems_of(replace(record, code=code))
    code = replace(code, files={"pyproject.toml": "0" * 64})
    assert NO_COMMIT in problems_of(replace(record, code=code))
