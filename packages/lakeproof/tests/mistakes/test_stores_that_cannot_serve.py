"""A tracking store that cannot serve is refused in a sentence that names it, and who names it."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from lakeproof.record.mlflow_store.tracking import Tracking, has_store


def of_another_mlflow(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('abcdef')")
        connection.execute("CREATE TABLE experiments (experiment_id INTEGER, name VARCHAR(256))")


def no_database(path):
    path.write_text("nonsense\n" * 1000)


@pytest.fixture(params=[of_another_mlflow, no_database])
def database(unrun, request):
    """A database that is none for MLflow."""
    path = unrun.path / "mlflow.db"
    path.unlink(missing_ok=True)
    request.param(path)
    yield path
    path.unlink()


@pytest.mark.parametrize(("command", "code"), [("run", 1), ("runs", 2)])
def test_a_broken_database(unrun, database, command, code):
    """By a run before its first node, and by the commands that list what it holds."""
    done = unrun.kedro(command, code=code)
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 4
    assert f"The tracking store sqlite:///{database} cannot serve" in done.stderr
    assert "Nothing was run. It is named in conf/base/mlflow.yml, line " in done.stderr
    assert not (unrun.path / "data/02_intermediate").exists()
    if "mlflow db upgrade" in done.stderr:
        assert f"mlflow db upgrade sqlite:///{database}" in done.stderr


def test_a_folder_is_no_empty_store(tmp_path):
    """Nor is it one in which no run was recorded yet."""
    assert has_store(Tracking(f"sqlite:///{tmp_path}", "x", None, {}))
    assert not has_store(Tracking(f"sqlite:///{tmp_path}/mlflow.db", "x", None, {}))


def test_a_store_that_nobody_named(unrun, tmp_path):
    """Without an mlflow.yml kedro-mlflow asks for a folder, which MLflow refuses."""
    file = unrun.path / "conf/base/mlflow.yml"
    shutil.move(file, tmp_path / "mlflow.yml")
    try:
        done = unrun.kedro("run", code=1)
    finally:
        shutil.move(tmp_path / "mlflow.yml", file)
    assert f"The tracking store {unrun.path}/mlruns cannot serve" in done.stderr
    assert "kedro lakeproof init" in done.stderr
