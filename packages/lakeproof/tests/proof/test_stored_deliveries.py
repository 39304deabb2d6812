"""Deliveries in a store: recorded by address, and re-run by whoever has the bucket alone."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import Project
from lakeproof.stores.files import filesystem, put

from .conftest import append, edit, record_of, repeat, reproduce
from .parts import move_to_store

pytestmark = pytest.mark.slow

INGEST = ("--pipelines", "ingest")


@pytest.fixture
def stored(make_project, store, tmp_path) -> Project:
    """The example, whose deliveries and samples are in a bucket."""
    project = make_project("stored")
    place = f"{store.uri}/{tmp_path.name}"
    move_to_store(project, store, place)
    return project


def test_a_run_is_repeated_from_what_is_kept_beside_its_table(stored, store, tmp_path):
    """When the delivery has changed and this clone has kept nothing; without it, it is said."""
    first = stored.kedro("run", *INGEST).run_id
    place = f"{store.uri}/{tmp_path.name}"
    files = record_of(stored, first)["inputs"]["files"]
    assert [one["path"] for one in files] == [
        f"{place}/raw/2026-01-delivery.csv",
        f"{place}/raw/2026-02-delivery.csv",
    ]

    changed = tmp_path / "changed.csv"
    with filesystem(f"{place}/raw", store.options).open_input_file("2026-02-delivery.csv") as file:
        changed.write_bytes(b"\n".join(file.read().split(b"\n")[:-3]) + b"\n")
    put(changed, f"{place}/raw/2026-02-delivery.csv", store.options)
    shutil.rmtree(stored.path / ".lakeproof/raw")
    (one,) = json.loads(stored.kedro("check", first, "--json").stdout)["runs"]
    assert one["is_reproducible"]
    repeat(stored, first)

    kept = filesystem(f"{place}/samples/_lakeproof/deliveries", store.options)
    for file in files:
        kept.delete_file(file["sha256"])
    shutil.rmtree(stored.path / ".lakeproof/raw")
    missing = reproduce(stored, first, expected="INCONCLUSIVE").missing
    assert f"File {files[1]['path']} (deliveries) is neither there as it was nor kept" in missing
    assert files[0]["path"] not in missing


@pytest.mark.long
def test_two_that_run_at_once_take_each_delivery_once(stored, tmp_path):
    """Whoever is faster with which; each of the two runs is repeated by the other."""
    ben = Project(tmp_path / "ben")
    shutil.copytree(stored.path, ben.path)
    for one in (stored, ben):
        edit(
            one.path / "conf/base/mlflow.yml",
            "sqlite:///${project_path:mlflow.db}",
            f"sqlite:///{tmp_path}/mlflow.db",
        )
        one.git("commit", "-qam", "one store of runs")
    shutil.copy(stored.path / "mlflow.db", tmp_path / "mlflow.db")
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(lambda one: one.fresh.kedro("run", *INGEST), (stored, ben)))
    history = json.loads(stored.kedro("history", "samples", "--json").stdout)["versions"]
    assert [(one["delivery"], one["rows"]) for one in history] == [
        ("2026-02-delivery.csv", 178),
        ("2026-01-delivery.csv", 120),
    ]
    repeat(ben, done[0].run_id)
    repeat(stored, done[1].run_id)


@pytest.mark.long
@pytest.mark.spark
def test_spark_runs_on_the_bucket_by_the_same_credentials(stored, store, tmp_path):
    """With the locked jars for S3; what it wrote is read, and re-run, without it."""
    features = "data/04_feature/${globals:example}/features"
    place = f"{store.uri}/{tmp_path.name}/features\n  credentials: lake"
    edit(stored.path / "conf/base/catalog.yml", features, place)
    append(stored.path / "conf/base/spark.yml", "spark.lakeproof.stores: s3\n")
    append(stored.path / "conf/base/spark.yml", 'spark.lakeproof.singleWriter: "true"\n')
    stored.git("commit", "-qam", "on Spark")
    first = stored.kedro("run", "--env", "spark", "--pipelines", "ingest,feature").run_id
    corrected = tmp_path / "2026-03-delivery.csv"
    with filesystem(f"{store.uri}/{tmp_path.name}/raw", store.options).open_input_file(
        "2026-02-delivery.csv"
    ) as file:
        header, row, *_ = file.read().split(b"\n")
    corrected.write_bytes(b"\n".join([header, row.replace(b".", b".1", 1), b""]))
    put(corrected, f"{store.uri}/{tmp_path.name}/raw/{corrected.name}", store.options)
    second = stored.kedro("run", "--env", "spark", "--pipelines", "ingest,feature").run_id
    assert "features" in stored.kedro("compare", first, second, code=None).stdout
    reproduce(stored, second, "--engine", "embedded", expected="REPRODUCED")


@pytest.mark.beyond_ci
def test_a_bucket_is_opened_by_whoever_else_names_it(stored, store, tmp_path):
    """When the environment of the run is gone, with its credentials."""
    lab = stored.path / "conf/lab"
    lab.mkdir()
    base = stored.path / "conf/base/credentials.yml"
    (lab / "credentials.yml").write_text(base.read_text().replace('"lake"', '"labs"'))
    edit(stored.path / "conf/base/catalog.yml", "credentials: lake\n  engine", "engine")
    entries = (stored.path / "conf/base/catalog.yml").read_text().split("\n\n")
    (samples,) = (one for one in entries if one.startswith("samples:"))
    (lab / "catalog.yml").write_text(f"{samples}\n  credentials: labs\n")
    stored.kedro("run", *INGEST, "--env", "lab")
    run = stored.kedro("run", "--pipelines", "feature", "--env", "lab").run_id
    shutil.rmtree(lab)
    repeat(stored, run)
