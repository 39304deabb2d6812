"""Faults of others that are worked around here: each test fails until its fault is mended.

Where one passes, pytest says XPASS and this file fails: then the workaround that the test names can
go, and the test with it. What needs a JVM to show is not here.
"""

import csv
import io
import json
import os
import re
import subprocess
import sys
import warnings
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest
from deltalake.exceptions import DeltaError
from deltalake.fs import DeltaStorageHandler
from xdist.scheduler import LoadFileScheduling

LOCKED = dict(
    re.findall(
        r"^([\w-]+)==([\w.]+)",
        (Path(__file__).parents[3] / "requirements/test.txt").read_text(),
        re.MULTILINE,
    )
)
WHOSE = "deltalake kedro kedro-mlflow kedro-viz mlflow pandas polars pyarrow pyspark scikit-learn"
# What fails with other versions is theirs; a lock that is made anew is looked at here.
pytestmark = pytest.mark.skipif(
    any(version(name) != LOCKED[name] for name in WHOSE.split()),
    reason="The installed versions are not the locked ones.",
)

# By the exception that shows the fault: a test that breaks for another reason fails.
mended_when_this_passes = pytest.mark.xfail(strict=True, raises=AssertionError)
silent_when_this_passes = pytest.mark.xfail(strict=True, raises=Warning)


def log_of(table: Path, number: int = 0) -> list[dict]:
    lines = (table / f"_delta_log/{number:020d}.json").read_text().splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


@pytest.mark.xfail(strict=True, raises=FileNotFoundError)
def test_polars_opens_a_delta_table_in_a_folder_with_a_blank_in_its_name(tmp_path):
    """Polars issue 20944, open. Then `LocalTable` can go."""
    path = tmp_path / "my tables"
    deltalake.write_deltalake(str(path), pa.table({"x": [1]}))
    assert pl.scan_delta(deltalake.DeltaTable(str(path))).collect().height == 1


@mended_when_this_passes
def test_delta_rs_writes_the_bounds_of_a_decimal_whole(tmp_path):
    """delta-rs issue 3905, open. Then `delta.write.file_statistics` and `SAFE_DIGITS` can go."""
    value = Decimal("12345678901234567890.123456789")
    rows = pa.table({"x": pa.array([value], pa.decimal128(38, 9))})
    deltalake.write_deltalake(str(tmp_path / "t"), rows)
    (add,) = (entry["add"] for entry in log_of(tmp_path / "t") if "add" in entry)
    assert json.loads(add["stats"], parse_float=Decimal)["minValues"]["x"] == value


@mended_when_this_passes
def test_delta_rs_removes_a_file_by_the_path_that_the_log_has(tmp_path):
    """delta-kernel-rs issue 2423, open, tells of the spelling. Then paths need no mending."""
    path = tmp_path / "t"
    deltalake.write_deltalake(str(path), pa.table({"x": [1]}))
    entries = log_of(path)
    (add,) = (entry["add"] for entry in entries if "add" in entry)
    # As Spark names it.
    (path / "Zürich").mkdir()
    (path / add["path"]).rename(path / "Zürich" / add["path"])
    add["path"] = f"Zürich/{add['path']}"
    log = path / "_delta_log/00000000000000000000.json"
    log.write_text("".join(f"{json.dumps(entry, ensure_ascii=False)}\n" for entry in entries))
    deltalake.DeltaTable(str(path)).delete()
    removed = [entry["remove"]["path"] for entry in log_of(path, 1) if "remove" in entry]
    assert removed == [add["path"]]


