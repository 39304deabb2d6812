"""What Spark is told: the project's words, and what it may not undo."""

from pathlib import Path

import pytest

from lakeproof.spark.jars import read_lock
from lakeproof.spark.settings import FIXED, SparkSettings
from lakeproof.spark.spark_errors import SparkError

LOCK = Path("requirements/jars.txt")


def settings(**conf) -> SparkSettings:
    return SparkSettings.from_config({f"spark.{k}": v for k, v in conf.items()}, LOCK)


@pytest.mark.parametrize("key", sorted(FIXED))
def test_what_exactness_needs_cannot_be_turned_off(key):
    """Named with both values."""
    other = "false" if FIXED[key] == "true" else "Europe/Berlin"
    with pytest.raises(SparkError, match=rf"{key}: {other}, but .* needs {FIXED[key]}"):
        SparkSettings.from_config({key: other}, LOCK)
    assert SparkSettings.from_config({key: FIXED[key]}, LOCK).effective([])[key] == FIXED[key]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"master": "local"}, "Unknown key 'master' in spark.yml"),
        ({"spark.a": {"b": 1}}, "are flat"),
        ({"spark.jars.packages": "io.delta:delta-spark_2.13:4.1.0"}, "change the lock"),
    ],
)
def test_what_is_not_a_setting_of_spark_is_refused(config, words):
    """Spark itself would ignore it."""
    with pytest.raises(SparkError, match=words):
        SparkSettings.from_config(config, LOCK)


def test_values_of_yaml_become_words_of_spark():
    """`True` is no value that Spark knows; an empty one is not given."""
    found = SparkSettings.from_config({"spark.a": True, "spark.b": 2, "spark.c": None}, LOCK)
    assert found.conf == {"spark.a": "true", "spark.b": "2"}


def test_a_users_jars_and_extensions_stay_beside_ours():
    """Each once."""
    given = SparkSettings.from_config(
        {"spark.jars": "/x/a.jar", "spark.sql.extensions": "org.example.Extension"}, LOCK
    )
    effective = given.effective([Path("/cache/delta.jar")])
    assert effective["spark.jars"] == "/cache/delta.jar,/x/a.jar"
    assert effective["spark.sql.extensions"] == (
        "io.delta.sql.DeltaSparkSessionExtension,org.example.Extension"
    )


@pytest.mark.parametrize(
    ("master", "is_local"), [("local[*]", True), ("local-cluster[2,1,512]", True), ("yarn", False)]
)
def test_only_a_local_driver_is_bound_to_this_machine(master, is_local):
    """Executors elsewhere must reach it."""
    effective = SparkSettings.from_config({"spark.master": master}, LOCK).effective([])
    assert ("spark.driver.host" in effective) is is_local


def test_a_server_comes_before_a_master_and_the_environment_stands_in(monkeypatch):
    """A base `spark.yml` names a master, an environment's the server."""
    both = {"spark.master": "local[2]", "spark.remote": "sc://there:15002"}
    monkeypatch.setenv("SPARK_REMOTE", "sc://elsewhere:15002")
    assert SparkSettings.from_config(both, LOCK).remote == "sc://there:15002"
    assert SparkSettings.from_config({}, LOCK).remote == "sc://elsewhere:15002"
    monkeypatch.delenv("SPARK_REMOTE")
    assert SparkSettings.from_config({}, LOCK).remote is None


@pytest.mark.parametrize("store", ["s3", "azure"])
def test_the_jars_of_a_store_are_locked_beside_deltas(store):
    """By the lock that comes with the package."""
    delta, own = settings(**{"lakeproof.stores": store}).jar_locks
    assert delta == LOCK
    assert read_lock(own)[0].coordinate.startswith("org.apache.hadoop:hadoop-a")
