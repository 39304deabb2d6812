"""Raw files that are kept by their content: each stays as long as a run needs it, and no longer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from lakeproof.commands.leases import listing, raw_files, vacuum
from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.inside import OutsideError
from lakeproof.leases.facts import LeaseError, moment
from lakeproof.leases.raw import RawLease
from lakeproof.record.facts import FileFacts, InputFacts

from ..reproduce.builders import a_record, sha
from .conftest import run_id

NOW = datetime.now(UTC)


def project_at(path: Path, recorded: Callable[[], list] = list, **more: object) -> LeasedProject:
    """A project as its leases see it."""
    records = SimpleNamespace(trackings=(), recorded=recorded, **more)
    told = {"path": path, "raw": RawStore(path), "records": records}
    return LeasedProject(SimpleNamespace(**told, unread_environments={}))


@pytest.fixture
def leased(tmp_path: Path) -> LeasedProject:
    """A project that keeps the files `a` and `b`, and knows no run."""
    store = RawStore(tmp_path / "project")
    for text in "ab":
        source = tmp_path / text
        source.write_text(text)
        store.keep(source, sha(text))
    return project_at(tmp_path / "project")


def take(leased: LeasedProject, number: int, *texts: str, until: datetime | None = None):
    lease = RawLease(
        run_id=run_id(number),
        until=until and moment(until),
        why="a test",
        taken_at=moment(NOW),
        files={sha(text): f"data/{text}.csv" for text in texts},
    )
    leased.raw.take(lease)
    return lease


def kept(leased: LeasedProject) -> set[str]:
    names = {sha(text): text for text in "ab"}
    return {names[one] for one in leased.project.raw.sizes()}


def swept(leased: LeasedProject, days: int = 0, is_dry: bool = False) -> raw_files.RawFiles:
    return raw_files.vacuum(leased, timedelta(days=days), is_dry)


def test_a_file_goes_with_the_last_run_that_needs_it(leased):
    """What one of them gives back, the other still needs; a run of nothing is known as one."""
    first, second = take(leased, 1, "a", "b"), take(leased, 2, "b")
    assert swept(leased).going == ()
    leased.raw.give_back(first)
    assert [sha("a")] == list(swept(leased).going)
    assert kept(leased) == {"b"}
    leased.raw.give_back(second)
    assert leased.raw.undecided([run_id(1), run_id(2), run_id(3)]) == [run_id(3)]
    swept(leased)
    assert kept(leased) == set()


def test_what_lies_behind_a_link_is_anothers(leased, tmp_path):
    """Neither its raw files nor its leases go; a link that a clone brings along leads there."""
    take(leased, 1, "a", until=NOW - timedelta(days=1))
    other = tmp_path / "clone"
    (other / ".lakeproof").mkdir(parents=True)
    for name in ("raw", "leases"):
        (other / ".lakeproof" / name).symlink_to(tmp_path / "project/.lakeproof" / name)
    theirs = project_at(other)
    assert swept(theirs).going == ()
    theirs.project.raw.remove(sha("a"))
    with pytest.raises(OutsideError):
        theirs.end_what_is_over()
    assert kept(leased) == {"a", "b"}
    assert [one.run_id for one in leased.raw.all()] == [run_id(1)]


def test_what_is_young_stays_and_a_dry_run_deletes_nothing(leased):
    """A run that is going on may need what it has just found kept."""
    assert swept(leased, days=7).going == ()
    assert len(swept(leased, is_dry=True).going) == 2
    assert kept(leased) == {"a", "b"}


def test_a_lease_ends_when_its_time_is_over(leased):
    """Unless a model of the run is in service."""
    take(leased, 1, "a", until=NOW - timedelta(days=1))
    take(leased, 2, "b", until=NOW + timedelta(days=1))
    leased.__dict__["in_service"] = frozenset({run_id(1)})
    leased.end_what_is_over()
    assert swept(leased).going == ()
    leased.__dict__["in_service"] = frozenset()
    leased.end_what_is_over()
    assert [lease.run_id for lease in leased.raw.all()] == [run_id(2)]
    swept(leased)
    assert kept(leased) == {"b"}


@pytest.mark.parametrize("text", ["{}", "[]", "not JSON", '{"schema": 1, "run_id": "x"}'])
def test_where_a_lease_cannot_be_read_nothing_goes(leased, text):
    """It may need any file."""
    take(leased, 1)
    path = leased.project.path / f".lakeproof/leases/raw/{run_id(1)}.json"
    path.write_text(text)
    with pytest.raises(LeaseError, match="which raw files it keeps is not known"):
        swept(leased)
    assert kept(leased) == {"a", "b"}


def test_a_run_from_before_gets_its_lease_before_anything_goes(leased):
    """Also one that has leases on tables already; one that cannot be read stops it."""
    old = FileFacts("deliveries", "data/a.csv", sha("a"), 1)
    made = a_record()
    record = replace(made, run=replace(made.run, run_id=run_id(1)), inputs=InputFacts(files=(old,)))
    found = [SimpleNamespace(run_id=run_id(1))]
    again = project_at(leased.project.path, lambda: found, record=lambda _: record)
    again.store.decide(run_id(1))
    again.decide_all()
    swept(again)
    assert kept(again) == {"a"}


def test_leases_and_vacuum_say_what_is_kept_for_whom(leased):
    """In bytes, and as documents."""
    take(leased, 1, "a")
    found = raw_files.look(leased)
    said = listing.render(listing.Listed({}, (), frozenset(), found))
    assert said == (
        "Raw files kept: 2, 2 B, for runs 00000000, for ever. No run needs 1 of them, 1 B: "
        "kedro vacuum"
    )
    told = raw_files.document(found)
    assert (told["files"], told["bytes_unneeded"]) == (2, 1)
    assert [(one["run_id"], one["files"]) for one in told["leases"]] == [(run_id(1), 1)]
    done = vacuum.Vacuumed({}, (), False, swept(leased))
    assert "Raw files: 1 of 2, 1 B went." in vacuum.render(done)
    assert vacuum.document(done)["raw"]["files_unneeded"] == 1


def test_who_holds_a_run_keeps_its_raw_files_too(leased):
    """Of whatever size; one that has changed is refused, and what is in a store is its owner's."""
    path, store = leased.project.path, leased.project.raw
    (path / "c.csv").write_text("c")
    files = (FileFacts("raw", "c.csv", sha("c"), 10**12), FileFacts("far", "s3://b/d", sha("d"), 1))
    record = replace(a_record(), inputs=InputFacts(files=files))
    raw_files.keep(store, record)
    assert store.find(sha("c")).read_text() == "c"
    store.remove(sha("c"))
    (path / "c.csv").write_text("changed")
    with pytest.raises(LeaseError, match="cannot be kept as the run read it: it has changed"):
        raw_files.keep(store, record)
    (path / "c.csv").unlink()
    with pytest.raises(LeaseError, match="No such file"):
        raw_files.keep(store, record)
