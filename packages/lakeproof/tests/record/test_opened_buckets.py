"""Whose credentials open a bucket: any entry that names it, of any environment."""

from pathlib import Path
from types import SimpleNamespace

from lakeproof.delta import DeltaTable
from lakeproof.record.run.rerun import _open_with_others
from lakeproof.record.setup.opened_buckets import lacking, opened_by
from lakeproof.reproduce.looks import Looks
from lakeproof.reproduce.needed_tables import _unnamed_hint
from lakeproof.reproduce.todays_tables import TodaysTables, located
from lakeproof.stores.addresses import bucket_of, chosen_host

AZURE = "abfss://data@acctours.dfs.core.windows.net"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_REGION": 1}


def entry(place: str, credentials: object = "ours", key: str = "filepath") -> dict:
    return {"type": "lakeproof.delta.DeltaTable", key: place, "credentials": credentials}


def loader(credentials: dict, **catalog: dict) -> dict:
    return {"catalog": catalog, "credentials": credentials}


def test_any_entry_of_the_bucket_serves_by_whatever_scheme():
    """An environment that cannot be read is passed over, and so is another bucket."""
    broken = {"catalog": {"x": entry("s3://lake/x")}}
    other = loader({"ours": {"AWS_REGION": "other"}}, x=entry("s3://lake2/x"))
    ours = loader({"ours": KEYS}, x=entry("s3a://lake/raw", key="path"))
    found = opened_by("s3://lake", [broken, other, ours])
    assert found is not None
    assert found.options == {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_REGION": "1"}
    assert "AKIA" not in repr(found)
    assert opened_by("s3://lake", [broken, other]) is None


def test_only_what_is_wanted_of_a_store_and_not_there_is_lacking():
    """Not credentials that stand in the entry itself, nor those of a path."""
    catalog = {
        "a": entry("s3://lake/a", "gone"),
        "b": entry("data/b", "local"),
        "c": entry("s3://lake/c", {"AWS_REGION": "x"}),
        "d": entry("s3://lake/d"),
    }
    assert lacking(catalog, {"ours": KEYS}) == {"gone": "s3://lake"}


def test_a_rerun_takes_them_under_the_name_that_it_knows():
    """And nothing where nobody has any: most of its tables are in scratch."""
    run = loader({"mlflow": {"user": "me"}}, a=entry("s3://lake/a", "gone"))
    _open_with_others(run, [loader({"ours": KEYS}, x=entry("s3://lake/x"))])
    assert run["credentials"]["gone"]["AWS_REGION"] == "1"
    assert run["credentials"]["mlflow"] == {"user": "me"}
    nobody = loader({}, a=entry("s3://lake/a", "gone"))
    _open_with_others(nobody, [])
    assert nobody["credentials"] == {"gone": {}}


def test_where_nobody_has_any_the_bucket_is_named():
    """In the sentence on the table that cannot be reached."""
    nobody = TodaysTables(lambda name: None, lambda uri: None)
    said = _unnamed_hint(("samples",), "s3://lake/samples", nobody)
    assert "no entry of any environment has credentials for s3://lake" in said


def test_a_container_of_the_same_name_in_another_account_is_another_place():
    """A record may name any host: what is sent there is not for it."""
    ours = loader({"ours": {"azure_storage_sas_token": "sig=…"}}, x=entry(f"{AZURE}/x"))
    assert opened_by(bucket_of(f"{AZURE}/y"), [ours]) is not None
    theirs = AZURE.replace("acctours", "acctheirs")
    assert opened_by(bucket_of(f"{theirs}/y"), [ours]) is None
    today = DeltaTable(filepath=f"{AZURE}/x", credentials={"azure_storage_sas_token": "sig=…"})
    today.name_as("x")
    nobody = TodaysTables(lambda name: today, lambda uri: None)
    found = []

    class Seen(Looks):
        def at(self, table, version=None, *, is_whole=False):
            found.append(table)
            return SimpleNamespace(table_id=f"id {len(found)}")

    located(("x",), f"{theirs}/x", Path(), nobody, "id 2", Seen())
    assert found[1].location.uri == f"{theirs}/x"
    assert not found[1].location.storage_options
    assert chosen_host("s3://lake/x") == chosen_host("az://data/x") == ""
