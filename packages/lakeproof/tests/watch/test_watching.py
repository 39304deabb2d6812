"""What a node's function reaches for is seen, and nothing else is."""

import hashlib
import importlib.metadata
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import importlib_metadata
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from kedro.pipeline import node
from pyarrow import csv, dataset, feather, ipc, orc, parquet

from lakeproof import watch
from lakeproof.checksum import sha256_of
from lakeproof.watch import Controlled, NodeWatch, OwnThreads, Seen
from small import store_in


def seen_of(function: Callable[[], Any], *controlled: Path) -> tuple[Seen, ...]:
    """What is seen while Kedro runs a function as a node."""
    watch.begin(NodeWatch(Controlled(controlled)))
    try:
        node(function, None, "out").run({})
    finally:
        found = watch.end()
    assert found is not None
    return found.seen()


def names(seen: tuple[Seen, ...]) -> list[tuple[str, str]]:
    return [(one.kind, Path(one.name).name if "/" in one.name else one.name) for one in seen]


@pytest.fixture
def lookup(tmp_path: Path) -> Path:
    path = tmp_path / "lookup.csv"
    path.write_text("a,b\n1,2\n")
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "lookup.parquet"
    parquet.write_table(pa.table({"a": [1]}), path)
    return path


READERS: dict[str, Callable[[Path], Any]] = {
    "open": lambda path: path.open().read(),
    "read_bytes": Path.read_bytes,
    "os.open": lambda path: os.close(os.open(path, os.O_RDONLY)),
    "sqlite": lambda path: sqlite3.connect(path).close(),
    "pandas": lambda path: pd.read_csv(path),
    "pandas, compiled": lambda path: pd.read_csv(path, engine="pyarrow"),
    "polars": lambda path: pl.read_csv(path),
    "polars, lazy": lambda path: pl.scan_csv(path),
    "polars, by option": lambda path: pl.scan_csv(source=str(path)),
    "polars, several": lambda path: pl.scan_csv([path]),
    "polars, by pattern": lambda path: pl.read_csv(f"{path.parent}/look*.csv"),
}


@pytest.mark.parametrize("how", READERS)
def test_a_file_that_is_no_input_is_seen_with_its_digest(how, lookup):
    """Whoever opens it, Python or compiled code."""
    (found,) = [one for one in seen_of(lambda: READERS[how](lookup)) if one.kind == "file"]
    assert found == Seen("file", str(lookup), f"sha256:{sha256_of(lookup)}")


@pytest.mark.parametrize(
    "read",
    [
        lambda path: pd.read_parquet(path),
        lambda path: pl.read_parquet(path),
        lambda path: pl.scan_parquet(path),
        lambda path: parquet.read_table(path),
        lambda path: parquet.ParquetFile(path),
        lambda path: pa.memory_map(str(path)).close(),
    ],
)
def test_parquet_is_seen_whichever_library_reads_it(read, table):
    """None of them opens it through Python."""
    assert ("file", "lookup.parquet") in names(seen_of(lambda: read(table)))


