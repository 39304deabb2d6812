"""A table in an object store: what is said where the store is not as it must be, and when."""

import socket
from dataclasses import replace

import polars as pl
import pytest

from lakeproof.deliveries import DeliveryFolder
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.delta import DeltaTable
from lakeproof.delta.kept_deliveries import kept_at
from lakeproof.errors import LakeproofError, TableError
from lakeproof.record.facts import FileFacts, InputFacts
from lakeproof.reproduce.needed_tables import find_tables
from lakeproof.reproduce.stages.scratch_tables import placed
from lakeproof.reproduce.stored_deliveries import StoredDeliveries
from lakeproof.stores.files import filesystem, info, put
from lakeproof.versioned.run_tables import RunTables
from object_store import ObjectStore

from ..reproduce.builders import a_record, a_table_written
from ..stores.refused import ABC, SHORT, refusal


@pytest.fixture
def entry(store, tmp_path):
    """A catalog entry of a table that is not there."""
    return {"filepath": f"{store.uri}/{tmp_path.name}/t", "credentials": store.options}


@pytest.fixture(scope="module")
def strict():
    """A store that knows no key."""
    started = ObjectStore.started(INITIAL_NO_AUTH_ACTION_COUNT="1")
    yield started
    started.stop()


@pytest.mark.parametrize("do", ["load", "save"])
def test_a_missing_bucket_is_named(entry, do):
    """With the server, which is no secret."""
    said = refusal({**entry, "filepath": "s3://nolake/t"}, do)
    assert "There is no bucket 'nolake' at http://127.0.0.1:" in said


@pytest.mark.parametrize("do", ["load", "save"])
def test_a_key_that_is_not_accepted_is_told_with_the_file_that_has_it(strict, entry, do):
    """And not by its name."""
    said = refusal({**entry, "credentials": strict.options}, do)
    assert "does not accept the key (InvalidAccessKeyId)" in said
    assert "conf/<environment>/credentials.yml" in said


