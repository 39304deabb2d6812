"""Runs whose tables are in a store: it goes in the middle, or others take what they take."""

import json

import deltalake
import pyarrow as pa
import pytest
import yaml
from kedro.io import DataCatalog
from kedro.io.core import DatasetError
from kedro.pipeline import node, pipeline

from lakeproof.delta import DeltaTable
from lakeproof.delta.embedded.embedded_engine import _EmbeddedCommits
from lakeproof.stores.files import put
from object_store import ObjectStore

pytestmark = pytest.mark.slow

CATALOG = """
given: &store
  type: lakeproof.delta.DeltaTable
  filepath: s3://lake/given
  credentials: lake
deliveries:
  type: lakeproof.deliveries.DeliveryFolder
  path: data/raw
  key: id
  schema: {id: {type: string}, x: {type: double}}
first: {<<: *store, filepath: s3://lake/first}
second:
  <<: *store
  filepath: s3://lake/second
  key: id
  save_args: {mode: merge, schema_mode: merge}
"""
# Who is gone refuses at once; who is there may be slow.
ONCE = {"timeout": "60s", "connect_timeout": "60s", "retry_timeout": "1s", "max_retries": "1"}


@pytest.mark.beyond_ci
def test_a_run_whose_store_goes_is_failed_and_says_what_stays(small_project, capsys):
    """In MLflow, on the terminal and in its record, which asks no store for what it committed."""
    going = ObjectStore.started()
    # Nobody has reckoned its digest by then.
    deltalake.write_deltalake(
        f"{going.uri}/given", pa.table({"x": [1.0]}), storage_options=going.options
    )
    small_project.write(
        {
            "conf/base/catalog.yml": CATALOG,
            "conf/base/credentials.yml": json.dumps({"lake": {**going.options, **ONCE}}),
            "data/raw/1.csv": "id,x\na,1\n",
            "data/raw/2.csv": "id,x\nb,2\n",
        }
    )

    def copy(given):
        return given

    def take(_first, deliveries):
        one, other = deliveries
        return [one, other.map(lambda rows: going.stop() or rows)]

    steps = [node(copy, "given", "first"), node(take, ["first", "deliveries"], "second")]
    try:
        with pytest.raises(DatasetError, match="There is no connection to the store"):
            small_project.run(pipeline(steps))
    finally:
        if going.process.poll() is None:
            going.stop()
    (run,) = small_project.mlflow_runs
    assert run.info.status == "FAILED"
    said = capsys.readouterr().err
    stays = "Committed by then, and it stays: table 'first' at version 0, table 'second' at version"
    assert f"{stays} 0." in said
    assert f"Run {run.info.run_id} FAILED; what it had read and written by then" in said
    record = small_project.record()
    assert record.run.status == "FAILED"
    assert "Whether the rows are in the table is not known" in record.run.error
    written = {one.dataset: (one.version, one.rows) for one in record.outputs.tables}
    assert written == {"first": (0, 1), "second": (0, 1)}
    assert all(one.digest for one in record.outputs.tables)
    assert "'given' at version 0 cannot be read any more" in record.nodes[0].inputs[0].note


def test_two_that_take_a_delivery_at_once_have_its_rows_once(
    small_project, store, tmp_path, monkeypatch, capsys
):
    """Ben takes both while Anna is about to commit the first; she finds hers done."""
    place = f"{store.uri}/{tmp_path.name}"
    for name in ("1", "2"):
        (tmp_path / name).write_text(f"id,x\n1,{name}\n")
        put(tmp_path / name, f"{place}/raw/{name}.csv", store.options)
    entries = yaml.safe_load(CATALOG.replace("s3://lake", place))
    entries["deliveries"] |= {"path": f"{place}/raw", "credentials": "lake"}
    small_project.write(
        {
            "conf/base/catalog.yml": yaml.safe_dump(entries),
            "conf/base/credentials.yml": json.dumps({"lake": store.options}),
        }
    )
    original, bens = _EmbeddedCommits.create, []

    def ben_takes_them():
        bens.append(1)
        theirs = DataCatalog.from_config(
            {name: entries[name] for name in ("deliveries", "second")}, {"lake": store.options}
        )
        theirs["deliveries"].keep_in(tmp_path / "ben")
        theirs["second"].save(theirs["deliveries"].load())

    def late(self, *args):
        if not bens:
            ben_takes_them()
        return original(self, *args)

    monkeypatch.setattr(_EmbeddedCommits, "create", late)

    def take(deliveries):
        return deliveries

    small_project.run(pipeline([node(take, "deliveries", "second")]))
    assert bens == [1]
    table = DeltaTable(filepath=f"{place}/second", credentials=store.options)
    assert table.versions() == [0, 1]
    assert table.load().collect().rows() == [("1", 2.0)]
    (written,) = small_project.record().outputs.tables
    assert (written.version, written.written) == (1, False)
    assert "Recorded run" in capsys.readouterr().out
