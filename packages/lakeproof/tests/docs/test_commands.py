"""Every command that the documentation shows is run, in the order of its page, in one project."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from kedro.framework.cli.project import run

from conftest import REPOSITORY, Finished, Project, copy_project
from docs.pages import PAGES, Shown, commands_of, spans_of
from lakeproof.cli import commands

# Why a command that is shown is not run here. One that no page shows any more is to be taken out.
NOT_RUN = {
    "make run": "makes an environment; what it runs, `kedro run`, is run in its place",
    "make test": "is what runs this",
    "kedro viz run": "serves until it is stopped; `kedro viz build` has the same pages",
    ".venv/bin/uv pip install jupyterlab": "needs the network",
    "pip install path/to/lakeproof-0.2.0-py3-none-any.whl": "a release; dev/release.py",
    'kedro new --starter lakeproof --name "House Prices"': (
        "makes another project; tests/starter/test_new_project.py"
    ),
    "cd house-prices && make run": "is in that project; tests/starter",
    ".venv/bin/kedro jupyter lab": "is not installed, and serves until it is stopped",
}
# Pages whose commands are not for the one project in which the others are typed.
ELSEWHERE = {
    "your-own-data.md": "a new project with other data; tests/starter/test_your_own_data.py",
    "new-pipeline.md": (
        "changes a project, tests/docs/test_new_pipeline.py, and packages it, which asks the index "
        "for what builds a wheel; tests/starter/test_new_project.py builds and runs one offline"
    ),
    "attest.md": "makes a key of the user's; tests/proof/test_attested_runs.py",
    "ci.md": "a branch with a change; tests/proof/test_verify.py",
    "personal-data.md": "erases rows for good; tests/commands/test_erase_command.py",
    "team.md": "by two people in two folders; tests/proof/test_team.py",
    "spark.md": (
        "on Spark, each by a JVM of its own, tests/proof/test_engines.py; its servers in "
        "tests/spark/test_dev.py"
    ),
    "streaming.md": "on Spark; tests/proof/test_streams.py",
    "from-the-copied-folder.md": "an older project; tests/proof/test_older_versions.py",
    "explain.md": "wants two runs that differ; tests/explain/mixes/test_mixes.py",
    "existing-project.md": "a project of another shape; tests/docs/test_existing_project.py",
}
INSTEAD = {
    "make run": "kedro run",
    # Forests take their time.
    "kedro run --pipelines search": "kedro run --pipelines search --params train.estimator=linear",
}

SHOWN = [shown for page in PAGES if page.name not in ELSEWHERE for shown in commands_of(page)]


@pytest.fixture(scope="module")
def walked(tmp_path_factory) -> tuple[Project, dict[Shown, Finished], str]:
    """A project in which everything shown was run, one after another, and its first run."""
    project = copy_project(tmp_path_factory.mktemp("documented") / "project")
    first = project.kedro("run").run_id
    # Where the page on re-runs says that it was taken from.
    shutil.copy(project.path / f"mlartifacts/{first}/artifacts/lakeproof/run.yml", project.path)
    ended = {}
    for shown in SHOWN:
        line = INSTEAD.get(shown.line, None if shown.line in NOT_RUN else shown.about(first))
        if line is not None:
            ended[shown] = typed(project, line)
    return project, ended, first


def typed(project: Project, line: str) -> Finished:
    """Run a line in bash, as a person would in the activated environment.

    What is a command of Kedro's and nothing else needs no bash.
    """
    words = shlex.split(line)
    is_plain = words[0] == "kedro" and not set(line) & set("|&;<>$*~")
    if is_plain and words[1] not in ("viz", "jupyter"):
        return project.kedro(*words[1:], code=None)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # kedro viz asks the package index for its newest version; here nobody answers.
    nobody = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=project.path,
        env={**project.environment, **nobody, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def test_commands_are_found():
    """On the pages that have some, each with what it puts out."""
    assert {shown.page for shown in SHOWN} >= {"README.md", "reproduce.md", "versions.md"}
    refused = [shown for shown in SHOWN if shown.error]
    assert {shown.page for shown in refused} == {"README.md", "versions.md"}
    assert {"REPEATED", "DIFFERENT"} <= {shown.verdict for shown in SHOWN}


def test_what_is_not_run_is_still_shown():
    """Or the list of exceptions would grow for ever."""
    assert NOT_RUN.keys() <= {shown.line for shown in SHOWN}
    assert ELSEWHERE.keys() <= {page.name for page in PAGES}


def test_a_run_is_told_from_a_number():
    """So that the page's run is replaced by one that there is, and nothing else."""
    shown = Shown("page", "kedro compare b7055698 last --limit 12345678", ())
    assert shown.about("0123456789abcdef") == "kedro compare 01234567 last --limit 12345678"
    two = Shown("page", "kedro explain b7055698 ba6dfb17", ())
    assert two.about("a" * 32, "c" * 32) == "kedro explain aaaaaaaa cccccccc"