def test_nobody_at_the_address(entry):
    """A store that is down."""
    said = refusal(entry, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert "There is no connection to the store http://127.0.0.1:1 (connection refused)" in said


@pytest.mark.parametrize("do", ["load", "save"])
def test_a_store_that_hangs_is_given_up(entry, do):
    """It takes the connection, and says nothing."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        place = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert f"The store {place} does not answer." in refusal(entry, do, AWS_ENDPOINT_URL=place)


def test_no_credentials_at_all(entry, monkeypatch):
    """None in the entry, none in the environment, and no role of the machine."""
    said = refusal(entry, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert "No credentials were found" in said


def test_plain_http_asks_for_a_word(entry):
    """Which word, and where."""
    assert 'AWS_ALLOW_HTTP: "true"' in refusal(entry, AWS_ALLOW_HTTP="")


def test_waiting_is_said(entry, monkeypatch, caplog):
    """After ten seconds; here at once."""
    monkeypatch.setattr("lakeproof.stores.patience._SILENT_SECONDS", 0.1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        refusal(entry, AWS_ENDPOINT_URL=f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert "Waiting for the store of table 't', s3://lake" in caplog.text


def test_a_file_that_is_gone_is_found_by_one_listing(store, entry):
    """As after a VACUUM: the log has it, the store has not."""
    table = DeltaTable(**entry)
    table.save(ABC)
    table.resolve().require_files()
    (path,) = table.resolve().table.get_add_actions()["path"].to_pylist()
    filesystem(entry["filepath"], store.options).delete_file(path)
    with pytest.raises(LakeproofError, match=r"1 data file\(s\) are missing or damaged"):
        table.resolve()


def test_a_store_without_conditional_writes_is_noticed_at_the_first(tmp_path):
    """Two commits of one version: there, both would be taken."""
    careless = ObjectStore.started(CONDITIONAL="no")
    try:
        place = {"filepath": f"{careless.uri}/t", "credentials": careless.options}
        with pytest.raises(TableError, match="takes no conditional writes"):
            DeltaTable(**place).save(ABC)
        assert not DeltaTable(**place).is_there()
        assert b"<Key>" not in careless.ask("GET", "?list-type=2")
    finally:
        careless.stop()


def test_what_is_tried_of_a_new_store_is_not_left_there(store, entry):
    """A table, and nothing else."""
    DeltaTable(**entry).save(ABC)
    prefix = entry["filepath"].removeprefix("s3://lake/")
    assert b"probe" not in store.ask("GET", f"?list-type=2&prefix={prefix}")


@pytest.mark.slow
def test_what_a_table_takes_from_a_store_is_kept_beside_it(store, entry, tmp_path):
    """By its content, for whoever has the bucket alone; put back when it is lost, and once."""
    raw = f"{store.uri}/{tmp_path.name}/raw"
    (tmp_path / "a.csv").write_text("id,x\na,1\n")
    put(tmp_path / "a.csv", f"{raw}/a.csv", store.options)
    folder = DeliveryFolder(
        path=raw,
        key="id",
        schema={"id": {"type": "string"}, "x": {"type": "double"}},
        credentials=store.options,
    )
    folder.keep_in(tmp_path)
    table = DeltaTable(**entry, key="id", save_args={"mode": "merge", "schema_mode": "merge"})
    table.save(folder.load())
    (one,) = folder.load()
    kept = kept_at(entry["filepath"], one.sha256)
    assert info(kept, store.options).size == 9
    filesystem(kept.rpartition("/")[0], store.options).delete_file(one.sha256)
    table.save(folder.load())
    before = info(kept, store.options)
    table.save(folder.load())
    assert info(kept, store.options) == before
    assert table.versions() == [0]

    # A colleague finds it there when the file has become another.
    (tmp_path / "b.csv").write_text("id,x\na,2\n")
    put(tmp_path / "b.csv", f"{raw}/a.csv", store.options)
    file = FileFacts("deliveries", one.uri, one.sha256, 9)
    made = a_record()
    output = replace(made.outputs.tables[0], uri=entry["filepath"])
    took = replace(
        made, inputs=InputFacts(files=(file,)), outputs=replace(made.outputs, tables=(output,))
    )
    theirs = StoredDeliveries([took], lambda _: store.options, RawStore(tmp_path / "theirs"))
    assert theirs.has(file)
    assert theirs.find(file).read_bytes() == b"id,x\na,1\n"
    nobodys = StoredDeliveries([], lambda _: store.options, RawStore(tmp_path / "nobodys"))
    assert nobodys.find(file) is None
    assert nobodys.raw.sizes() == {}


@pytest.mark.slow
def test_a_store_that_goes_between_two_commits_leaves_the_first_and_says_so(tmp_path):
    """Of the run, which knows what it has committed by then."""
    going = ObjectStore.started()
    settings = {**going.options, **SHORT, "timeout": "60s", "connect_timeout": "60s"}
    table = DeltaTable(
        filepath=f"{going.uri}/t",
        credentials=settings,
        key="id",
        save_args={"mode": "merge", "schema_mode": "merge"},
    )
    for name in ("1", "2"):
        (tmp_path / f"{name}.csv").write_text(f"id,x\n{name},1\n")
    schema = {"id": {"type": "string"}, "x": {"type": "double"}}
    first, second = DeliveryFolder(path=str(tmp_path), key="id", schema=schema).load()
    run = RunTables()
    table.join(run)
    try:
        with pytest.raises(LakeproofError) as caught:
            table.save([first, second.map(lambda rows: going.stop() or rows)])
    finally:
        if going.process.poll() is None:
            going.stop()
    assert "There is no connection to the store" in caught.value.message
    assert "Whether the rows are in the table is not known" in caught.value.message
    assert run.committed() == {"t": 0}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["overwrite", "merge"])
def test_a_write_that_replaces_all_starts_from_the_log_alone(store, entry, tmp_path, mode):
    """A re-run of it copies no row out of the store, one of a correction does; theirs is next."""
    table = DeltaTable(**entry, key="id", save_args={"mode": mode})
    table.save(ABC)
    table.save(ABC.head(1).with_columns(x=pl.lit(5.0)))
    start = table.open(0)
    write = a_table_written(
        "t",
        uri=entry["filepath"],
        table_id=start.table_id,
        mode=mode,
        started_digest=start.compute_digest(),
    )
    made = a_record()
    record = replace(
        made, inputs=InputFacts(), outputs=replace(made.outputs, tables=(write,), files=())
    )
    (needed,) = find_tables(record, tmp_path, lambda _: table).tables
    scratch = tmp_path / "scratch"
    placed(needed, scratch, lambda _: None)
    assert bool(list(scratch.rglob("*.parquet"))) is (mode == "merge")
    again = DeltaTable(filepath=str(scratch), key="id", save_args={"mode": mode})
    again.join(RunTables(believes_commits=False))
    again.save(ABC)
    assert again.versions()[:1] == [0]
    assert again.resolve().table_id == start.table_id
    assert again.load().collect().height == 3
