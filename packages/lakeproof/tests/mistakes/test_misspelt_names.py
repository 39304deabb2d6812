"""A name that is not there ends any command in a few lines: which it is, and what to do next."""

import pytest

from conftest import LONG

pytestmark = pytest.mark.slow

MOST_LINES = 4


def told(done) -> str:
    """Give what a person reads; nothing of it is a traceback, or on standard output."""
    assert "Traceback" not in done.stderr
    assert "NoneType" not in done.stdout + done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) <= MOST_LINES, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("run", "--env"), 1),
        (("catalog", "describe-datasets", "--env"), 1),
        (("runs", "--env"), 2),
        pytest.param(("show", "last", "--env"), 2, marks=LONG),
        pytest.param(("compare", "last", "last", "--env"), 2, marks=LONG),
        pytest.param(("check", "--env"), 2, marks=LONG),
        (("history", "samples", "--env"), 2),
        pytest.param(("pin", "--env"), 2, marks=LONG),
    ],
    ids=lambda one: one[0] if isinstance(one, tuple) else "",
)
def test_an_environment(unrun, command, code):
    """Kedro takes it for an empty one, and MLflow then complains of a store that nobody named."""
    said = told(unrun.kedro(*command, "wine_qualty", code=code))
    assert "There is no environment 'wine_qualty'" in said
    assert "Did you mean 'wine_quality'?" in said


def test_an_environment_of_the_shell(unrun, monkeypatch):
    """Nobody sees it in what was typed, so the sentence names it."""
    monkeypatch.setenv("KEDRO_ENV", "prodd")
    for command, code in ((("run",), 1), (("runs",), 2)):
        said = told(unrun.kedro(*command, code=code))
        assert "no environment 'prodd' (KEDRO_ENV)" in said


def test_an_error_of_kedros_has_a_text(unrun):
    """Whatever click is installed: 8.5.1 shows an error when none is being handled any more."""
    said = told(unrun.kedro("pipeline", "delete", "nothing", "-y", code=1))
    assert "Pipeline 'nothing' not found" in said


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--pipelines", "trian"), "'trian'"),
        (("--nodes", "fit_modle"), "fit_modle"),
        pytest.param(("--tags", "nothing"), "nothing", marks=LONG),
        pytest.param(("--namespaces", "nothing"), "nothing", marks=LONG),
        pytest.param(("--from-inputs", "nothing"), "nothing", marks=LONG),
        (("--runner", "ThreadRuner"), "ThreadRuner"),
        (("--load-versions", "sampels:0"), "sampels"),
        pytest.param(("--params", "train.seed"), "train.seed", marks=LONG),
    ],
    ids=lambda one: one[0] if isinstance(one, tuple) else "",
)
def test_what_a_run_is_asked_for(unrun, options, named):
    """Kedro names it at the end of ninety lines."""
    done = unrun.kedro("run", *options, code=None)
    assert done.exit_code in (1, 2)
    said = told(done)
    assert named in said
    assert "kedro " in said