def test_a_function_that_was_imported_by_its_name_is_seen_too(tmp_path, lookup):
    """`from polars import read_csv`, as nodes do, before anybody looked."""
    nodes = tmp_path / "some_nodes.py"
    nodes.write_text(
        "from polars import read_csv\n"
        "from lakeproof import watch\n"
        "def read(): read_csv('lookup.csv')\n"
        "watch.begin(watch.NodeWatch(watch.Controlled([])))\n"
        "read()\n"
        "print([(one.kind, one.digest is not None) for one in watch.end().seen()])\n"
    )
    done = subprocess.run(
        [sys.executable, nodes], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert done.stdout == "[('file', True)]\n"


def test_a_wrapped_reader_still_pickles_by_its_name():
    """It may be handed to another process."""
    import pickle

    seen_of(lambda: None)
    for reader in (pd.read_parquet, pl.read_csv, parquet.read_table):
        assert pickle.loads(pickle.dumps(reader)) is reader


def test_a_module_that_the_node_itself_imports_has_its_readers_wrapped(tmp_path):
    """Imported late, for it is heavy or seldom needed."""
    from pyarrow import orc

    orc.write_table(pa.table({"a": [1]}), tmp_path / "lookup.orc")
    late = (
        "import sys\n"
        "from lakeproof import watch\n"
        "watch.begin(watch.NodeWatch(watch.Controlled([])))\n"
        "assert 'pyarrow.orc' not in sys.modules\n"
        "from pyarrow import orc\n"
        "orc.read_table('lookup.orc')\n"
        "print([one.name[-10:] for one in watch.end().seen()])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", late], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert done.stdout == "['lookup.orc']\n"


def test_what_was_read_is_digested_as_it_was_then(lookup):
    """Not as somebody left it afterwards."""
    digest = sha256_of(lookup)

    def read_and_change() -> None:
        lookup.read_text()
        lookup.write_text("other")

    found = {one.kind: one.digest for one in seen_of(read_and_change)}
    assert found["file"] == f"sha256:{digest}"
    assert found["written"] == f"sha256:{sha256_of(lookup)}"


def test_a_folder_that_is_listed_is_seen_by_its_names(tmp_path, lookup):
    """One file more makes it another."""
    before = seen_of(lambda: os.listdir(tmp_path))
    (tmp_path / "more.csv").touch()
    after = seen_of(lambda: list(tmp_path.glob("*.csv")))
    assert [one.name for one in (*before, *after)] == [str(tmp_path)] * 2
    assert before[0].digest != after[0].digest


FRAME, ARROW = pl.DataFrame({"a": [1]}), pa.table({"a": [1]})
WRITERS: dict[str, Callable[[Path], Any]] = {
    "polars": lambda path: FRAME.write_parquet(path),
    "polars, by option": lambda path: FRAME.write_csv(file=str(path)),
    "polars, lazy": lambda path: FRAME.lazy().sink_parquet(path),
    "polars, several": lambda path: FRAME.lazy().sink_parquet(pl.PartitionBy(path, key="a")),
    "pandas": lambda path: pd.DataFrame({"a": [1]}).to_parquet(path),
    "pandas, feather": lambda path: pd.DataFrame({"a": [1]}).to_feather(path),
    "pandas, several": lambda path: pd.DataFrame({"a": [1], "b": 1}).to_parquet(
        path, partition_cols=["b"]
    ),
    "parquet": lambda path: parquet.write_table(ARROW, path),
    "csv": lambda path: csv.write_csv(ARROW, path),
    "feather": lambda path: feather.write_feather(ARROW, str(path)),
    "orc": lambda path: orc.write_table(ARROW, str(path)),
    "dataset": lambda path: dataset.write_dataset(ARROW, path, format="parquet"),
    "ipc": lambda path: ipc.new_file(str(path), ARROW.schema).close(),
    "stream": lambda path: pa.output_stream(str(path)).close(),
    "deltalake": lambda path: write_deltalake(path, ARROW),
}


@pytest.mark.filterwarnings("ignore:.*unstable")
@pytest.mark.parametrize("how", WRITERS)
def test_what_native_code_writes_is_seen_but_for_an_output(how, tmp_path):
    """A file or folder, with a digest, also under another name, and one that looks like a pattern.

    Nor is it in the way of the same writer where the node is to write there.
    """
    place = tmp_path / ("out" if how == "deltalake" else "out[1]")
    found = [one for one in seen_of(lambda: WRITERS[how](place)) if one.kind == "written"]
    assert Seen("written", str(place), found[0].digest, found[0].note) in found
    assert (found[0].digest or "").startswith("sha256:")
    other = tmp_path / "other"
    made = tmp_path / "made"
    moved = seen_of(lambda: (WRITERS[how](made), os.rename(made, other)))
    assert str(other) in [one.name for one in moved if one.kind == "written"]
    assert seen_of(lambda: WRITERS[how](tmp_path / "output"), tmp_path / "output") == ()


def test_a_file_that_is_written_is_seen_and_a_temporary_one_is_not(tmp_path):
    """What is gone when the node ends was nobody's."""

    def write() -> None:
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"1")
            Path(file.name).read_bytes()
        partial = tmp_path / "out.partial"
        partial.write_text("x")
        partial.rename(tmp_path / "out.csv")

    assert names(seen_of(write)) == [("written", "out.csv")]


