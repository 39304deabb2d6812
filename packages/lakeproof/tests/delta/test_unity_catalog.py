"""Tables by their name in Unity Catalog; the catalog is a server of this test's own."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import polars as pl
import pytest

from http_server import address_of, serving
from lakeproof.delta import DeltaTable
from lakeproof.delta.spark import spark_engine, spark_merge, spark_staging
from lakeproof.errors import LakeproofError
from lakeproof.versioned.run_tables import RunTables

ABC = pl.DataFrame({"id": ["a", "b"], "x": [1.0, 2.0]})
TOKEN = "dapi-of-this-test"
NAME = "main.wine.samples"
ID = "6f4ad71e-2cb6-4b0f-a5a4-3f9d2f3e8a11"


class Catalog:
    """What the stub says: as Databricks documents it, of one table."""

    def __init__(self, place: str, keys: dict[str, str]) -> None:
        self.place, self.keys, self.name = place, keys, NAME
        self.asked: list[str] = []
        self.status: dict[str, int] = {}
        self.ends_ms = int(time.time() * 1000) + 3_600_000

    def answer(self, method: str, path: str, body: dict, token: str) -> tuple[int, dict]:
        what = path.removeprefix("/api/2.1/unity-catalog/")
        self.asked.append(f"{method} {what} {body.get('operation', '')}".strip())
        if token != f"Bearer {TOKEN}":
            return 401, {}
        if (status := self.status.get(body.get("operation") or "table")) is not None:
            return status, {"error_code": "X", "message": f"<html>{TOKEN}</html>"}
        if method == "GET" and what == f"tables/{self.name}":
            said = {"table_id": ID, "storage_location": self.place, "table_type": "EXTERNAL"}
            return 200, {**said, "name": "samples", "data_source_format": "DELTA"}
        if method == "POST" and what == "temporary-table-credentials" and body["table_id"] == ID:
            keys = {
                "access_key_id": self.keys["AWS_ACCESS_KEY_ID"],
                "secret_access_key": self.keys["AWS_SECRET_ACCESS_KEY"],
                "session_token": "a session",
            }
            return 200, {"aws_temp_credentials": keys, "expiration_time": self.ends_ms}
        return 404, {}


@pytest.fixture
def catalog(store, tmp_path) -> Iterator[Catalog]:
    found = Catalog(f"{store.uri}/{tmp_path.name}/samples", store.options)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            token = self.headers.get("Authorization", "")
            status, said = found.answer(self.command, self.path, body, token)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with serving(Answer) as server:
        found.host = address_of(server)
        yield found


@pytest.fixture
def entry(catalog, store) -> dict:
    """As the catalog of the project has it; of the store only what Unity Catalog does not tell."""
    told = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ALLOW_HTTP")
    settings = {name: store.options[name] for name in told}
    return {
        "table": NAME,
        "credentials": {"host": catalog.host, "token": TOKEN, **settings},
        "save_args": {"mode": "append"},
    }


def test_a_name_is_read_written_and_pinned_as_a_place_is(entry, catalog, store):
    """Nothing is asked when the catalog opens, and then each thing once."""
    table = DeltaTable(**entry)
    assert catalog.asked == []
    DeltaTable(filepath=catalog.place, credentials=store.options).save(ABC)
    table.save(ABC)
    assert table.versions() == [0, 1]
    table.load()
    assert catalog.asked == [
        f"GET tables/{NAME}",
        "POST temporary-table-credentials READ_WRITE",
        f"GET tables/{NAME}",
        "POST temporary-table-credentials READ",
    ]
    pinned = DeltaTable(**entry, load_args={"version": 0})
    assert pinned.load().collect().height == 2
    assert table.load().collect().height == 4


def test_a_run_knows_name_id_and_place_and_no_key(entry, catalog, store):
    """So does its record."""
    DeltaTable(filepath=catalog.place, credentials=store.options).save(ABC)
    table, run = DeltaTable(**entry), RunTables()
    table.name_as("samples")
    table.join(run)
    table.load()
    (use,) = run.uses
    found = use.opened.location
    assert (found.uri, found.catalog_name, found.catalog_id) == (catalog.place, NAME, ID)
    for shown in (repr(found), str(table)):
        assert TOKEN not in shown
        assert "a session" not in shown
        assert store.options["AWS_SECRET_ACCESS_KEY"] not in shown


def test_credentials_that_are_about_to_end_are_asked_for_anew(entry, catalog, store):
    """They last an hour; a run may last longer."""
    DeltaTable(filepath=catalog.place, credentials=store.options).save(ABC)
    table = DeltaTable(**entry)
    catalog.ends_ms = int(time.time() * 1000) + 60_000
    table.load()
    before = len(catalog.asked)
    table.load()
    assert len(catalog.asked) > before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"host": ""}, "there is no `host`"),
        ({"token": ""}, "there is no `token`"),
        ({"host": "http://example.org"}, "named without https"),
        ({"token": "another"}, "does not accept the token"),
        ({"table": "main.wine.nothing"}, "has no such table"),
        ({"host": "http://127.0.0.1:1"}, "does not answer"),
        ({"status": {"table": 403}}, "does not let this user to see it"),
        ({"status": {"READ": 403}}, "does not let this user to read it"),
        ({"status": {"READ": 500}}, "answers 500"),
    ],
)
def test_what_is_wrong_is_one_sentence(entry, catalog, change, said, monkeypatch):
    """With neither token nor markup in it."""
    for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    catalog.status = change.pop("status", {})
    name = change.pop("table", NAME)
    table = DeltaTable(table=name, credentials={**entry["credentials"], **change})
    with pytest.raises(LakeproofError) as caught:
        table.load()
    message = caught.value.message
    assert said in message
    assert "Table" in message
    assert TOKEN not in message
    assert "<html" not in message
    assert "\n" not in message


def test_who_may_read_alone_reads(entry, catalog, store):
    """And is told when he writes."""
    DeltaTable(filepath=catalog.place, credentials=store.options).save(ABC)
    catalog.status = {"READ_WRITE": 403}
    assert DeltaTable(**entry).load().collect().height == 2
    with pytest.raises(LakeproofError, match="does not let this user to write it"):
        DeltaTable(**entry).save(ABC)


def test_the_variables_serve_where_the_entry_names_neither(entry, catalog, store, monkeypatch):
    """As for the tools of Databricks."""
    DeltaTable(filepath=catalog.place, credentials=store.options).save(ABC)
    monkeypatch.setenv("DATABRICKS_HOST", entry["credentials"].pop("host"))
    monkeypatch.setenv("DATABRICKS_TOKEN", entry["credentials"].pop("token"))
    assert DeltaTable(**entry).load().collect().height == 2


@pytest.mark.long
@pytest.mark.spark
def test_where_spark_knows_it_by_name_nothing_goes_by_its_place(
    catalog, entry, spark_session, tmp_path, monkeypatch
):
    """As on Databricks, which gives its own Spark no place: here a catalog of Spark's own."""
    place, name = str(tmp_path / "samples"), "spark_catalog.wine.samples"
    DeltaTable(filepath=place).save(ABC)
    spark_session.sql("CREATE DATABASE IF NOT EXISTS wine")
    spark_session.sql(f"CREATE TABLE {name} USING delta LOCATION '{place}'")
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "16.4")
    catalog.place, catalog.name = place, name
    for module in (spark_engine, spark_merge, spark_staging):
        monkeypatch.setattr(module, "place_of", _but_by_name(module.place_of))

    def table(**save_args):
        named = {**entry, "table": name, "engine": "spark", "key": "id", "save_args": save_args}
        return DeltaTable(**named)

    try:
        first = table().resolve()
        table(mode="append").save(pl.DataFrame({"id": ["c"], "x": [3.0]}))
        table(mode="append", schema_mode="merge").save(
            pl.DataFrame({"id": ["d"], "x": [4.0], "y": ["new"]})
        )
        table(mode="merge").save(pl.DataFrame({"id": ["a", "e"], "x": [1.5, 5.0]}))
        table(mode="delete").save(pl.DataFrame({"id": ["b"]}))
        read = table().load().collect()
        assert sorted((row.id, row.x) for row in read) == [
            *(("a", 1.5), ("c", 3.0), ("d", 4.0), ("e", 5.0))
        ]
        table(mode="overwrite").save(ABC.with_columns(y=pl.lit("all")))
        table(mode="overwrite", schema_mode="overwrite").save(ABC.with_columns(z=pl.lit(True)))
        assert table().versions() == list(range(7))
        assert table().resolve().table_id == first.table_id
        assert table().resolve().columns == {"id": "string", "x": "double", "z": "boolean"}
        pinned = DeltaTable(
            **{**entry, "table": name, "engine": "spark", "load_args": {"version": 1}}
        )
        assert pinned.load().count() == 3
    finally:
        spark_session.sql(f"DROP TABLE {name}")


def _but_by_name(place_of):
    def refused(location):
        assert location.catalog_name is None, "by its place"
        return place_of(location)

    return refused


def test_one_place_is_named(entry):
    """Neither both nor none, and three names."""
    for more in ({"filepath": "data/x"}, {"table": "samples"}, {"table": None}):
        with pytest.raises(LakeproofError, match=r"`filepath`|three names"):
            DeltaTable(**{**entry, **more})
