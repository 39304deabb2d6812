"""Until when a run can be reproduced: the earliest of what rules say, never after the truth."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import deltalake
import polars as pl
import pytest

from aging import age, age_commit
from lakeproof.commands import check
from lakeproof.commands.check import Checked
from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.delta import DeltaTable
from lakeproof.delta.retention.intervals import FOR_EVER
from lakeproof.delta.retention.lifetime import Retention, lifetime
from lakeproof.delta.retention.version_ages import VersionAges, ages_of
from lakeproof.errors import PinError
from lakeproof.leases.facts import Lease, moment
from lakeproof.leases.raw import RawLease, RawLeases
from lakeproof.reproduce import limits as limits_module
from lakeproof.reproduce import plan
from lakeproof.reproduce.code.bundled import no_artifact
from lakeproof.reproduce.dated_limits import lease_limits, raw_limits, version_limits
from lakeproof.reproduce.limits import Around, dies_of, limits_of
from lakeproof.reproduce.looks import Looks
from lakeproof.reproduce.needed_tables import NeededTable, NeededVersion
from lakeproof.reproduce.outcomes import Limit

from .builders import RUN, a_record

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
TABLE_ID = "01234567-89ab-cdef-0123-456789abcdef"


def retention(files: int = 7, log: timedelta = 30 * DAY, is_promised: bool = False) -> Retention:
    return Retention(files * DAY, log, is_promised)


def ages(kept: Retention, newest: int = 3, every: int = 10) -> VersionAges:
    """A table with a commit every tenth day."""
    when = {number: START + number * every * DAY for number in range(newest + 1)}
    return VersionAges(TABLE_ID, newest, kept, when)


def lease(until: datetime | None = None) -> Lease:
    told = None if until is None else moment(until)
    return Lease(TABLE_ID, 1, RUN, told, "audit", "t", "data/t", "local", moment(START))


def ends(version: int, kept: Retention, lease: Lease | None) -> dict[str, str | None]:
    limits = list(version_limits("t", version, ages(kept), lease, RUN))
    found = ((engine, dies_of(limits, engine)) for engine in ("embedded", "spark"))
    return {engine: one.at[:10] if one and one.at else None for engine, one in found}


def test_spark_goes_by_the_age_of_a_version_and_a_vacuum_by_that_of_the_next():
    """Version 1 is of 11 January, and superseded on the 21st."""
    assert ends(1, retention(), lease()) == {"embedded": "2026-01-28", "spark": "2026-01-18"}


def test_the_log_may_go_before_the_files():
    """Where it is cleaned up, and kept shorter than they are."""
    both = dict.fromkeys(("embedded", "spark"), "2026-02-10")
    assert ends(1, retention(files=90), lease()) == both
    kept = retention(files=90, log=FOR_EVER)
    assert ends(1, kept, lease()) == {"embedded": "2026-04-21", "spark": "2026-04-11"}


def test_the_newest_version_has_no_date():
    """What will become of it is said, unless its table promises years."""
    (one,) = version_limits("t", 3, ages(retention()), lease(), RUN)
    assert (one.certainty, one.at) == ("open", None)
    assert "with the next commit its table keeps it for 7 days" in one.what
    promised = retention(files=3650, log=FOR_EVER, is_promised=True)
    assert list(version_limits("t", 3, ages(promised), lease(), RUN)) == []


def test_our_own_vacuum_goes_by_leases():
    """It passes over what a table promises: none is at once, one that ends has a date."""
    promised = retention(files=3650, log=FOR_EVER, is_promised=True)
    assert ends(1, promised, None)["embedded"] == "2026-01-21"
    assert ends(1, promised, lease(START + 60 * DAY))["embedded"] == "2026-03-02"
    assert ends(1, promised, lease())["embedded"] == "2036-01-19"
    assert list(lease_limits("t@1", lease(), RUN)) == []


def test_each_limit_names_the_command_that_mends_it():
    """A copy against others, a lease against ourselves."""
    limits = list(version_limits("t", 1, ages(retention()), lease(START + DAY), RUN))
    held, kept = f"kedro keep {RUN[:8]} --held --why TEXT", f"kedro keep {RUN[:8]} --why TEXT"
    assert [one.remedy for one in limits] == [held, held, held, kept]
    assert str(limits[0]) == (
        f"Until 2026-01-18, then Spark refuses t@1, 7 days after its commit. Keep it: {held}"
    )


@pytest.fixture(scope="module")
def foreign(tmp_path_factory) -> Path:
    """A table that promises nothing, of three versions of one moment."""
    path = tmp_path_factory.mktemp("foreign") / "t"
    for number in range(3):
        rows = pl.DataFrame({"k": [number]}).to_arrow()
        deltalake.write_deltalake(str(path), rows, mode="overwrite")
    return path


@pytest.mark.parametrize("days", [6.99, 7.01])
def test_the_date_is_the_day_on_which_spark_refuses(foreign, tmp_path, days):
    """As a run that is about to read it sees it."""
    shutil.copytree(foreign, tmp_path / "t")
    age(tmp_path / "t", days)
    table = DeltaTable(filepath=str(tmp_path / "t"))
    limits = list(version_limits("t", 1, ages_of(table.location), lease(), RUN))
    end = datetime.fromisoformat(str(dies_of(limits, "spark").at))
    life = lifetime(table.open(1))
    # What commits say of themselves is older than their files by as long as the tests before took.
    assert life.until - timedelta(minutes=10) <= end <= life.until
    assert life.is_over == (end < datetime.now(UTC)) == (days > 7)


@pytest.mark.parametrize("kind", ["commitInfo", "remove"])
def test_a_copy_of_an_old_table_is_as_old_as_its_log_says(foreign, tmp_path, kind):
    """Its files are of today, and a vacuum goes by when files were removed."""
    shutil.copytree(foreign, tmp_path / "t")
    age_commit(tmp_path / "t/_delta_log" / f"{1:020d}.json", 40, (kind,))
    location = DeltaTable(filepath=str(tmp_path / "t")).location
    limits = list(version_limits("t", 0, ages_of(location), lease(), RUN))
    end = datetime.fromisoformat(str(dies_of(limits, "embedded").at))
    assert timedelta(days=32) < datetime.now(UTC) - end < timedelta(days=34)
    if kind == "remove":
        assert len(deltalake.DeltaTable(location.uri).vacuum(dry_run=True)) == 1


@pytest.mark.parametrize("is_own", [True, False, None])
def test_a_copy_is_held_for_the_run_whose_lease_says_so(tmp_path, monkeypatch, is_own):
    """One that another run has goes when that is released; without a lease there is a date, too."""
    monkeypatch.setattr(limits_module, "held_at", lambda *_: tmp_path)
    read = replace(a_record().inputs.tables[0], table_id=TABLE_ID)
    record = a_record(inputs=replace(a_record().inputs, tables=(read,)))
    version = NeededVersion(read.version, read.digest)
    table = NeededTable((read.dataset,), read.uri, read.table_id, None, (version,), False, None)
    mine = None if is_own is None else replace(lease(), is_held=is_own)
    old = VersionAges(
        read.table_id,
        read.version + 1,
        retention(),
        {read.version: START, read.version + 1: START},
    )
    around = Around(
        *(tmp_path, lambda _: True, [table]),
        {} if mine is None else {(read.table_id, read.version): mine},
        lambda _: old,
    )
    dated = [one for one in limits_of(record, around) if one.at]
    assert bool(dated) is not bool(is_own)


def test_each_version_is_opened_once_for_all_runs(foreign):
    """Also one that is not there."""
    table = DeltaTable(filepath=str(foreign))
    opened: list[int | None] = []
    real = table.open
    table.open = lambda version=None: opened.append(version) or real(version)
    looks = Looks()
    for _ in range(3):
        looks.at(table)
        looks.at(table, 1, is_whole=True)
        with pytest.raises(PinError):
            looks.at(table, 7)
    assert opened == [None, 1, 7]


def test_those_that_die_first_come_first_and_a_deadline_is_about_what_is_kept():
    """What cannot be reproduced already is before all."""

    def run(name: str, at: str | None = None, is_kept: bool = False, gone: bool = False) -> Checked:
        limits = (Limit("something", "dies", at),) if at else ()
        return Checked(name, not gone, ("gone",) if gone else (), limits, at, None, is_kept)

    late, soon = run("late", "2031-01-01T00:00:00Z", True), run("soon", "2027-01-01T00:00:00Z")
    found = sorted([run("open"), late, soon, run("gone", gone=True)], key=check._urgency)
    assert [one.run_id for one in found] == ["gone", "soon", "late", "open"]
    assert [one.until for one in found] == ["", "2027-01-01", "2031-01-01", "open"]
    assert check.exit_code([late, soon], datetime(2029, 1, 1, tzinfo=UTC)) == 0
    assert check.exit_code([late, soon], datetime(2032, 1, 1, tzinfo=UTC)) == 1
    fragile = Checked("x", True, (), (Limit("one copy", "fragile"), Limit("who knows", "open")))
    assert fragile.until == "fragile"


@pytest.mark.parametrize(("bundle", "asked"), [(None, 1), (object(), 2)])
def test_git_is_asked_once_for_runs_of_the_same_code(monkeypatch, tmp_path, bundle, asked):
    """Not where it is a run's own bundle that has it: the next run's may be gone."""
    calls = []
    monkeypatch.setattr(plan, "require_code", lambda *_: calls.append(1) or bundle)
    monkeypatch.setattr(plan, "repository_of", lambda path: path)
    looks = Looks()
    for _ in range(2):
        assert plan._missing_code(a_record(), tmp_path, no_artifact, False, looks) == []
    assert len(calls) == asked


def a_raw_lease(until: datetime | None) -> RawLease:
    told = None if until is None else moment(until)
    return RawLease(RUN, told, "audit", moment(START), {"a" * 64: "data/in.csv"})


def test_a_kept_raw_file_goes_after_its_lease():
    """Without an end, or a copy, that ends nothing."""
    (one,) = raw_limits(a_raw_lease(START + DAY), ["data/in.csv"], RUN)
    assert str(one) == (
        "Until 2026-01-02, then the lease on the kept data/in.csv ends, and kedro vacuum may "
        f"delete it. Keep it: kedro keep {RUN[:8]} --why TEXT"
    )
    assert list(raw_limits(a_raw_lease(None), ["data/in.csv"], RUN)) == []
    assert list(raw_limits(a_raw_lease(START + DAY), [], RUN)) == []
    around = Around(Path("/nowhere"), lambda _: True, raw=(one,))
    found = limits_of(a_record(inputs=replace(a_record().inputs, tables=())), around)
    assert dies_of(found, "embedded") == one


def test_check_looks_for_the_raw_files_that_are_kept(tmp_path):
    """Those of which nothing is kept have no date."""

    class Project:
        path = tmp_path
        raw = RawStore(tmp_path)
        records = SimpleNamespace(trackings=())
        unread_environments: dict[str, str] = {}

    RawLeases(tmp_path).take(a_raw_lease(START + DAY))
    look = object.__new__(check._Look)
    look.project, look._leased = Project, LeasedProject(Project)
    look._raw = {one.run_id: one for one in RawLeases(tmp_path).all()}
    assert list(look._raw_limits(RUN)) == []
    Project.raw.folder.mkdir(parents=True)
    (Project.raw.folder / ("a" * 64)).write_text("x")
    assert [one.at for one in look._raw_limits(RUN)] == ["2026-01-02T00:00:00Z"]
    assert list(look._raw_limits("0" * 32)) == []
