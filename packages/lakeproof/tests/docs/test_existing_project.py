"""The way of an existing project, typed from its page in one that knows nothing of us."""

from dataclasses import replace
from itertools import takewhile

import pytest

from docs.pages import PAGES, commands_of
from docs.test_commands import complaint, typed
from init.foreign import make

(PAGE,) = [page for page in PAGES if page.name == "existing-project.md"]
INSTALLED = "pip install lakeproof"
# What follows is about one project's catalog, in the words of its own entries.
FIRST = list(takewhile(lambda shown: not shown.line.startswith("kedro history"), commands_of(PAGE)))


def test_the_page_leads_from_the_package_to_a_verdict():
    """In five commands, of which the first is done here."""
    assert FIRST[0].line == INSTALLED
    assert [shown.line.split()[1] for shown in FIRST[1:]] == [
        "lakeproof",
        "add",
        "run",
        "reproduce",
    ]
    assert FIRST[-1].verdict == "REPEATED"


@pytest.mark.slow
def test_each_command_does_what_the_page_says(tmp_path):
    """And `init` says the lines that are shown."""
    project = make("starter", tmp_path / "project")
    for shown in FIRST[1:]:
        done = typed(project, shown.line)
        # Where a project has no configuration of it, Kedro logs on standard output.
        answer = done.stdout[max(0, done.stdout.find(shown.verdict or "")) :]
        assert complaint(shown, replace(done, stdout=answer)) is None
        if "init" in shown.line:
            wanted = [line for line in shown.output if "…" not in line]
            said = [line.strip() for line in done.stdout.splitlines()]
            assert [line for line in wanted if line not in said] == []
