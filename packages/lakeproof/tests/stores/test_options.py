"""One entry of credentials, as each library wants it."""

import pytest

from lakeproof.delta.spark.spark_merge import table_of
from lakeproof.delta.spark.spark_store import name_of, require_single_writer
from lakeproof.errors import TableError
from lakeproof.spark.settings import SparkSettings, use_settings
from lakeproof.stores.addresses import misleading
from lakeproof.stores.options import for_delta, for_hadoop, for_polars, is_open
from lakeproof.stores.troubles import plain
from lakeproof.versioned.location import Location

ENTRY = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "eu-central-1",
    "aws_endpoint_url": "http://127.0.0.1:9000",
}


def test_spark_gets_the_same_for_this_bucket_alone():
    """By Hadoop's names; nothing of another bucket changes."""
    assert for_hadoop("s3://lake/t", ENTRY) == {
        "fs.s3a.bucket.lake.access.key": "key",
        "fs.s3a.bucket.lake.secret.key": "secret",
        "fs.s3a.bucket.lake.endpoint": "http://127.0.0.1:9000",
        "fs.s3a.bucket.lake.endpoint.region": "eu-central-1",
        "fs.s3a.bucket.lake.path.style.access": "true",
        "fs.s3a.bucket.lake.connection.ssl.enabled": "false",
        "fs.s3a.bucket.lake.aws.credentials.provider": (
            "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider"
        ),
    }
    temporary = for_hadoop("s3a://lake/t", {**ENTRY, "AWS_SESSION_TOKEN": "t"})
    provider = temporary["fs.s3a.bucket.lake.aws.credentials.provider"]
    assert provider.endswith("TemporaryAWSCredentialsProvider")
    azure = {"azure_storage_account_name": "me", "azure_storage_account_key": "k"}
    assert for_hadoop("abfss://c@me.dfs.core.windows.net/t", azure) == {
        "fs.azure.account.key.me.dfs.core.windows.net": "k"
    }
    assert for_hadoop("s3://lake/t", None) == {}


def test_every_request_has_an_end_unless_the_entry_names_another():
    """For delta-rs and Polars, which call it differently."""
    assert for_delta("s3://lake/t", None)["retry_timeout"] == "30s"
    assert for_delta("s3://lake/t", {"Timeout": "5s"}) == {
        "Timeout": "5s",
        "connect_timeout": "5s",
        "retry_timeout": "30s",
    }
    assert for_polars("s3://lake/t", {"max_retries": "3"})["retry_timeout_ms"] == 30_000
    assert for_delta("/data/t", None) is None


@pytest.mark.parametrize("name", ["AWS_REGION", "aws_endpoint_url", "azure_storage_account_name"])
def test_a_place_is_no_secret(name):
    """It is what one needs to know of a refusal."""
    assert is_open(name)
    assert not is_open("AWS_ACCESS_KEY_ID")
    assert not is_open("azure_storage_account_key")
    shown = Location("t", "s3://lake/t", {name: "eu-central-1", "AWS_SECRET_ACCESS_KEY": "hidden"})
    assert shown.without_secrets("eu-central-1 hidden") == "eu-central-1 ***"


def test_sparks_own_commits_in_s3_need_a_word():
    """Where nobody else writes, `spark.yml` says so; on a disk and in Azure nothing is asked."""
    use_settings(SparkSettings)
    try:
        with pytest.raises(TableError, match=r"spark\.lakeproof\.singleWriter"):
            require_single_writer(Location("t", "s3a://lake/t"))
        require_single_writer(Location("t", "abfss://lake@me.dfs.core.windows.net/t"))
        require_single_writer(Location("t", "data/t"))
        use_settings(lambda: SparkSettings({"spark.lakeproof.singleWriter": "true"}))
        require_single_writer(Location("t", "s3a://lake/t"))
    finally:
        use_settings(None)


def test_on_databricks_a_table_of_its_catalog_goes_by_its_name(monkeypatch):
    """Its own commits there are coordinated; elsewhere Spark knows a place alone."""
    table = Location("t", "s3://lake/t", None, "main.wine.samples", "id")
    assert name_of(table) is None
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "16.4")
    assert table_of(table) == "`main`.`wine`.`samples`"
    require_single_writer(table)
    assert name_of(Location("t", "s3://lake/t")) is None


def test_an_ordinary_path_is_one():
    """However it is written."""
    for path in ("data/x", "/tmp/a:b/c", "C:/data", "a.b/c.d", "v1.2.3", "main.wine"):
        assert misleading(path, is_folder=True) is None


def test_what_is_not_about_a_store_is_left_as_it_is():
    """Whatever words are in it."""
    for text in ("403 Forbidden", "a <Code>x</Code> timed out", "Connection refused"):
        assert plain(text) == text
