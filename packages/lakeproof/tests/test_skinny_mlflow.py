"""A command that only asks MLflow's store imports no pandas for it; whoever else does has it."""

import subprocess
import sys

import pytest

# They are about the tricks themselves.
pytestmark = pytest.mark.usefixtures("with_tricks")

# Which of those that are left out are there.
GIVEN = '{"numpy", "pandas", "polars", "pyarrow", "scipy"} & sys.modules.keys()'
OPENED = """
import sys
from lakeproof.record.mlflow_store.mlflow_tables import newest_revision
from lakeproof.startup.faster_imports import importing_mlflow
from lakeproof.startup.libraries.skinny_mlflow import ask_stores_alone
{before}
with importing_mlflow(newest_revision):
    from mlflow.tracking import MlflowClient
    client = MlflowClient("sqlite:///runs.db", registry_uri="sqlite:///runs.db")
there = {GIVEN}
{after}
"""
# What `kedro reproduce` asks of a store.
ASKED = """
assert there == given, there
from mlflow.entities import Dataset, DatasetInput, Metric, Param, RunTag
run = client.create_run("0", tags={"a": "b"}, run_name="first")
again = run.info.run_id
client.log_batch(again, [Metric("loss", 0.5, 1, 0)], [Param("seed", "1")], [RunTag("c", "d")])
client.log_inputs(again, [DatasetInput(Dataset("wines", "rs1", "delta", "{}"))])
client.log_text(again, "text", "folder/file.txt")
client.set_tag(again, "mlflow.runName", "second")
client.set_terminated(again, "FINISHED", end_time=2)
found = client.get_run(again)
assert found.info.run_name == "second" and found.data.metrics == {"loss": 0.5}
assert found.inputs.dataset_inputs[0].dataset.name == "wines"
assert not {"pandas", "polars", "pyarrow"} & sys.modules.keys()
from mlflow.store.artifact import hdfs_artifact_repo as on_hdfs
assert on_hdfs.FileType.Directory.name == "Directory"
assert on_hdfs.FileSelector("/", recursive=True).recursive
assert callable(on_hdfs.HadoopFileSystem.from_uri)
"""


def opened(place, before: str, after: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPENED.format(before=before, after=after, GIVEN=GIVEN)],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("before", ["", "import numpy"])
def test_a_store_is_asked_without_pandas(tmp_path, before):
    """Whether or not NumPy is there already."""
    opened(tmp_path, f"ask_stores_alone()\n{before}\ngiven = {GIVEN}", ASKED)


def test_others_have_what_mlflow_is_told_is_not_there(tmp_path):
    """Meanwhile and later; so does MLflow in another thread."""
    after = """
import threading
from lakeproof.startup.around_import import Refusal
from lakeproof.startup.libraries.skinny_mlflow import without_frames
from lakeproof.startup.put_off import Later

def imported():
    exec("import pandas", {"__name__": "mlflow.elsewhere"})
    seen.append("pandas" in sys.modules)

seen = []
with without_frames():
    import polars
    thread = threading.Thread(target=imported)
    thread.start()
    thread.join()
assert seen == [True] and not any(isinstance(one, Refusal) for one in sys.meta_path)
import pyarrow.fs, scipy.special
assert not isinstance(pyarrow.fs.FileType, Later)
"""
    opened(tmp_path, "ask_stores_alone()", after)


def test_mlflow_is_whole_where_the_project_has_imported_it(tmp_path):
    """Its `settings.py` may."""
    after = "from mlflow.models import infer_signature\nassert 'pandas' in there"
    opened(tmp_path, "ask_stores_alone()\nimport mlflow", after)


def test_mlflow_is_whole_where_nobody_said_that_it_need_not_be(tmp_path):
    """As in each other command."""
    after = "from mlflow.models import infer_signature\nassert 'pandas' in there"
    opened(tmp_path, "", after)


@pytest.mark.parametrize(
    ("words", "is_alone"), [("reproduce last", True), ("explain last", False), ("run", False)]
)
def test_a_rerun_is_asked_for_by_one_command(tmp_path, words, is_alone):
    """Others may load a model."""
    code = f"""
import sys
sys.argv = ["kedro", *{words.split()!r}]
from lakeproof.startup import prepare
prepare()
from lakeproof.startup.libraries import skinny_mlflow
assert skinny_mlflow._is_wanted is {is_alone}
"""
    environ = {"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    (tmp_path / "pyproject.toml").write_text("[tool.kedro]\n[tool.lakeproof]\nrecipe = false\n")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
