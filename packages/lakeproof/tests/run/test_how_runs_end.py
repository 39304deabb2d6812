"""A run that did not finish is not called FINISHED, and has a record if one can be made."""

import logging
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import mlflow
import polars as pl
import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.session import KedroSession
from kedro.io import MemoryDataset
from kedro.pipeline import node, pipeline

import small
from lakeproof.commands import show
from lakeproof.delta import DeltaTable
from lakeproof.errors import LakeproofError, TableError
from lakeproof.frames import Part, select_rows
from lakeproof.record.documents import sealed
from lakeproof.record.facts import RowsLeftOut
from lakeproof.record.mlflow_store import store
from lakeproof.record.run.ending.ended import Terminated, raising_at_sigterm


def of(function, inputs=None, outputs="out"):
    return pipeline([node(function, inputs, outputs, name=function.__name__)])


def give():
    return {"a": 1}


def fail():
    raise KeyError("no such thing")


class Unknown:
    """What can be handed on and has no digest."""

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        raise TypeError("nobody knows what is in it")


def nothing_known():
    return Unknown()


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(5)


def interrupt():
    raise KeyboardInterrupt


def leave():
    sys.exit("enough")


class Panic(BaseException):
    """What Rust raises through pyo3 is no Exception either."""


def panic():
    raise Panic("index out of bounds")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ends", "error", "status"),
    [
        (terminate, Terminated, "KILLED"),
        (interrupt, KeyboardInterrupt, "KILLED"),
        (leave, SystemExit, "KILLED"),
        (panic, Panic, "FAILED"),
    ],
)
def test_what_kedro_tells_no_hook_of_is_recorded(small_project, ends, error, status):
    """MLflow would call it FINISHED, and a notebook's next run would go on in it."""
    with pytest.raises(error):
        small_project.run(of(ends))
    (run,) = small_project.mlflow_runs
    assert run.info.status == status
    record = small_project.record()
    assert record.run.status == status
    assert error.__name__ in record.run.error
    assert record.nodes[0].name == ends.__name__
    assert mlflow.active_run() is None
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    small_project.run(of(give))
    assert small_project.record().run.status == "FINISHED"


def test_a_process_that_a_node_forked_ends_as_it_always_did():
    """Its end is not the run's."""
    with raising_at_sigterm():
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(5)
            os._exit(0)
        _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGTERM


def test_whoever_answers_sigterm_goes_on_doing_so():
    """A server ends its requests first."""
    answer = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with raising_at_sigterm():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, answer)


@pytest.fixture
def with_table(small_project):
    """A project that reads a table of somebody else's, whose log knows no digest of it."""
    place = small_project.path / "data/table"
    pl.DataFrame({"x": [1, 2, 3]}).write_delta(str(place))
    entry = "table: {type: lakeproof.delta.DeltaTable, filepath: data/table}\n"
    other = "other: {type: lakeproof.delta.DeltaTable, filepath: data/other}\n"
    DeltaTable(filepath=str(small_project.path / "data/other")).save(pl.DataFrame({"x": [1]}))
    small_project.write({"conf/base/catalog.yml": entry + other})
    return small_project


def lose(table, _other):
    for file in Path("data/table").glob("*.parquet"):
        file.unlink()
    return 1


def test_a_run_whose_table_cannot_be_read_is_failed_and_names_it(with_table):
    """Its record holds what could be read; MLflow called it FINISHED, without a record."""
    with pytest.raises(TableError, match="table 'table' cannot be read at version 0"):
        with_table.run(of(lose, ["table", "other"]))
    (run,) = with_table.mlflow_runs
    assert run.info.status == "FAILED"
    record = with_table.record()
    assert record.run.status == "FAILED"
    assert "table 'table'" in record.run.error
    assert [table.dataset for table in record.inputs.tables] == ["other"]
    table, other = record.nodes[0].inputs
    assert (table.digest, other.kind) == (None, "table")
    assert mlflow.active_run() is None


def lose_and_fail(table, _other):
    lose(table, _other)
    raise ValueError("that was the reason")


@pytest.mark.slow
def test_what_made_a_run_fail_stays_its_error_whatever_recording_says(with_table):
    """The table that cannot be read is not what ended it."""
    with pytest.raises(ValueError, match="that was the reason"):
        with_table.run(of(lose_and_fail, ["table", "other"]))
    assert with_table.mlflow_runs[0].info.status == "FAILED"
    assert "that was the reason" in with_table.record().run.error


def test_a_run_that_cannot_be_recorded_at_all_is_failed(small_project, monkeypatch, capsys):
    """Whatever the reason; what is told is a sentence."""
    monkeypatch.setattr(sealed, "to_bytes", lambda record: 1 / 0)
    with pytest.raises(LakeproofError, match="cannot be recorded: ZeroDivisionError"):
        small_project.run(of(give))
    (run,) = small_project.mlflow_runs
    assert run.info.status == "FAILED"
    assert store.TAG not in run.data.tags
    assert "FAILED and has no record: ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.slow