def test_a_variable_is_seen_by_the_digest_of_its_value(monkeypatch):
    """Also that it is not set, which decides as much."""
    monkeypatch.setenv("LAB_VALUE", "1")
    monkeypatch.delenv("LAB_OTHER", raising=False)

    def read() -> None:
        os.getenv("LAB_VALUE")
        os.environ.get("LAB_OTHER", "0")
        assert "LAB_VALUE" in os.environ

    value, other = sorted(seen_of(read), key=lambda one: one.note or "")
    assert (value.name, value.note) == ("LAB_VALUE", None)
    assert value.digest is not None
    assert (other.name, other.digest, other.note) == ("LAB_OTHER", None, "not set")
    monkeypatch.setenv("LAB_VALUE", "2")
    assert value not in seen_of(read)


def test_the_whole_environment_is_one_sight():
    """A copy names a hundred variables, of which nobody knows which counted."""
    assert [one.name for one in seen_of(lambda: dict(os.environ))] == ["*"]


def test_a_connection_is_seen_by_its_address():
    """A database, a service: refused or not."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]

    def connect() -> None:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)

    assert names(seen_of(connect)) == [("connection", f"127.0.0.1:{port}")]


def test_a_database_is_named_without_its_password():
    """Whatever was typed there."""

    def read() -> None:
        with pytest.raises(ModuleNotFoundError):
            pl.read_database_uri("select 1", "postgresql://anna:geheim@127.0.0.1:1/lab?token=x")

    assert Seen("connection", "postgresql://127.0.0.1:1/lab") in seen_of(read)


def test_a_program_is_seen_by_its_name():
    """Its arguments may hold anything."""
    found = seen_of(lambda: subprocess.run([sys.executable, "-c", "0"], check=True))
    assert ("program", Path(sys.executable).name) in names(found)
    assert ("program", "true") in names(seen_of(lambda: os.system("true # secret")))


def test_threads_of_a_node_are_seen(lookup):
    """Readers of many files use them."""

    def read() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lookup.read_text).result()

    assert names(seen_of(read)) == [("file", "lookup.csv")]


def test_threads_of_the_machinery_are_no_nodes(lookup):
    """They go on while the first nodes run."""
    with OwnThreads(1) as pool:
        assert names(seen_of(lambda: pool.submit(lookup.read_text).result())) == []


def test_two_nodes_at_a_time_are_told_apart(tmp_path):
    """Each by its thread."""
    barrier = threading.Barrier(2)
    files = [tmp_path / "one.csv", tmp_path / "two.csv"]

    for path in files:
        path.touch()

    def run(path: Path) -> list[tuple[str, str]]:
        def read() -> None:
            barrier.wait()
            path.read_text()
            barrier.wait()

        return names(seen_of(read))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, files)) == [[("file", "one.csv")], [("file", "two.csv")]]


@pytest.mark.parametrize(
    "function",
    [
        lambda: __import__("wave"),
        lambda: shutil.which("git") and None,
        lambda: pd.DataFrame({"a": [1]}).to_csv(),
        lambda: pl.DataFrame({"a": [1]}).write_csv(),
        lambda: Path(os.__file__).read_bytes(),
        lambda: Path(pd.__file__).read_bytes(),
    ],
)
def test_what_belongs_to_interpreter_and_libraries_is_not_seen(function):
    """Their digests are the environment's."""
    assert [one for one in seen_of(function) if one.kind != "variable"] == []


