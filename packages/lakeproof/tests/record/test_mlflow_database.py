"""MLflow's database read without MLflow: the same answer as MLflow's, or none."""

import logging
import math
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient

from lakeproof.record.documents.document import RecordError
from lakeproof.record.documents.run_ids import LAST
from lakeproof.record.mlflow_store import mlflow_database, mlflow_runs, mlflow_tables
from lakeproof.record.mlflow_store.mlflow_runs import MlflowRun, Wanted
from lakeproof.record.mlflow_store.store import REPRODUCES, TAG, RecordStore, write
from lakeproof.record.mlflow_store.stores import RecordStores
from lakeproof.record.mlflow_store.tracking import Tracking
from small import store_in

from ..reproduce.builders import a_record

# They are about the tricks themselves.
pytestmark = pytest.mark.usefixtures("with_tricks")

EXPERIMENT = "winery"


@dataclass(frozen=True)
class Kept:
    """A store that MLflow made, with runs of all kinds."""

    path: Path
    experiment_id: str
    recorded: tuple[str, ...]

    @property
    def tracking(self) -> Tracking:
        return Tracking(f"sqlite:///{self.path}", EXPERIMENT, None, {})

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.tracking.uri, registry_uri=self.tracking.uri)

    def told(self, wanted: Wanted, limit: int | None = None) -> list[MlflowRun]:
        """What MLflow says."""
        return list(mlflow_runs.search(self.client, self.experiment_id, wanted, limit))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Runs finished, failed, killed, deleted, re-run, begun at one moment, and of another name."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    uri = store_in(path.parent)
    client = MlflowClient(uri, registry_uri=uri)
    place = path.with_name("artifacts").as_uri()
    experiment = client.create_experiment(EXPERIMENT, artifact_location=place)
    other = client.create_experiment("other", artifact_location=place)

    def run(start: int, status: str | None, *, where: str = experiment, **tags: str) -> str:
        run_id = str(client.create_run(where, start_time=start, tags=tags).info.run_id)
        if status is not None:
            client.set_terminated(run_id, status, end_time=start + 1500)
        return run_id

    recorded = []
    for start, reproduces in ((2000, None), (3000, None), (3000, None), (4000, "f" * 32)):
        run_id = run(start, "FINISHED", **({REPRODUCES: reproduces} if reproduces else {}))
        record = a_record()
        facts = replace(record.run, run_id=run_id, reproduces=reproduces)
        write(client, replace(record, run=facts), "pipelines: []\n", {})
        recorded.append(run_id)
    values = {"loss": float("nan"), "most": math.inf, "accuracy": 2 / 3, "whole": 1.0}
    client.log_batch(recorded[0], metrics=[Metric(k, v, 1, 0) for k, v in values.items()])
    client.log_metric(recorded[0], "whole", 2.0, timestamp=2)
    run(5000, "FAILED", **{TAG: "sha256:1"})
    run(6000, None)
    run(7000, "KILLED", **{TAG: "none"})
    run(8000, "FINISHED", **{TAG: "none"})
    client.delete_run(run(9000, "FINISHED", **{TAG: "sha256:2"}))
    run(9500, "FINISHED", where=other, **{TAG: "sha256:3"})
    return Kept(path, experiment, tuple(recorded))


@pytest.fixture
def copy(kept: Kept, tmp_path: Path) -> Callable[[str], str]:
    """Give what copies the store, does something to the copy, and tells its URI."""

    def copied(change: str) -> str:
        shutil.copyfile(kept.path, tmp_path / "mlflow.db")
        with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection, connection:
            connection.execute(change)
        return f"sqlite:///{tmp_path / 'mlflow.db'}"

    return copied


def comparable(run: MlflowRun) -> MlflowRun:
    """Make NaN equal to itself."""
    return replace(run, metrics={name: repr(value) for name, value in run.metrics.items()})