@pytest.mark.xfail(strict=True, raises=DeltaError)
def test_delta_rs_merges_a_new_column_beside_one_that_may_not_be_missing(tmp_path):
    """delta-rs issue 4527, mended after 1.6.6. Then `_refuse_beside_demanded` can go."""
    path = str(tmp_path / "t")
    schema = pa.schema([pa.field("id", pa.int64()), pa.field("x", pa.int64(), nullable=False)])
    deltalake.write_deltalake(path, pa.table({"id": [1, 2], "x": [1, 2]}, schema=schema))
    rows = pa.table({"id": [1], "x": [5], "new": [7]})
    how = {"source_alias": "s", "target_alias": "t", "merge_schema": True}
    merger = deltalake.DeltaTable(path).merge(rows, "s.id = t.id", **how)
    merger.when_matched_update_all().when_not_matched_insert_all().execute()


@pytest.mark.xfail(strict=True, raises=DeltaError)
def test_delta_rs_writes_into_the_folder_that_is_named(tmp_path):
    """No issue of it is known. Then `delta.log.location` need not refuse such names."""
    deltalake.write_deltalake(str(tmp_path / "a%41"), pa.table({"x": [1]}))
    assert (tmp_path / "a%41/_delta_log").is_dir()


@pytest.mark.xfail(strict=True, raises=TypeError)
def test_delta_rs_takes_what_arrow_writes_to_a_store(tmp_path):
    """No issue of it is known. Then `stores.files` need not go around Arrow's own stream."""
    store = pafs.PyFileSystem(DeltaStorageHandler(str(tmp_path)))
    with store.open_output_stream("x") as file:
        file.write(b"x")


@mended_when_this_passes
def test_kedro_shows_an_error_that_is_not_being_handled():
    """No issue of it is known; click 8.5.1 shows one so. Then `startup.trouble.show` can go.

    In a process of its own: where a command of Kedro's has begun, `show` is ours.
    """
    code = "from kedro.framework.cli.utils import KedroCliError; KedroCliError('so it is').show()"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "so it is" in told.stdout + told.stderr


@mended_when_this_passes
def test_polars_reads_int96_times_as_they_were_written(tmp_path):
    """Polars issue 29184: beyond 2262 all are one instant, unless a schema asks for less digits.

    Then `delta.read.old_times` need not look for them.
    """
    times = pa.array([-30_610_224_000_000_000], pa.timestamp("us"))
    file = tmp_path / "t.parquet"
    as_spark = {"use_deprecated_int96_timestamps": True, "store_schema": False}
    pq.write_table(pa.table({"x": times}), file, **as_spark)
    assert pl.read_parquet(file)["x"].dt.year().to_list() == [1000]


@mended_when_this_passes
def test_mlflow_keeps_an_infinite_metric():
    """MLflow pull request 1573 made it so. Then the bits of metrics need not be taken."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    assert SqlAlchemyStore.sanitize_metric_value(None, float("inf"))[1] == float("inf")


@mended_when_this_passes
def test_a_forest_adds_up_its_trees_in_their_order():
    """scikit-learn issues 10065 and 23648: threads add to one array, whoever comes first."""
    from sklearn.ensemble import _forest

    assert not hasattr(_forest, "_accumulate_prediction")


@silent_when_this_passes
def test_arrow_takes_zoned_times_of_pandas_without_a_warning():
    """Arrow issue 51302, open. Then `digest.frames.frame_of_pandas` need not ask for them."""
    import pandas as pd

    times = pd.Series(pd.date_range("2026-01-01", periods=1, tz="UTC"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pa.array(times)


@silent_when_this_passes
def test_pyspark_does_not_warn_of_pandas_3():
    """Spark pull request 54760 (SPARK-55965). Then `spark.launch.quieten` has one filter less."""
    from pyspark.sql.pandas.utils import require_minimum_pandas_version

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        require_minimum_pandas_version()


@pytest.mark.xfail(
    sys.version_info < (3, 11, 9) or (3, 12) <= sys.version_info < (3, 12, 3),
    reason="Python has it since 3.11.9 and 3.12.3",
    strict=True,
    raises=AssertionError,
)
def test_csv_puts_a_lone_carriage_return_into_quotes():
    """CPython issue 67044, mended in 3.11.9. Then `csv.diagnosis` need not quote every field."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(["a\rb"])
    assert text.getvalue() == '"a\rb"\n'


