"""A project whose environments keep their runs in several stores: a run is found in each."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from lakeproof.record.documents.document import RecordError, to_bytes
from lakeproof.record.facts import Maker
from lakeproof.record.mlflow_store.mlflow_runs import MlflowRun
from lakeproof.record.mlflow_store.store import CHECKOUT, TAG, USER, digest_of, write
from lakeproof.record.mlflow_store.stores import RecordStores, last_words
from lakeproof.record.mlflow_store.tracking import Tracking
from small import empty_store

from ..reproduce.builders import a_record

HERE, THERE = "winery", "cellar"


@dataclass(frozen=True)
class Two:
    """Two stores on this disk, each with a run; the second one's is newer."""

    first: Tracking
    second: Tracking
    old: str
    new: str

    def stores(self, *others, **options) -> RecordStores:
        found = others or (self.second,)
        return RecordStores(self.first, lambda: iter(found), **options)


def keep(uri: str, experiment: str, place: Path, start: int, tags=None) -> str:
    client = MlflowClient(uri, registry_uri=uri)
    found = client.get_experiment_by_name(experiment)
    where = found.experiment_id if found else client.create_experiment(experiment, place.as_uri())
    run_id = str(client.create_run(where, start_time=start).info.run_id)
    record = a_record(run=replace(a_record().run, run_id=run_id))
    write(client, record, "run: {}\n", tags or {})
    client.set_terminated(run_id, "FINISHED", end_time=start + 1500)
    return run_id


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Two:
    folder = tmp_path_factory.mktemp("stores")
    first, second = (folder / f"{name}.db" for name in ("first", "second"))
    uris = [f"sqlite:///{path}" for path in (first, second)]
    for path in (first, second):
        shutil.copy(empty_store(), path)
    old = keep(uris[0], HERE, folder / "a", 1_000_000)
    new = keep(uris[1], THERE, folder / "b", 2_000_000)
    ours, theirs = (
        Tracking(uri, name, None, {}) for uri, name in zip(uris, (HERE, THERE), strict=True)
    )
    return Two(ours, theirs, old, new)


def test_a_run_of_another_environment_is_found_by_its_id(two):
    """And read, and listed, from wherever it is."""
    stores = two.stores()
    assert stores.resolve(two.new[:8]) == two.new
    assert stores.record(two.new).run.run_id == two.new
    assert stores.seal(two.new)
    assert stores.of(two.new).tracking == two.second
    assert stores.of(two.old).tracking == two.first
    assert [run.run_id for run in stores.runs()] == [two.new, two.old]
    assert [run.run_id for run in stores.runs(1)] == [two.new]
    assert stores.artifact(f"runs:/{two.new}/lakeproof/record.json").is_file()


def test_where_no_run_has_finished_the_newest_is_named(two, tmp_path):
    """There is one, and it can be asked for by its id."""
    path = tmp_path / "first.db"
    shutil.copy(two.first.uri.removeprefix("sqlite:///"), path)
    ours = replace(two.first, uri=f"sqlite:///{path}")
    MlflowClient(ours.uri, registry_uri=ours.uri).set_terminated(two.old, "FAILED")
    told = f"the newest, {two.old[:8]}, is FAILED. Name one by its id"
    with pytest.raises(RecordError, match=told):
        RecordStores(ours, lambda: ()).resolve("last")


def test_the_last_run_is_the_newest_of_all_that_were_not_narrowed(two):
    """Where an environment was named, it is its own."""
    assert two.stores().resolve("last") == two.new
    named = two.stores(is_asked=True)
    assert named.resolve("last") == two.old
    assert [run.run_id for run in named.runs()] == [two.old]
    assert named.resolve(two.new) == two.new


@pytest.mark.parametrize(
    ("tags", "status", "why"),
    [
        ({"lakeproof.reproduces": "0" * 32}, "FINISHED", "is a re-run"),
        ({}, "FAILED", "is FAILED"),
        ({}, "FINISHED", "has no record"),
    ],
)
def test_it_is_said_which_run_is_the_last_and_why_not_a_newer_one(two, tags, status, why):
    """Once, however often it was typed."""
    taken = MlflowRun("a" * 32, "FINISHED", 1_000, None, "", {}, {})
    newer = MlflowRun("b" * 32, status, 2_000, None, "", {}, tags)
    assert last_words(taken, [taken, None]) == "last: run aaaaaaaa of 1970-01-01 00:00 UTC"
    assert last_words(taken, [newer]).endswith(f"; not the newer bbbbbbbb, which {why}")
    told = []
    stores = RecordStores(two.first, lambda: (two.second,), tell=told.append)
    assert (stores.resolve("last"), stores.resolve("last")) == (two.new, two.new)
    assert [one[:18] for one in told] == [f"last: run {two.new[:8]}"]