def test_a_failing_run_that_cannot_be_recorded_keeps_its_error(small_project, monkeypatch):
    """kedro-mlflow ends it after us, which it could not if we raised."""
    monkeypatch.setattr(sealed, "to_bytes", lambda record: 1 / 0)
    with pytest.raises(KeyError):
        small_project.run(of(fail))
    assert small_project.mlflow_runs[0].info.status == "FAILED"


def last_line(capsys) -> str:
    return capsys.readouterr().out.strip().splitlines()[-1]


@pytest.mark.slow
def test_the_last_line_says_how_to_have_it_again_only_where_that_can_be(small_project, capsys):
    """Without git, with a repository of somebody else's, without a digest, without the file."""
    small_project.run(of(give))
    assert last_line(capsys).startswith("Reproduce it: kedro reproduce ")

    small_project.run(of(nothing_known))
    told = last_line(capsys)
    assert told.startswith("This run cannot be reproduced: Output 'out' of node 'nothing_known'")
    assert "compare: false" in told

    catalog = "given: {type: text.TextDataset, filepath: data/given.txt}\n"
    small_project.write({"conf/base/catalog.yml": catalog})
    (small_project.path / "data").mkdir()
    (small_project.path / "data/given.txt").write_text("once")
    small_project.run(of(forget, "given"))
    assert "File data/given.txt (given) was read and has gone or changed since" in last_line(capsys)

    shutil.rmtree(small_project.path / ".git")
    small_project.run(of(give))
    told = last_line(capsys)
    assert told.startswith("This run cannot be reproduced: The project was not in a git")
    assert "git init && git add --all && git commit" in told


def forget(_given):
    Path("data/given.txt").unlink()
    return 1


@pytest.mark.slow
def test_git_that_refuses_the_owner_is_told_with_what_to_type(small_project, capsys, monkeypatch):
    """In a container, the project often belongs to another user."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    small_project.run(of(give))
    told = last_line(capsys)
    assert told.startswith("This run cannot be reproduced: git refuses the repository")
    assert f"git config --global --add safe.directory {small_project.path}" in told


def warn_twice_and_give():
    for _ in range(2):
        logging.getLogger("small_project.nodes").warning("There is no column %s.", "ph")
    part = Part("training", "is_test", False, "share", "Lower it.")
    rows = pl.DataFrame({"k": [1, 2, 3], "y": [0.5, None, 1.5], "is_test": [False] * 3})
    select_rows(rows, part, key="k", target="y", is_label=False)
    logging.getLogger("another").warning("Not of the project.")
    return {"a": 1}


@pytest.mark.slow
def test_what_the_projects_own_code_warned_of_is_said_again_at_the_end(small_project, capsys):
    """Once, where everybody looks; and what its nodes ask of us, as rows that are left out."""
    small_project.run(of(warn_twice_and_give))
    said = capsys.readouterr()
    assert said.err.splitlines().count("Warning: There is no column ph.") == 1
    assert "Warning: 1 of 3 training rows have no 'y' and are left out" in said.err
    assert "Warning: Not of the project." not in said.err
    assert said.out.splitlines()[-2].startswith("Recorded run ")
    record = small_project.record()
    assert record.rows_left_out == (RowsLeftOut("training", "y", 1, 3),)
    shown = " ".join(show.render(record).split())
    assert "rows left out count of training: no 'y' 1 3" in shown
    small_project.run(of(give))
    assert "Warning:" not in capsys.readouterr().err
    assert small_project.record().rows_left_out == ()
    assert "left out" not in show.render(small_project.record())
    assert logging.getLogger("small_project").handlers == []


class Masks:
    """A plug-in that shows no secrets in what the catalog holds."""

    @hook_impl
    def after_catalog_created(self, catalog: Any) -> None:
        catalog["parameters"] = MemoryDataset({"login": {"user": "anna"}})


# Kedro and kedro-mlflow, of what they import.
@pytest.mark.filterwarnings("ignore")
def test_a_secret_that_a_hook_takes_from_the_parameters_is_kept_out_of_the_record(small_project):
    """Nodes have it all the same, and their errors."""

    def refused(password: str) -> None:
        raise ValueError(f"login {password} refused")

    small_project.write({"conf/base/parameters.yml": "login: {password: hunter2xyzzy}\n"})
    small.pipelines["now"] = pipeline([node(refused, "params:login.password", None, name="fails")])
    small_project.start()
    with KedroSession.create(small_project.path) as session:
        session._hook_manager.register(Masks())
        with pytest.raises(ValueError, match="hunter2xyzzy"):
            session.run()
    record = small_project.record()
    assert record.parameters.values["login"] == {"password": "***"}
    assert "hunter2xyzzy" not in str(record)