@silent_when_this_passes
def test_kedro_viz_answers_without_a_deprecated_class():
    """FastAPI deprecated it; kedro-viz has no issue of it that is known. See `startup.quiet`."""
    from kedro_viz.api.rest.responses.utils import EnhancedORJSONResponse

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        EnhancedORJSONResponse({})


@mended_when_this_passes
def test_detect_secrets_leaves_warnings_alone():
    """No issue of it is known. Then `record.redaction.secret_services` need not put them back."""
    code = "import warnings; a = warnings.showwarning; import detect_secrets.core.log; "
    code += "raise SystemExit(warnings.showwarning is not a)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture(scope="module")
def imported() -> subprocess.CompletedProcess:
    """What importing the commands of kedro-mlflow brings along, and what its hook warns of."""
    code = (
        "import sys, kedro_mlflow.framework.cli.cli; print('mlflow' in sys.modules);"
        "import kedro_mlflow.framework.hooks; from kedro.config import OmegaConfigLoader;"
        "OmegaConfigLoader('.', base_env='', default_run_env='')"
    )
    command = [sys.executable, "-W", "always", "-c", code]
    # Kedro's log is as wide as the terminal.
    wide = {**os.environ, "COLUMNS": "1000"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=wide)


@pytest.mark.slow
@mended_when_this_passes
def test_kedro_mlflow_starts_without_mlflow(imported):
    """As kedro-viz does since its pull request 1920. Then `lazy_kedro_mlflow` can go."""
    assert imported.stdout.startswith("False")


@mended_when_this_passes
def test_kedro_registers_resolvers_by_their_new_name(imported):
    """OmegaConf issue 969 and its pull request 1322. Then `startup.quiet` has a text less."""
    assert "register_new_resolver() is deprecated" not in imported.stdout + imported.stderr


@mended_when_this_passes
def test_kedro_mlflow_has_type_hints_for_mlflow(imported):
    """MLflow pull request 14235 warns of it. Then `startup.quiet` has a text less."""
    assert "Add type hints to the `predict` method" not in imported.stdout + imported.stderr


@mended_when_this_passes
def test_a_worker_of_tests_in_place_of_a_dead_one_is_not_left_waiting():
    """pytest-xdist issue 1327. Then `repository.mk` need not end a run of which a worker died."""
    files = ["a.py::test", "b.py::test", "c.py::test"]
    # As of `--numprocesses 1 --no-loadscope-reorder`.
    options = SimpleNamespace(loadscopereorder=False)
    tests = LoadFileScheduling(SimpleNamespace(getvalue=lambda _: ["popen"], option=options))
    dead, new = _Worker(), _Worker()
    for worker in (dead, new):
        tests.add_node(worker)
        tests.add_node_collection(worker, files)
        tests.schedule()
        if worker is dead:
            assert tests.remove_node(dead) == "a.py::test"
    # One that has a single test waits for the next before it begins.
    assert len(new.asked) > 1 or new.shutting_down


@dataclass(eq=False)
class _Worker:
    """What the scheduler of pytest-xdist knows of a process that runs tests."""

    asked: list[int] = field(default_factory=list)
    shutting_down: bool = False

    def send_runtest_some(self, tests: list[int]) -> None:
        self.asked += tests

    def shutdown(self) -> None:
        self.shutting_down = True


def test_every_fault_says_where_it_is_reported():
    """A workaround whose fault nobody has reported stays for ever."""
    texts = [
        value.__doc__ or ""
        for name, value in globals().items()
        if name.startswith("test_") and name != "test_every_fault_says_where_it_is_reported"
    ]
    assert len(texts) >= 19
    for text in texts:
        assert any(word in text for word in ("issue", "pull request")), text
