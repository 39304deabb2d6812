"""`kedro runs`: the recorded runs, and those that left no record."""

import json
from dataclasses import replace

import click
import pytest

from lakeproof.commands import runs
from lakeproof.commands.output import to_json
from lakeproof.commands.run_filter import RunFilter, moment
from lakeproof.record.facts import Content, Maker
from lakeproof.record.mlflow_store.stored_run import StoredRun
from lakeproof.views.values import readable, readable_time

from ..reproduce.builders import (
    COMMIT,
    RERUN,
    RUN,
    a_metric,
    a_record,
    a_rerun,
    a_table_read,
    sha,
)

KEYS = [
    "run_id",
    "status",
    "started_at",
    "duration_s",
    "kedro_env",
    "pipelines",
    "git_commit",
    "is_dirty",
    "inputs",
    "outputs",
    "metrics",
    "reproduces",
]


def stored(record, **changes):
    run = StoredRun(
        run_id=record.run.run_id,
        status=record.run.status,
        started_at=record.run.started_at,
        finished_at=record.run.finished_at,
        duration_s=record.run.duration_s,
        metrics={},
        tags={},
        record=record,
        trouble=None,
    )
    return replace(run, **changes)


def killed():
    return StoredRun(
        run_id="c" * 32,
        status="KILLED",
        started_at="2026-11-24T09:00:00.000Z",
        finished_at=None,
        duration_s=None,
        metrics={"loss": float("nan")},
        tags={},
        record=None,
        trouble="Run cccccccc has no record: it is KILLED.",
    )


def listed(*found):
    return json.loads(to_json(runs.document(found)))["runs"]


def test_json_has_the_keys_of_the_contract_in_their_order():
    """Versions are numbers; what a run wrote and read again is an input too."""
    (found,) = listed(stored(a_record()))
    assert list(found)[: len(KEYS)] == KEYS
    assert {key: found[key] for key in KEYS} == {
        "run_id": RUN,
        "status": "FINISHED",
        "started_at": "2026-11-24T10:00:00.000Z",
        "duration_s": 12.5,
        "kedro_env": "local",
        "pipelines": ["__default__"],
        "git_commit": COMMIT,
        "is_dirty": False,
        "inputs": {"samples": 3, "features": 1},
        "outputs": {"features": 1},
        "metrics": {"accuracy": 0.75},
        "reproduces": None,
    }


def test_of_two_versions_of_a_table_the_first_is_shown():
    """Version 0 is a version."""
    tables = (a_table_read(version=0), a_table_read(version=4))
    record = a_record(inputs=replace(a_record().inputs, tables=tables))
    assert listed(stored(record))[0]["inputs"] == {"samples": 0}


def test_a_run_without_a_record_has_nulls_and_no_tables():
    """A killed run is shown as such; JSON has no NaN."""
    (found,) = listed(killed())
    assert {key: found[key] for key in KEYS[4:]} == {
        "kedro_env": None,
        "pipelines": [],
        "git_commit": None,
        "is_dirty": None,
        "inputs": {},
        "outputs": {},
        "metrics": {"loss": None},
        "reproduces": None,
    }
    text = runs.render([killed()])
    assert text.splitlines()[1].split()[:3] == ["cccccccc", "KILLED", "2026-11-24"]
    assert text.splitlines()[-1] == "Run cccccccc has no record: it is KILLED."


def test_a_rerun_says_what_it_reproduces_and_with_which_verdict():
    """The verdict stands on the re-run's MLflow run alone."""
    run = stored(a_rerun(), tags={"lakeproof.verdict": "REPEATED"})
    (found,) = listed(run)
    assert (found["run_id"], found["reproduces"], found["verdict"]) == (RERUN, RUN, "REPEATED")
    assert runs.render([run]).splitlines()[1].split()[-2:] == [RUN[:8], "REPEATED"]
    lost = replace(run, record=None, tags={"lakeproof.reproduces": RUN}, trouble="It is gone.")
    assert listed(lost)[0]["reproduces"] == RUN


def test_people_see_one_line_per_run():
    """A dirty tree has a star."""
    record = a_record(metrics={"accuracy": a_metric(2 / 3), "loss": a_metric(float("inf"))})
    diff = Content("diff", sha("x"), 1, text="x")
    dirty = replace(record, code=replace(record.code, diff=diff))
    heading, clean, changed = runs.render([stored(record), stored(dirty)]).splitlines()
    assert heading.split()[:4] == ["run", "status", "started", "(UTC)"]
    assert clean.split() == [
        RUN[:8],
        "FINISHED",
        "2026-11-24",
        "10:00:00",
        "12.5",
        "s",
        "local",
        "__default__",
        COMMIT[:8],
        "-",
        "samples:3,",
        "features:1",
        "features:1",
        "accuracy",
        "0.6667",
    ]
    assert f" {COMMIT[:8]}* " in changed


