"""A store is opened without Alembic where it is as MLflow wants it, and refused where it is not."""

import subprocess
import sys

import pytest

# They are about the trick itself.
pytestmark = pytest.mark.usefixtures("with_tricks")

OPEN = """
import sqlite3, sys
from lakeproof.record.mlflow_store.mlflow_tables import newest_revision
from lakeproof.startup.libraries.known_schema import compare_without_alembic
compare_without_alembic(newest_revision)
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
uri, files = "sqlite:///mlflow.db", "files"
"""


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_alembic_is_imported_where_a_store_must_be_made_or_refused(tmp_path):
    """And not where the revision is the newest."""
    codes = (
        "SqlAlchemyStore(uri, files); assert 'alembic.script' in sys.modules",
        "SqlAlchemyStore(uri, files); assert 'alembic' not in sys.modules",
        """
with sqlite3.connect("mlflow.db") as connection:
    connection.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
try:
    SqlAlchemyStore(uri, files)
except Exception as error:
    assert "out-of-date database schema (found version 451aebb31d03" in str(error), error
else:
    raise AssertionError
""",
    )
    for code in codes:
        done = subprocess.run(
            [sys.executable, "-c", OPEN + code],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_command_opens_a_store_without_what_it_has_no_use_for(tmp_path):
    """As a run does; a `kedro reproduce` opens it beside the run that it starts."""
    code = f"""
import sys
from lakeproof.record.mlflow_store.store import RecordStore
from lakeproof.record.mlflow_store.tracking import Tracking
store = RecordStore(Tracking("sqlite:///{tmp_path}/mlflow.db", "none", None, {{}}, None))
assert store.client.get_experiment_by_name("Default") is not None
unused = {{"alembic.script", "fastapi", "mlflow.genai.evaluation"}} & set(sys.modules)
assert unused == set(sys.argv[1:]), unused
"""
    for of_a_new_one in (["alembic.script"], []):
        done = subprocess.run(
            [sys.executable, "-c", code, *of_a_new_one],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
