"""A re-run sends nothing twice where the project says so, and says what it runs again."""

from types import SimpleNamespace

import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager

from lakeproof import hooks
from lakeproof.record.run.rerun_hooks import leave_out_hooks


class Sending:
    """A hook that sends a mail at each turn, around other hooks too."""

    in_reruns = False

    def __init__(self, sent):
        self.sent = sent

    @hook_impl(trylast=True)
    def after_context_created(self):
        self.sent.append("context")

    @hook_impl
    def after_pipeline_run(self):
        self.sent.append("run")

    @hook_impl(wrapper=True)
    def after_catalog_created(self):
        self.sent.append("catalog")
        return (yield)


class Deciding(Sending):
    """A hook that a result hangs on."""

    in_reruns = True


class First:
    """Take the place of ours: the first to know of the context."""

    @hook_impl(tryfirst=True)
    def after_context_created(self, context):
        leave_out_hooks(context)


@pytest.fixture
def manager(monkeypatch):
    made = _create_hook_manager()
    monkeypatch.setattr(made, "trace", lambda *_: None)
    return made


def call(manager, monkeypatch, *registered):
    """Go through a run of the project that has these hooks."""
    monkeypatch.setattr("kedro.framework.project.settings", SimpleNamespace(HOOKS=registered))
    for one in (*registered, First()):
        manager.register(one)
    context = SimpleNamespace(_hook_manager=manager)
    manager.hook.after_context_created(context=context)
    manager.hook.after_catalog_created(
        catalog=None,
        conf_catalog={},
        conf_creds={},
        parameters={},
        save_version="",
        load_versions={},
    )
    manager.hook.after_pipeline_run(run_params={}, run_result={}, pipeline=None, catalog=None)


def test_a_hook_that_is_not_for_reruns_does_nothing_from_the_first_call_on(
    manager, monkeypatch, caplog
):
    """The other one goes on, and is named once."""
    sent, decided = [], []
    with caplog.at_level("INFO"):
        call(manager, monkeypatch, Sending(sent), Deciding(decided))
    assert sent == []
    assert sorted(decided) == ["catalog", "context", "run"]
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == "Left out of this re-run: the hooks Sending"
    assert told[1].startswith("The project's own hooks run again in this re-run: Deciding.")
    assert len(told) == 2


def test_ours_are_not_the_projects(manager, monkeypatch, caplog):
    """A project that has no other hears nothing."""
    monkeypatch.setattr(
        "kedro.framework.project.settings", SimpleNamespace(HOOKS=(hooks.LakeproofHooks(),))
    )
    with caplog.at_level("INFO"):
        leave_out_hooks(SimpleNamespace(_hook_manager=manager))
    assert caplog.records == []


def test_a_hook_may_ask(monkeypatch):
    """By whether this process was told what to repeat."""
    monkeypatch.delenv("LAKEPROOF_RERUN", raising=False)
    assert not hooks.is_rerun()
    monkeypatch.setenv("LAKEPROOF_RERUN", "/somewhere/rerun.json")
    assert hooks.is_rerun()
