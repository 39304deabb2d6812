"""Kedro finds the hooks by entry point, once, and they are for projects that ask for them."""

import types
from importlib.metadata import entry_points

import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.framework.project import settings
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import node, pipeline

from lakeproof import hooks
from lakeproof.record.mlflow_store.store import TAG
from lakeproof.record.run import session_hooks
from small import FILES, in_small_project

SETTINGS = "src/small_project/settings.py"
LINE = "from lakeproof.hooks import LakeproofHooks\n\nHOOKS = (LakeproofHooks(),)\n"
OFF = 'DISABLE_HOOKS_FOR_PLUGINS = ("lakeproof",)\n'
WITHOUT_TABLE = {"pyproject.toml": FILES["pyproject.toml"].replace("[tool.lakeproof]\n", "")}


@pytest.fixture
def project(tmp_path):
    with in_small_project(tmp_path / "project") as project:
        yield project


def run(project):
    """Run something, and give its MLflow run."""
    project.run(pipeline([node(lambda: 42, None, "answer", name="answer")]))
    (run,) = project.mlflow_runs
    return run


def with_settings(project, text):
    project.write({SETTINGS: FILES[SETTINGS] + text})


def said(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "lakeproof.hooks"]


def test_kedro_finds_the_module_by_entry_point_and_its_hooks_in_it():
    """Those of a session come when there is one that is recorded."""
    assert {one.value for one in entry_points(group="kedro.hooks", name="lakeproof")} == {
        "lakeproof.hooks"
    }
    manager = _create_hook_manager()
    manager.register(hooks)
    assert [caller.name for caller in manager.get_hookcallers(hooks)] == ["after_context_created"]


def test_ours_say_when_they_come_whatever_else_is_installed():
    """What another hook adds to the catalog or makes of a frame is there when ours looks."""
    marks = {
        name: one.kedro_impl
        for name, one in vars(session_hooks.SessionHooks).items()
        if hasattr(one, "kedro_impl")
    }
    assert marks
    ways = ("wrapper", "tryfirst", "trylast")
    assert [name for name, mark in marks.items() if not any(mark[way] for way in ways)] == []


def test_a_module_from_before_has_no_hook_for_kedro_to_call():
    """The re-run of an older run has that module on its path, and uses it in its `settings.py`."""

    class LakeproofHooks:
        @hook_impl
        def after_context_created(self, context):
            raise AssertionError

    older = types.ModuleType("lakeproof.hooks")
    older.LakeproofHooks, older.hook_impl, older.is_rerun = LakeproofHooks, hook_impl, id
    manager = _create_hook_manager()
    manager.register(older)
    assert manager.get_hookcallers(older) == []


def test_a_project_with_the_table_is_recorded(project, caplog):
    """It says nothing of hooks in its settings."""
    assert TAG in run(project).data.tags
    assert said(caplog) == []


def test_a_project_without_the_table_is_let_be(project):
    """kedro-mlflow's run is there, and nothing of ours."""
    project.write(WITHOUT_TABLE)
    found = run(project)
    assert [name for name in found.data.tags if "lakeproof" in name] == []
    assert project.client.list_artifacts(found.info.run_id) == []


def test_a_project_without_the_table_fails_in_its_own_words(project):
    """Ours are for runs that are recorded."""

    def fail():
        raise KeyError("theirs")

    project.write(WITHOUT_TABLE)
    with pytest.raises(KeyError, match="theirs"):
        project.run(pipeline([node(fail, None, "answer", name="answer")]))


@pytest.mark.slow
def test_the_line_of_before_is_said_to_have_no_use(project, caplog):
    """And the run is recorded once."""
    with_settings(project, LINE)
    assert TAG in run(project).data.tags
    (sentence,) = said(caplog)
    assert sentence.startswith("LakeproofHooks() in settings.py has no use any more")


@pytest.mark.slow
def test_the_line_of_before_is_enough_without_the_table(project, caplog):
    """What was recorded by it yesterday is recorded today."""
    with_settings(project, LINE)
    project.write(WITHOUT_TABLE)
    assert TAG in run(project).data.tags
    assert said(caplog) == []


def test_hooks_that_are_turned_off_record_nothing_and_it_is_said(project, capsys):
    """Kedro does not tell a plugin that it is off."""
    with_settings(project, OFF)
    project.start()
    metadata = bootstrap_project(project.path)
    hooks.before_command_run(project_metadata=metadata, command_args=["run"])
    assert capsys.readouterr().err.startswith("This run is not recorded")
    assert TAG not in run(project).data.tags


@pytest.mark.parametrize(
    ("text", "files", "words"),
    [("", {}, ["run"]), (OFF, WITHOUT_TABLE, ["run"]), (OFF, {}, ["history", "samples"])],
)
def test_where_nothing_would_be_recorded_anyway_nothing_is_said(
    project, capsys, text, files, words
):
    """Hooks that are on, a project that is none of ours, a command that runs nothing."""
    with_settings(project, text)
    project.write(files)
    project.start()
    metadata = bootstrap_project(project.path)
    assert tuple(settings.DISABLE_HOOKS_FOR_PLUGINS) == (("lakeproof",) if text else ())
    capsys.readouterr()
    hooks.before_command_run(project_metadata=metadata, command_args=words)
    assert "recorded" not in capsys.readouterr().err