def test_what_is_installed_may_be_looked_up(tmp_path):
    """Along the path of imports, on which the current folder may be: no result hangs on it."""
    for number, lookup in enumerate((importlib.metadata, importlib_metadata)):
        place = tmp_path / str(number)
        place.mkdir()
        assert seen_of(lambda do=lookup, at=place: list(do.distributions(path=[str(at)]))) == ()


def test_a_place_that_is_controlled_is_not_seen(tmp_path, lookup):
    """The project's code, the datasets of the node."""
    assert seen_of(lookup.read_text, tmp_path) == ()
    assert seen_of(lookup.read_text, lookup) == ()
    assert names(seen_of(lookup.read_text, tmp_path / "look")) == [("file", "lookup.csv")]


def test_nothing_is_seen_outside_of_a_node(lookup):
    """The hook stays in the process for ever: silent, and pausing works."""
    seen_of(lambda: None)
    assert lookup.read_text()
    assert not watch.is_on()
    watch.begin(NodeWatch(Controlled([])))
    watch.pause()
    lookup.read_text()
    watch.resume()
    found = watch.end()
    assert found is not None
    assert found.seen() == ()


def test_many_files_are_one_sight_after_the_first(tmp_path):
    """A record is a document: the rest is there by one digest."""
    for number in range(150):
        (tmp_path / f"{number:03}.txt").write_text(str(number))

    def read() -> None:
        for number in range(150):
            (tmp_path / f"{number:03}.txt").read_text()

    found = seen_of(read)
    assert len(found) == 100
    assert (found[-1].name, found[-1].note) == ("and others", "51 of this kind, by one digest")
    (tmp_path / "149.txt").write_text("changed")
    assert seen_of(read)[-1].digest != found[-1].digest


def test_a_function_that_fails_fails_as_before(tmp_path):
    """To look is never what a node fails of."""
    with pytest.raises(FileNotFoundError):
        seen_of((tmp_path / "nothing.csv").read_text)
    assert not watch.is_on()


def test_what_mlflow_writes_in_order_to_log_it_is_not_seen(tmp_path, monkeypatch):
    """The record lists what was logged; a temporary file has another name each time."""
    import mlflow

    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(store_in(tmp_path))
    with mlflow.start_run(experiment_id=mlflow.create_experiment("watched")):
        found = seen_of(lambda: mlflow.log_text("sum", "sum.txt"))
    assert [one for one in found if one.kind in ("file", "written")] == []


def test_what_lay_at_the_place_of_an_output_is_no_input(tmp_path):
    """A node that goes on from what it gave the last time reads what nothing controls."""
    before, made, native = (tmp_path / name for name in ("before.csv", "made.csv", "native.csv"))
    before.write_text("a\n1\n")
    os.utime(before, (1, 1))

    def go_on() -> None:
        rows = before.read_text() + pl.read_csv(before).write_csv()
        made.write_text(rows)
        made.read_text()
        os.listdir(tmp_path)
        pl.read_csv(made).write_csv(native)
        pl.read_csv(native)
        before.write_text("a\n2\n")

    watch.begin(NodeWatch(Controlled([]), Controlled([tmp_path])))
    try:
        node(go_on, None, "out").run({})
    finally:
        found = watch.end()
    assert found is not None
    assert names(found.seen()) == [("file", "before.csv")]
    first = hashlib.sha256(b"a\n1\n").hexdigest()
    assert found.seen()[0].digest == f"sha256:{first}"


def test_a_reader_in_native_code_takes_a_tilde_for_the_home_folder(lookup, monkeypatch):
    """What lies there is digested, not what a folder of that name might hold."""
    monkeypatch.setenv("HOME", str(lookup.parent))
    found = seen_of(lambda: pl.read_csv("~/lookup.csv"))
    assert [(one.name, one.digest) for one in found if one.kind == "file"] == [
        (str(lookup), f"sha256:{sha256_of(lookup)}")
    ]
