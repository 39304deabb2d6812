"""A stream in a record: the files as they came, and what its re-run is told."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import node

from lakeproof.deliveries import DeliveryStream
from lakeproof.deliveries.file_digests import digest_files
from lakeproof.record.documents.rerun_request import Rerun, current
from lakeproof.record.node_io.node_io_recorder import NodeIORecorder
from lakeproof.record.node_io.run_files import FileRecorder
from lakeproof.record.node_io.table_facts import TableRecorder
from lakeproof.record.node_io.watcher import NodeWatcher
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.run.rerun import redirect
from lakeproof.versioned.run_tables import RunTables

SCHEMA = {"id": {"type": "string"}}


@pytest.fixture
def stream(tmp_path: Path) -> DeliveryStream:
    (tmp_path / "raw").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "raw" / name).write_text(f"id\n{name}\n")
    return DeliveryStream(path=str(tmp_path / "raw"), key="id", schema=SCHEMA)


def same(rows: Any) -> Any:
    return rows


def rerun(tmp_path: Path, **told: Any) -> Rerun:
    return Rerun("r", str(tmp_path / "store"), str(tmp_path / "record.json"), (), **told)


def test_files_and_digest_are_those_of_what_came_in_the_order_in_which_it_came(stream, tmp_path):
    """Known at the end, not when the node began; also of a file that was moved away since."""
    files = FileRecorder(tmp_path)
    recorder = NodeIORecorder(RunTables(), files, Secrets())
    arrivals = stream.load()
    recorder.loaded(node(same, "in", "out", name="same"), "in", stream, arrivals)
    assert files.read == ()
    arrivals.map(same).batch(["b.csv"])
    arrivals.map(same).batch(["a.csv"])
    (tmp_path / "raw/b.csv").unlink()
    assert [(file.path, file.size) for file in files.read] == [("raw/b.csv", 9), ("raw/a.csv", 9)]
    assert files.values_read == ()
    nobody = NodeWatcher(tmp_path, tmp_path / "src", Secrets(), is_on=False)
    (facts,) = recorder.nodes(TableRecorder(tmp_path, None), nobody)
    came = arrivals.deliveries
    assert (facts.inputs[0].kind, facts.inputs[0].digest) == ("files", digest_files(came))
    assert digest_files(came) != digest_files(came[::-1])


def test_a_rerun_is_told_the_order_and_its_streams_follow_nothing(stream, tmp_path, monkeypatch):
    """In the file that both sides read."""
    told = tmp_path / "rerun.json"
    rerun(tmp_path, arrivals={"in": ["b.csv", "a.csv"]}).write(told)
    monkeypatch.setenv("LAKEPROOF_RERUN", str(told))
    found = current()
    assert found is not None
    redirect(found, DataCatalog({"in": stream}))
    assert [one.name for one in stream.load().in_recorded_order()] == ["b.csv", "a.csv"]


def test_a_rerun_without_a_stream_is_told_in_words_that_older_code_knows(tmp_path):
    """It refuses a word that it does not know."""
    told = tmp_path / "rerun.json"
    rerun(tmp_path).write(told)
    assert not {"arrivals", "parameters", "redacted"} & json.loads(told.read_text()).keys()


def test_a_rerun_is_told_its_parameters_with_types_and_what_it_does_not_know(tmp_path, monkeypatch):
    """A later version may say more than this one has a use for."""
    told = tmp_path / "rerun.json"
    parameters = {"b": math.inf, 1: {"x": -0.0, "none": None}, "a": [1, 1.0, True]}
    rerun(tmp_path, parameters=parameters, redacted=("db.password",)).write(told)
    told.write_text(json.dumps({**json.loads(told.read_text()), "of the future": 1}))
    monkeypatch.setenv("LAKEPROOF_RERUN", str(told))
    found = current()
    assert found is not None
    assert repr(found.parameters) == repr(parameters)
    assert found.redacted == ("db.password",)
