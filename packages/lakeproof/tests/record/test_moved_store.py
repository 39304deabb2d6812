"""A project was moved: MLflow's tables are corrected where they are known, or not at all."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from lakeproof.record.documents.document import RecordError
from lakeproof.record.mlflow_store.moved_store import PLACES, follow_move
from lakeproof.record.mlflow_store.store import RecordStore
from lakeproof.record.mlflow_store.tracking import Tracking
from small import store_in

EXPERIMENT = "winery"


@pytest.fixture(scope="module")
def old_house(tmp_path_factory) -> Path:
    """A project's folder with a store that MLflow made, and one run."""
    folder = tmp_path_factory.mktemp("street") / "old house"
    (folder / "mlartifacts").mkdir(parents=True)
    uri = store_in(folder)
    client = MlflowClient(uri, registry_uri=uri)
    place = (folder / "mlartifacts").as_uri()
    client.create_run(client.create_experiment(EXPERIMENT, artifact_location=place))
    return folder


@pytest.fixture
def new_house(old_house, tmp_path) -> Path:
    return Path(shutil.copytree(old_house, tmp_path / "new house"))


def tracking(house: Path) -> Tracking:
    return Tracking(f"sqlite:///{house / 'mlflow.db'}", EXPERIMENT, str(house / "mlartifacts"), {})


def change(house: Path, sql: str) -> None:
    with closing(sqlite3.connect(house / "mlflow.db")) as connection, connection:
        connection.execute(sql)


def places(house: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(house / "mlflow.db")) as connection:
        return connection.execute("SELECT artifact_uri FROM runs").fetchall()


def content(house: Path) -> str:
    with closing(sqlite3.connect(house / "mlflow.db")) as connection:
        return "\n".join(connection.iterdump())


def test_places_are_those_of_the_new_folder_and_a_second_look_changes_nothing(new_house):
    assert follow_move(tracking(new_house))
    ((place,),) = places(new_house)
    assert place.startswith((new_house / "mlartifacts").as_uri())
    assert not follow_move(tracking(new_house))


# That the project was moved is told by the first of them.
@pytest.mark.parametrize(("table", "column"), PLACES[1:])
@pytest.mark.parametrize("kind", ["column", "table"])
def test_tables_of_another_form_are_refused_and_left_as_they_are(new_house, table, column, kind):
    """Each table that holds places, its column or itself by another name."""
    change(
        new_house,
        f"ALTER TABLE {table} RENAME COLUMN {column} TO elsewhere"
        if kind == "column"
        else f"ALTER TABLE {table} RENAME TO elsewhere",
    )
    before = content(new_house)
    with pytest.raises(RecordError) as refusal:
        follow_move(tracking(new_house))
    missing = f"'{table}' has no column '{column}'" if kind == "column" else f"no table '{table}'"
    assert missing in refusal.value.message
    assert "The database is as it was. Move the project back to " in refusal.value.message
    assert content(new_house) == before


def test_a_write_that_fails_half_way_leaves_all_as_it_was(new_house):
    """`experiments` is changed before `runs`: neither is, where the second cannot be."""
    change(
        new_house,
        "CREATE TRIGGER no_change BEFORE UPDATE ON runs "
        "BEGIN SELECT RAISE(ABORT, 'read only'); END",
    )
    before = content(new_house)
    with pytest.raises(RecordError, match=r"corrected: read only\. The database is as it"):
        follow_move(tracking(new_house))
    assert content(new_house) == before


def test_a_store_is_not_opened_in_the_new_place_where_it_cannot_be_corrected(new_house):
    change(new_house, "ALTER TABLE runs RENAME COLUMN artifact_uri TO artifact_location")
    with pytest.raises(RecordError, match="table 'runs' has no column 'artifact_uri'"):
        RecordStore(tracking(new_house))


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE runs RENAME COLUMN artifact_uri TO artifact_location",
        "ALTER TABLE experiments RENAME COLUMN artifact_location TO place",
        "DROP TABLE experiments",
    ],
)
def test_a_store_that_was_not_moved_is_nobodys_business(new_house, sql):
    """Whatever MLflow has made of its tables."""
    follow_move(tracking(new_house))
    change(new_house, sql)
    before = content(new_house)
    assert not follow_move(tracking(new_house))
    assert content(new_house) == before