def test_the_last_run_is_one_of_whoever_asks(two, tmp_path):
    """Of this checkout, or of this user elsewhere; where they have none, anybody's, and it says so.

    A run that does not say whose it is may be of anybody.
    """
    path = tmp_path / "first.db"
    shutil.copy(two.first.uri.removeprefix("sqlite:///"), path)
    ours = replace(two.first, uri=f"sqlite:///{path}")
    me, user = Maker("a" * 32, "sha256:" + "1" * 64, ""), Maker(None, "sha256:" + "2" * 64, "")
    made = [
        keep(ours.uri, HERE, tmp_path, start, tags)
        for start, tags in (
            (3_000_000, {CHECKOUT: "a" * 32, USER: "sha256:" + "9" * 64}),
            (4_000_000, {USER: "sha256:" + "2" * 64}),
            (5_000_000, {CHECKOUT: "b" * 32, USER: "sha256:" + "3" * 64}),
        )
    ]
    told = []

    def last(maker):
        stores = RecordStores(ours, lambda: (), tell=told.append, maker=maker)
        return stores.resolve("last")

    assert [last(me), last(user), last(Maker("c" * 32, "sha256:" + "4" * 64, ""))] == [
        made[0],
        made[1],
        made[2],
    ]
    assert told[0].endswith(f"; not the newer {made[2][:8]}, which somebody else has made")
    assert told[2].endswith("which somebody else has made: this checkout has none of its own")


def test_a_run_of_an_experiment_that_was_renamed_is_found(two, tmp_path):
    """By its id; its record says what it was."""
    path = tmp_path / "renamed.db"
    shutil.copy(two.first.uri.removeprefix("sqlite:///"), path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE experiments SET name = 'vineyard' WHERE name = ?", (HERE,))
    renamed = replace(two.first, uri=f"sqlite:///{path}")
    stores = RecordStores(renamed, lambda: iter(()))
    assert stores.resolve(two.old[:8]) == two.old
    assert stores.record(two.old).run.run_id == two.old


def test_a_run_that_is_nowhere_is_told_with_the_places(two):
    """One that does not answer is said, and asked once only; what is no id is asked of none."""
    remote = Tracking("http://127.0.0.1:9", "winery", None, {})
    with pytest.raises(RecordError, match=r"^There is no run 0123456789ab in this project") as told:
        two.stores(two.second, remote).resolve("0123456789ab")
    assert "second.db, http://127.0.0.1:9, which did not answer)" in told.value.message
    with pytest.raises(RecordError, match="is not a run"):
        two.stores(two.second, remote).resolve("--last")


def test_one_beginning_in_two_stores_is_ambiguous(two, tmp_path):
    """Whichever of them is looked into first."""
    path = tmp_path / "twin.db"
    shutil.copy(two.second.uri.removeprefix("sqlite:///"), path)
    twin = two.old[:8] + "0" * 24
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE runs SET run_uuid = ? WHERE run_uuid = ?", (twin, two.new))
    other = replace(two.second, uri=f"sqlite:///{path}")
    with pytest.raises(RecordError, match="is the beginning of several runs"):
        two.stores(other).resolve(two.old[:8])


def test_the_record_of_another_run_is_refused(two):
    """Sealed or not, it is not the one that was asked for."""
    record = a_record(run=replace(a_record().run, run_id=two.new))
    client = MlflowClient(two.first.uri, registry_uri=two.first.uri)
    artifacts = client.get_run(two.old).info.artifact_uri.removeprefix("file://")
    file = Path(artifacts, "lakeproof", "record.json")
    kept = file.read_bytes()
    try:
        file.write_bytes(to_bytes(record))
        client.set_tag(two.old, TAG, digest_of(to_bytes(record)))
        with pytest.raises(RecordError, match=f"is that of another run: .* {two.new}"):
            two.stores().record(two.old)
    finally:
        file.write_bytes(kept)
        client.set_tag(two.old, TAG, digest_of(kept))