@pytest.mark.parametrize("limit", [None, 1, 3])
@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(sealed_by=TAG),
        Wanted(without=(REPRODUCES,)),
        Wanted(sealed_by=TAG, without=(REPRODUCES,)),
    ],
)
def test_both_ways_find_the_same_runs_in_the_same_order(kept, wanted, limit):
    """With every fact, NaN and infinity among them; ties in MLflow's order."""
    found = mlflow_database.search(kept.tracking.uri, EXPERIMENT, wanted, limit)
    assert found
    assert list(map(comparable, found)) == list(map(comparable, kept.told(wanted, limit)))


def test_both_ways_find_the_same_runs_by_prefix(kept):
    """A prefix is one: not a part, not a pattern."""
    for run_id in kept.recorded:
        for prefix in (run_id[:1], run_id[:4], run_id, run_id[1:], "0" * 32):
            found = mlflow_database.search(kept.tracking.uri, EXPERIMENT, Wanted(prefix), 4)
            assert found is not None
            assert list(map(comparable, found)) == list(
                map(comparable, kept.told(Wanted(prefix), 4))
            )


def test_both_ways_have_the_same_run_of_an_id(kept):
    """A run that is not there is MLflow's to tell of."""
    for run_id in kept.recorded:
        found = mlflow_database.get(kept.tracking.uri, run_id)
        assert found is not None
        assert comparable(found) == comparable(mlflow_runs.as_run(kept.client.get_run(run_id)))
    assert mlflow_database.get(kept.tracking.uri, "0" * 32) is None


def test_both_ways_resolve_and_read_the_same_records(kept, monkeypatch):
    """`last`, an id, a prefix, and what is refused, by the record's own check of its seal."""

    def answers() -> list[object]:
        store = RecordStores(kept.tracking, lambda: ())
        found: list[object] = [store.runs(2)]
        for run in (LAST, *kept.recorded, *(r[:12] for r in kept.recorded), "0000", "no run"):
            try:
                found.append(store.record(store.resolve(run)))
            except RecordError as error:
                found.append(error.message)
        return found

    quickly = answers()
    assert quickly[1].run.run_id == min(kept.recorded[1:3])
    monkeypatch.setattr(mlflow_tables, "READ", {"runs": ["of another MLflow"]})
    assert mlflow_database.search(kept.tracking.uri, EXPERIMENT, Wanted()) is None
    assert answers() == quickly


def test_mlflow_is_asked_where_no_tricks_are_wanted(kept, monkeypatch):
    """For the runs of other experiments too."""
    store = RecordStore(kept.tracking)
    prefix = kept.recorded[0][:4]
    found = [store.find(prefix, is_anywhere) for is_anywhere in (False, True)]
    monkeypatch.setenv("LAKEPROOF_PLAIN", "1")
    assert mlflow_database.search(kept.tracking.uri, EXPERIMENT, Wanted()) is None
    assert not mlflow_database.copy_schema(kept.tracking.uri, kept.path.with_name("copy.db"))
    for is_anywhere in (False, True):
        again = store.find(prefix, is_anywhere)
        assert again
        assert {run.run_id for run in again} == {run.run_id for run in found[is_anywhere]}


