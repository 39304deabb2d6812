"""What records are crafted with: every command that reads one, asked in this process."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from conftest import Project
from lakeproof.cli import commands
from lakeproof.errors import LakeproofError
from lakeproof.reproduce.stages import execute

Asked = Callable[..., str]


class ReachedError(LakeproofError):
    """The child would have been started: all that comes before it has let a record through."""

    def __init__(self) -> None:
        super().__init__("The child would be started now.")


def in_this_process(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Make what asks a command and gives all that it says; no child is started."""

    def reached(*_: Any, **__: Any) -> None:
        raise ReachedError

    monkeypatch.setattr(execute, "run_child", reached)

    def ask(project: Project, *args: str) -> str:
        from kedro.framework.startup import bootstrap_project

        monkeypatch.chdir(project.path)
        with warnings.catch_warnings():
            # Kedro 1.7 registers its resolvers under the name that OmegaConf is about to drop.
            warnings.filterwarnings("ignore", message="register_new_resolver", category=UserWarning)
            done = CliRunner().invoke(commands, args, obj=bootstrap_project(project.path))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert "This is a bug" not in done.output, done.output
        return done.output

    return ask


def everything(project: Project, run_id: str, ask: Asked) -> str:
    """What all commands that read a record say of it, a report among it."""
    page = project.path / "page.html"
    page.unlink(missing_ok=True)
    said = [
        ask(project, *args)
        for args in (
            ("check", run_id),
            ("show", run_id),
            ("show", run_id, "--json"),
            ("show", run_id, "--report", "page.html"),
            ("compare", run_id, run_id),
            ("runs",),
            ("reproduce", run_id, "--here", "--report", "page.html"),
            ("reproduce", run_id, "--json"),
        )
    ]
    return "\n".join([*said, page.read_text() if page.exists() else ""])
