"""Along the commits of the code: what each did, or which of many did most."""

import subprocess
from dataclasses import replace

import pytest

from lakeproof.explain.explanation import Chance, Commit
from lakeproof.explain.find.between import code_between, commits_between
from lakeproof.explain.find.commits import along_commits
from lakeproof.explain.mixes.facts import Failure, Outcome
from lakeproof.explain.told import page, text
from lakeproof.explain.told.document import document
from lakeproof.explain.whole import Run, Wish, explain
from lakeproof.views import html
from planted.plain import A, B, PlainMixes, player

from ..reproduce.builders import a_content, a_record


def commits(count):
    return [Commit(f"{number:040x}", f"Change {number}") for number in range(count)]


def along(losses, fails=()):
    """Go along commits after each of which the loss is what is said."""
    found, asked = commits(len(losses)), []

    def at(commit):
        number = int(commit.id, 16)
        asked.append(number)
        if number in fails:
            return Outcome(frozenset(), failure=Failure("node", "fit", "it is broken"))
        return Outcome(frozenset(), {"loss": losses[number]})

    ends = {"loss": 1.0}, {"loss": losses[-1]}
    return along_commits(found, ends, at, "loss", lambda _: None), asked


def test_of_few_commits_each_is_run_and_what_they_did_adds_up():
    steps, asked = along([1.0, 0.5, 0.75])
    assert asked == [0, 1]
    assert [(one.commit.subject, one.did["loss"]) for one in steps] == [
        ("Change 0", 0.0),
        ("Change 1", -0.5),
        ("Change 2", 0.25),
    ]


@pytest.mark.parametrize("culprit", [0, 1, 17, 38, 39])
def test_of_many_the_one_that_did_it_is_found_by_halves(culprit):
    losses = [1.0 if number < culprit else 0.5 for number in range(40)]
    steps, asked = along(losses)
    assert len(asked) <= 7
    (found,) = [one for one in steps if one.did["loss"]]
    assert (found.commit.subject, found.commits) == (f"Change {culprit}", 1)
    assert sum(one.commits for one in steps) == 40


def test_a_commit_that_does_not_run_is_in_the_next_step():
    """And it is said why."""
    steps, _ = along([1.0, 1.0, 0.5], fails=[1])
    assert [(one.commit.subject, one.commits) for one in steps] == [
        ("Change 0", 1),
        ("Change 2", 2),
    ]
    assert "node 'fit': it is broken" in steps[1].why_not


def explained(value_of, at, between=None):
    players = [player("code", group="code"), player("parameter p")]
    mixes = PlainMixes(players, value_of, commits=at)
    runs, wish = (Run(A, {}), Run(B, {})), Wish(finds=True, is_trusted=True)
    return explain(
        mixes, runs, wish, Chance(), lambda _: None, commits=lambda: between or commits(3)
    )


def test_the_first_line_names_the_commit():
    """So do the terminal, the JSON document and the page."""

    def at(taken, commit):
        return Outcome(taken, {"loss": 1.0 if int(commit, 16) < 1 else 0.25})

    found = explained(lambda taken: {"loss": 0.25 if "code" in taken else 1.0}, at)
    assert "It came with 'Change 1': git show 00000000" in text.render(found)
    assert "Change 1" in html.render(page.page(found, "today"))
    steps = document(found)["code_commits"]["steps"]
    assert [one["did"]["loss"] for one in steps] == [0.0, -0.75, 0.0]


def test_where_the_new_code_does_not_run_on_the_old_rest_the_rest_is_new():
    def value_of(taken):
        return None if taken == {"code"} else {"loss": 1.0 - 0.5 * len(taken)}

    found = explained(value_of, lambda taken, _: Outcome(taken, {"loss": 0.5}))
    assert found.code.rest == "B"
    assert "all else being B's" in text.render(found)


def test_what_only_a_had_is_no_commit_s_doing():
    """The step back to A's own commit is named as one, and no commit is shown for it."""

    def at(taken, commit):
        return Outcome(taken, {"loss": 0.25})

    found = explained(
        lambda taken: {"loss": 0.25 if "code" in taken else 1.0},
        at,
        [Commit("a" * 40, "what A had not committed, taken back", is_way_back=True), *commits(1)],
    )
    assert [one.did["loss"] for one in found.code.steps] == [-0.75, 0.0]
    assert "what A had not committed, taken back" in text.render(found)
    assert "git show" not in text.render(found)


@pytest.fixture
def branch(tmp_path):
    """Three commits of one branch."""

    def git(*arguments):
        who = ["-c", "user.name=n", "-c", "user.email=n@localhost"]
        done = subprocess.run(
            ["git", *who, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    git("init", "--quiet", "--initial-branch", "main")
    ids = []
    for name in ("one", "two\u2028more", "three"):
        git("commit", "--quiet", "--allow-empty", "--message", name)
        ids.append(git("rev-parse", "HEAD"))
    return ids


def test_what_was_not_committed_goes_with_the_commits(tmp_path, branch):
    """A's goes before them, B's after; between unrelated commits, nothing leads there."""
    clean = replace(a_record().code, commit=branch[0], diff=None, untracked=())
    dirty = replace(clean, untracked=(a_content("src/new.py", "x"),))
    theirs = replace(dirty, commit=branch[1])

    def between(a, b):
        return [(one.id, one.is_way_back) for one in code_between(tmp_path, a, b)]

    assert between(clean, theirs) == [(branch[1], False), ("", False)]
    assert between(dirty, theirs) == [(branch[0], True), (branch[1], False), ("", False)]
    assert between(dirty, dirty) == [(branch[0], True), ("", False)]
    assert between(theirs, dirty) == []
    assert between(replace(dirty, commit=None), theirs) == []


def test_commits_are_those_of_one_branch(tmp_path, branch):
    """From a commit that the other one does not follow, none lead there."""
    ids = branch
    assert commits_between(tmp_path, ids[0], ids[2]) == [
        (ids[1], "two\u2028more"),
        (ids[2], "three"),
    ]
    assert commits_between(tmp_path, ids[2], ids[0]) == []
    assert commits_between(tmp_path, "0" * 40, ids[0]) == []


def test_of_one_player_it_is_not_said_that_it_is_the_few():
    """Nothing was looked for among several."""
    mixes = PlainMixes([player("code", group="code")], lambda taken: {"loss": 1.0 - len(taken)})
    runs, wish = (Run(A, {}), Run(B, {})), Wish(finds=True, is_trusted=True)
    found = explain(mixes, runs, wish, Chance(), lambda _: None)
    assert found.few is not None
    assert "Of 1 players" not in text.render(found)