def test_a_record_that_was_changed_is_refused_both_ways(kept, monkeypatch):
    """The check of the seal is the same one, whoever has found the run."""
    record = kept.path.with_name("artifacts").joinpath(
        kept.recorded[0], "artifacts/lakeproof/record.json"
    )
    was = record.read_bytes()
    record.write_bytes(was.replace(b'"local"', b'"other"', 1))
    try:
        for column in ("run_uuid", "of another MLflow"):
            monkeypatch.setattr(mlflow_tables, "READ", {"runs": [column]})
            with pytest.raises(RecordError, match="was changed after it was written"):
                RecordStore(kept.tracking).record(kept.recorded[0])
    finally:
        record.write_bytes(was)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
        "DROP TABLE latest_metrics",
        "ALTER TABLE runs RENAME COLUMN end_time TO ended",
        "UPDATE experiments SET workspace = 'team' WHERE name = 'other'",
    ],
)
def test_a_store_whose_columns_are_not_those_that_are_read_is_left_to_mlflow(
    copy, kept, change, tmp_path
):
    """Neither runs nor an empty copy are had of it."""
    uri = copy(change)
    assert mlflow_database.search(uri, EXPERIMENT, Wanted()) is None
    assert mlflow_database.get(uri, kept.recorded[0]) is None
    assert not mlflow_database.copy_schema(uri, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize(
    "uri",
    ["http://localhost:5000", "databricks", "postgresql://host/db", "sqlite:///{path}?timeout=9"],
)
def test_a_store_that_is_no_plain_sqlite_file_is_left_to_mlflow(kept, uri):
    """Options and escapes in an address are MLflow's to read."""
    assert mlflow_database.get(uri.format(path=kept.path), kept.recorded[0]) is None


def test_workspaces_are_left_to_mlflow(kept, monkeypatch):
    """It is another store then."""
    monkeypatch.setenv("MLFLOW_ENABLE_WORKSPACES", "true")
    assert mlflow_database.get(kept.tracking.uri, kept.recorded[0]) is None


def test_a_damaged_or_missing_file_is_left_to_mlflow(tmp_path):
    """To ask for a run makes no database."""
    assert mlflow_database.get(f"sqlite:///{tmp_path / 'none.db'}", "0" * 32) is None
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "damaged.db").write_bytes(b"SQLite format 3\0" + b"?" * 5000)
    assert mlflow_database.get(f"sqlite:///{tmp_path / 'damaged.db'}", "0" * 32) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alembic_version SET version_num = 'another'",
        "ALTER TABLE runs ADD COLUMN priority INTEGER",
        "ALTER TABLE experiments DROP COLUMN last_update_time",
        "CREATE TABLE robots (name TEXT)",
    ],
)
def test_another_revision_with_the_same_columns_is_read(copy, kept, change):
    """MLflow 3.18 has one: nothing that is read here is another in it."""
    found = mlflow_database.search(copy(change), EXPERIMENT, Wanted())
    assert found is not None
    assert list(map(comparable, found)) == list(map(comparable, kept.told(Wanted())))


def test_a_database_of_another_revision_is_not_copied(copy, tmp_path):
    """The MLflow that is installed would refuse the copy."""
    uri = copy("UPDATE alembic_version SET version_num = 'another'")
    assert not mlflow_database.copy_schema(uri, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_a_tag_that_any_run_has_is_found_without_mlflow(kept):
    """And where the store is not one that is known, nobody says that there is none."""
    uri = kept.tracking.uri
    key, value = next(iter(kept.client.get_run(kept.recorded[0]).data.tags.items()))
    assert mlflow_database.has_tag(uri, key, value) is True
    assert mlflow_database.has_tag(uri, key, f"{value}?") is False
    assert mlflow_database.has_tag("http://localhost:1", key, value) is None


def test_the_newest_revision_is_the_one_of_a_database_that_mlflow_makes(kept):
    with closing(sqlite3.connect(kept.path)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [(mlflow_tables.newest_revision(),)]


def test_it_is_said_once_why_mlflow_is_asked(copy, caplog):
    uri = copy("ALTER TABLE runs RENAME COLUMN end_time TO ended")
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            assert mlflow_database.search(uri, EXPERIMENT, Wanted()) is None
    assert caplog.messages == [
        "MLflow is asked for what mlflow.db holds: in it, table 'runs' has no column 'end_time'."
    ]


def schema_of(path: Path) -> set[tuple[str, ...]]:
    """All that SQLite has of a schema, and how many rows each table has.

    The parts of a table in order of their text: MLflow orders constraints anew each time.
    """
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        parts = {(kind, name, *sorted(re.split(r",\s+|\n", sql or ""))) for kind, name, sql in made}
        rows = {
            (name, str(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]))
            for kind, name, _ in made
            if kind == "table"
        }
    return parts | rows


@pytest.mark.slow
def test_an_empty_copy_is_what_mlflow_would_have_made(kept, tmp_path):
    """To the letter, with nothing of any run in it; MLflow takes it for its own."""
    empty, made = tmp_path / "empty.db", tmp_path / "made.db"
    assert mlflow_database.copy_schema(kept.tracking.uri, empty)
    for path in (empty, made):
        assert len(MlflowClient(f"sqlite:///{path}").search_experiments()) == 1
    assert schema_of(empty) == schema_of(made)