ME = Maker("a" * 32, "sha256:" + "1" * 64, "sha256:" + "2" * 64)


@pytest.mark.parametrize(
    ("made_by", "said", "is_mine"),
    [
        (ME, "you", True),
        (replace(ME, user="sha256:" + "3" * 64), "you", True),
        (replace(ME, checkout=None), "you", True),
        (replace(ME, checkout="b" * 32, user="sha256:" + "3" * 64), "anna", False),
        (None, "anna", False),
    ],
)
def test_it_is_said_who_made_a_run(made_by, said, is_mine):
    """By this checkout or this user, else by MLflow's name; `--mine` shows what is known to be."""
    record = a_record(run=replace(a_record().run, made_by=made_by))
    run = stored(record, tags={"mlflow.user": "anna"})
    assert runs.render([run], maker=ME).splitlines()[1].split()[9] == said
    (found,) = runs.document([run], ME)["runs"]
    assert (found["user"], found["is_mine"]) == ("anna", is_mine)
    assert bool(list(RunFilter(maker=ME).of([run]))) is is_mine


@pytest.mark.parametrize(
    ("since", "before", "is_it"),
    [
        ("2026-11-24", None, True),
        ("2026-11-25", None, False),
        (None, "2026-11-24", False),
        (None, "2026-11-24T10:00:01", True),
        ("2026-11-24T12:00:00+02:00", None, True),
    ],
)
def test_runs_are_asked_for_by_when_they_began(since, before, is_it):
    """A day begins at midnight, in UTC."""
    wanted = RunFilter(since=moment(since), before=moment(before))
    assert bool(list(wanted.of([stored(a_record())]))) is is_it
    with pytest.raises(click.BadParameter, match="'yesterday' is no day"):
        moment("yesterday")


def test_no_run_is_no_table():
    """It says how to get one."""
    assert runs.render([]) == "No run is recorded yet. Record one: kedro run"


def test_reruns_stand_apart():
    """Beneath the runs, with the verdict; in JSON they stay where they were."""
    rerun = stored(a_rerun(), tags={"lakeproof.verdict": "REPEATED"})
    text = runs.render([rerun, stored(a_record())])
    first, second = text.split("\n\n")
    assert [line.split()[0] for line in first.splitlines()] == ["run", RUN[:8]]
    assert [line.split()[0] for line in second.splitlines()] == ["re-run", RERUN[:8]]
    assert [one["run_id"] for one in listed(rerun, stored(a_record()))] == [RERUN, RUN]


@pytest.mark.parametrize(
    ("asked", "is_it"),
    [
        ({}, True),
        ({"env": "local"}, True),
        ({"env": "spark"}, False),
        ({"status": "finished"}, True),
        ({"status": "failed"}, False),
        ({"table": "samples"}, True),
        ({"table": "samples:3"}, True),
        ({"table": "samples:1"}, False),
        ({"table": "features:1", "env": "local"}, True),
        ({"table": "sample"}, False),
        ({"commit": COMMIT[:6].upper()}, True),
        ({"commit": "ffff"}, False),
    ],
)
def test_runs_are_asked_for_by_what_their_record_says(asked, is_it):
    """A table that was read or written; of a run without a record the status alone is known."""
    wanted = {"env": None, "status": None, "table": None, "commit": None} | asked
    chosen = RunFilter.parse(**wanted)
    assert bool(list(chosen.of([stored(a_record())]))) is is_it
    assert bool(list(chosen.of([killed()]))) is (asked == {})
    assert bool(chosen) is (asked != {})


@pytest.mark.parametrize(("option", "value"), [("table", "samples:one"), ("commit", "HEAD")])
def test_what_cannot_be_meant_is_refused(option, value):
    """With what to write instead."""
    wanted = {"env": None, "status": None, "table": None, "commit": None} | {option: value}
    with pytest.raises(click.BadParameter, match=r"--table samples:0|git log"):
        RunFilter.parse(**wanted)


def test_nothing_found_is_said_with_the_way_out():
    """Not that there is none at all."""
    assert runs.render([], is_filtered=True).endswith("kedro runs")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (2 / 3, "0.6667"),
        (1_234_567.891, "1,234,568"),
        (178.0, "178"),
        (0.00012, "0.00012"),
        (1e-7, "1.000e-07"),
        (float("nan"), "nan"),
        (-0.0, "-0.0"),
    ],
)
def test_numbers_can_be_read(value, told):
    """Without an exponent, as far as that goes."""
    assert readable(value) == told


def test_a_duration_can_be_read():
    """In the units that people think in."""
    assert [readable_time(one) for one in (12.5, 199.6, 7505)] == [
        "12.5 s",
        "3 min 20 s",
        "2 h 5 min",
    ]
