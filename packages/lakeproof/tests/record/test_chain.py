"""Each record names the one before it: what was deleted, changed or cut off shows."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lakeproof.record.chain import head
from lakeproof.record.chain.links import Link, examine
from lakeproof.record.code.git import find_repository

RUNS = [f"{number:032x}" for number in range(1, 9)]


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def links(count: int) -> list[Link]:
    """A chain of so many, oldest first."""
    return [
        Link(RUNS[number], digest(number), digest(number - 1) if number else None)
        for number in range(count)
    ]


@pytest.fixture(params=["git", "no git"])
def clone(request, tmp_path: Path) -> Path:
    if request.param == "git":
        for command in (
            ("init", "--quiet"),
            ("config", "user.email", "tester@localhost"),
            ("config", "user.name", "A Tester"),
            ("commit", "--quiet", "--allow-empty", "--message", "Begin"),
        ):
            subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_a_whole_chain_has_no_breaks():
    chain = examine(links(4), digest(3))
    assert (chain.records, chain.breaks, chain.forks, chain.beside) == (4, (), (), 0)


@pytest.mark.parametrize("gone", range(4))
def test_whatever_is_deleted_shows(gone):
    """The first one, one in the middle, and the newest."""
    left = [link for number, link in enumerate(links(4)) if number != gone]
    assert len(examine(left, digest(3)).breaks) == 1


def test_a_cut_tail_shows_by_the_head_and_by_whoever_holds_on_to_it():
    """The second also where the ref was set back."""
    assert "cut off" in examine(links(2), digest(3)).breaks[0]
    held = examine(links(2), digest(1), {digest(3): "The attestation of run 1234"})
    assert held.breaks[0].startswith("The attestation of run 1234 names")


def test_a_fork_is_a_fact():
    """Two runs of a clone that was copied follow the same record."""
    chain = examine([*links(3), Link(RUNS[7], digest(7), digest(1))], digest(2))
    assert chain.breaks == ()
    assert len(chain.forks) == 1
    assert chain.beside == 1


def test_each_record_names_the_one_before_it(clone):
    """In a repository and outside of one."""
    named = []
    for number, run_id in enumerate(RUNS[:3]):
        head.link(clone, run_id, lambda previous, n=number: named.append(previous) or digest(n))
    assert named == [None, digest(0), digest(1)]
    assert head.head_of(clone) == head.Head(digest(2), RUNS[2], digest(1))


def test_a_run_that_is_recorded_again_follows_what_it_followed(clone):
    """Its first record is nowhere: it could not be stored."""
    head.link(clone, RUNS[0], lambda _: digest(0))
    head.link(clone, RUNS[1], lambda _: digest(1))
    named = []
    head.link(clone, RUNS[1], lambda previous: named.append(previous) or digest(2))
    assert named == [digest(0)]


def test_what_was_the_newest_a_moment_ago_is_looked_at_again_where_it_is_not_any_more(clone):
    """Whoever asked for it while the record was made may have been slower than another run."""
    head.link(clone, RUNS[0], lambda _: digest(0))
    repository = find_repository(clone)
    asked = head.newest_in(clone, repository) if repository is not None else None
    head.link(clone, RUNS[1], lambda _: digest(1), asked)
    named = []
    head.link(clone, RUNS[2], lambda previous: named.append(previous) or digest(2), asked)
    assert named[-1] == digest(1)
    assert head.head_of(clone) == head.Head(digest(2), RUNS[2], digest(1))


def test_runs_at_once_make_one_chain(clone):
    """Whoever was slower writes its record again."""
    made = {}

    def run(number: int) -> None:
        def write(previous: str | None) -> str:
            made[number] = Link(RUNS[number], digest(number), previous)
            return digest(number)

        head.link(clone, RUNS[number], write)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(run, range(8)))
    newest = head.head_of(clone)
    assert newest is not None
    chain = examine(made.values(), newest.digest)
    assert (chain.records, chain.breaks, chain.forks) == (8, (), ())


def test_a_head_that_somebody_wrote_is_no_digest(clone):
    """It could be anything."""
    (clone / ".lakeproof").mkdir()
    (clone / ".lakeproof/head").write_text("sha256:../../etc\n")
    assert head.head_of(clone) is None


def test_two_projects_of_one_repository_have_a_chain_each(clone):
    """Their records may be in two stores."""
    (clone / "one").mkdir()
    head.link(clone / "one", RUNS[0], lambda _: digest(0))
    assert head.head_of(clone) is None