@pytest.mark.slow
@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: f"{shown.page}: {shown.line}")
def test_a_command_does_what_its_page_says(walked, shown):
    """It succeeds, or fails in the words that are shown; and the verdict is the one shown."""
    _, ended, _ = walked
    if shown not in ended:
        pytest.skip(NOT_RUN[shown.line])
    assert complaint(shown, ended[shown]) is None


def complaint(shown: Shown, done: Finished) -> str | None:
    """Say in what a command did not do what its page says."""
    told = f"\nexit {done.exit_code}\n{done.stdout}\n{done.stderr}"
    fails = bool(shown.error or shown.verdict == "DIFFERENT")
    if (done.exit_code != 0) != fails or "Traceback" in done.stderr:
        return f"it should {'fail' if fails else 'succeed'}{told}"
    if shown.error and shown.error not in done.stderr:
        return f"it does not say {shown.error}{told}"
    if shown.verdict and not done.stdout.startswith(f"{shown.verdict} "):
        return f"it does not say {shown.verdict}{told}"
    return None


def test_a_page_that_says_something_else_would_be_noticed():
    """Another error, another verdict, a success that is none, a failure that is none."""
    error = Shown("page", "kedro run", ("Error: There is no version 7: the newest is 1. …",))
    assert (
        complaint(error, Finished(1, "", "Error: There is no version 7: the newest is 1. X"))
        is None
    )
    assert complaint(error, Finished(1, "", "Error: There is no version 7: the newest is 2. X"))
    assert complaint(error, Finished(0, "", "Error: There is no version 7: the newest is 1. X"))
    same = Shown("page", "kedro reproduce last", ("…", "REPEATED (b7055698 and ba6dfb17): all"))
    assert complaint(same, Finished(0, "REPEATED (1 and 2)", "")) is None
    assert complaint(same, Finished(0, "REPRODUCED (1 and 2)", ""))
    assert complaint(Shown("page", "kedro runs", ()), Finished(2, "", ""))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_within_a_sentence_can_be_typed(page):
    """Their options and arguments are those of the command."""
    for span in spans_of(page):
        # Of Kedro's own, a sentence may name an option without its value.
        if not span.startswith("kedro run"):
            parse(span)


@pytest.mark.parametrize(
    "shown",
    [shown for page in PAGES for shown in commands_of(page)],
    ids=lambda shown: f"{shown.page}: {shown.line}",
)
def test_a_command_of_any_page_can_be_typed(shown, tmp_path, monkeypatch):
    """Also where another test, or a person, types it in another project."""
    monkeypatch.chdir(tmp_path)
    Path("run.yml").write_text("run: {}\n")
    if shown.line.startswith("kedro "):
        parse(shown.line.partition("&&")[0])
    module = re.match(r"python -m (lakeproof[\w.]*)", shown.line)
    assert module is None or find_spec(module[1]) is not None


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_page_of_another_project_names_the_test_that_types_it(name):
    """Which reads its commands from it: one that is new there is not left out."""
    tests = re.findall(r"tests/\S+\.py", ELSEWHERE[name])
    texts = [(REPOSITORY / "packages/lakeproof" / test).read_text() for test in tests]
    assert any(name in text and _READS.search(text) for text in texts), tests


_READS = re.compile(r"commands_of\(|_TYPED\.findall\(")


def parse(line: str) -> None:
    """Read a line as its command would; commands of other plug-ins, and patterns, are let be."""
    _, name, *words = shlex.split(line)
    command = run if name == "run" else commands.commands.get(name)
    if command is not None and words and not set(line) & set("[|…"):
        command.make_context(name, words)


def test_a_misspelt_option_would_be_noticed():
    """And one that a command does not have."""
    parse("kedro show RUN --json")
    parse("kedro run --env spark --pipelines stream")
    with pytest.raises(click.UsageError, match="--pipelnes"):
        parse("kedro run --pipelnes stream")
    with pytest.raises(click.UsageError, match="--jsn"):
        parse("kedro show RUN --jsn")
