"""Unity Catalog is asked with what belongs together, and what it answers is looked at."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import polars as pl
import pytest

from http_server import address_of, serving
from lakeproof.delta import DeltaTable
from lakeproof.errors import TableError
from lakeproof.stores.unity_catalog import UnityCatalog

TABLE = {"data_source_format": "DELTA", "storage_location": "s3://lake/t", "table_id": "x"}
AWS = {"access_key_id": "AKIA", "secret_access_key": "SECRET", "session_token": None}
KEYS = {"aws_temp_credentials": AWS, "expiration_time": 9_999_999_999_999}


class Server:
    """What it says, and with which tokens it was asked."""

    def __init__(self) -> None:
        self.table: object = TABLE
        self.keys: object = KEYS
        self.missing_bytes = 0
        self.is_http = True
        self.tokens: list[str] = []
        self.host = ""

    def find(self, **given: str) -> object:
        """Ask as an entry with these credentials would."""
        return UnityCatalog(given or {"host": self.host, "token": "t"}).table("a.b.c", "READ")


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    found = Server()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.tokens.append(self.headers.get("Authorization", ""))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not found.is_http:
                self.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
                return
            said = json.dumps(found.table if self.command == "GET" else found.keys).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(said) + found.missing_bytes))
            self.end_headers()
            self.wfile.write(said)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with serving(Answer) as here:
        found.host = address_of(here)
        yield found


def test_a_token_with_a_line_end_is_that_token(server):
    """As a secret of a CI has one, and a block of YAML."""
    server.find(host=f" {server.host}/\n", token="dapi-1\n")
    assert server.tokens == ["Bearer dapi-1"] * 2


@pytest.mark.parametrize("token", ["dapi-SECRET\r\n-x", "dapi-SECRETé", "SECRET x"])
def test_a_token_that_is_none_is_not_sent_and_not_shown(server, token):
    """Nor what a library would say of it."""
    with pytest.raises(TableError, match="`token` for Unity Catalog has a blank") as caught:
        server.find(host=server.host, token=token)
    assert "SECRET" not in caught.value.message
    assert server.tokens == []


@pytest.mark.parametrize(
    "host",
    [
        "http://user:SECRET@127.0.0.1:9",
        "https://SECRET@name.example",
        "http://127.0.0.1:9?token=SECRET",
        "https://name.example/#SECRET",
        "http://127.0.0.1:SECRET",
        "http://127.0.0.1:9/\nX: SECRET",
        "https://[::SECRET",
        "ftp://SECRET.example",
        "https://",
    ],
)
def test_a_host_is_a_host_and_no_more(server, host):
    """What else stands in it is a secret, perhaps."""
    with pytest.raises(TableError, match="is no address of a server and no more") as caught:
        server.find(host=host, token="t")
    assert "SECRET" not in caught.value.message


def test_a_token_of_the_environment_goes_to_its_own_host_alone(server, monkeypatch):
    """A project, which comes with a clone, names the other one."""
    monkeypatch.setenv("DATABRICKS_TOKEN", "SECRET")
    monkeypatch.setenv("DATABRICKS_HOST", "https://company.example")
    with pytest.raises(TableError, match="no `token` beside the other"):
        server.find(host=server.host)
    with pytest.raises(TableError, match="no `host` beside the other"):
        server.find(token="t")
    assert server.tokens == []
    monkeypatch.setenv("DATABRICKS_HOST", server.host)
    server.find(AWS_REGION="x")
    assert server.tokens == ["Bearer SECRET"] * 2


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ([], KEYS),
        ("x", KEYS),
        ({**TABLE, "storage_location": 5}, KEYS),
        ({**TABLE, "table_id": ["x"]}, KEYS),
        ({**TABLE, "table_id": "x\ny"}, KEYS),
        ({**TABLE, "table_type": {}}, KEYS),
        (TABLE, [1]),
        (TABLE, {**KEYS, "expiration_time": "2026-01-01"}),
        (TABLE, {**KEYS, "expiration_time": [1]}),
        (TABLE, {"aws_temp_credentials": {"access_key_id": 5}}),
        (TABLE, {"azure_user_delegation_sas": {}}),
        (TABLE, {"gcp_oauth_token": "x"}),
    ],
)
def test_an_answer_of_another_shape_is_told(server, table, keys):
    """What answers is another server, perhaps."""
    server.table, server.keys = table, keys
    with pytest.raises(TableError, match=r"answers at 127\.0\.0\.1 is no Unity Catalog"):
        server.find()


def test_an_answer_that_is_none_is_told(server):
    """It ends too early, or is no HTTP; of what came nothing is shown."""
    server.missing_bytes = 10
    with pytest.raises(TableError, match="its answer is not whole"):
        server.find()
    server.is_http = False
    with pytest.raises(TableError, match="it does not speak HTTP"):
        server.find()


@pytest.mark.parametrize(
    "place",
    [
        "s3://AKIA:SECRET@lake/t",
        "abfss://c@a.dfs.core.windows.net/t?sig=SECRET",
        "az://k:SECRET/c",
        "file://SECRET/t",
    ],
)
def test_a_place_with_a_secret_is_not_taken(server, place):
    """It would stand in logs and records."""
    server.table = {**TABLE, "storage_location": place}
    with pytest.raises(TableError, match=r"The place of 'a\.b\.c' in Unity Catalog is") as caught:
        server.find()
    assert "SECRET" not in caught.value.message


@pytest.mark.parametrize("mark", ["", "file:", "file://"])
def test_a_table_on_this_disk_is_a_local_one(server, tmp_path, mark):
    """With its lock, its clean-up and its pins; Arrow has ended the process at `file:/`."""
    place = tmp_path / "t"
    DeltaTable(filepath=str(place), key="id").save(pl.DataFrame({"id": [1, 2]}))
    server.table, server.keys = {**TABLE, "storage_location": f"{mark}{place}"}, {}
    access = {"host": server.host, "token": "t"}
    table = DeltaTable(table="a.b.c", key="id", save_args={"mode": "merge"}, credentials=access)
    assert (table.location.is_local, table.location.uri) == (True, str(place))
    table.save(pl.DataFrame({"id": [3]}))
    assert sorted(table.load().collect()["id"]) == [1, 2, 3]
    assert table.versions() == [0, 1]
