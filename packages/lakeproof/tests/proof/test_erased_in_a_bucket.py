"""A run of a person whose rows, and the files that brought them, lay in a store."""

import json
import shutil
from io import BytesIO

import polars as pl
import pytest

from conftest import Project, copy_project
from lakeproof.stores import files

from .conftest import FOREST, edit, record_of, repeat, reproduce

pytestmark = pytest.mark.slow

WHO = "W001"


@pytest.fixture(scope="module")
def far(store, tmp_path_factory) -> tuple[Project, str, str]:
    """A project whose deliveries and samples are in a bucket, where a run of them is held."""
    project = copy_project(tmp_path_factory.mktemp("far") / "project")
    place = f"{store.uri}/of-a-person"
    for file in sorted((project.path / "data/01_raw/wine").glob("*.csv")):
        files.put(file, f"{place}/raw/{file.name}", store.options)
    shutil.rmtree(project.path / "data/01_raw/wine")
    catalog = project.path / "conf/base/catalog.yml"
    raw = "  path: data/01_raw/${globals:example}\n"
    edit(catalog, raw, f"  path: {place}/raw\n  credentials: lake\n")
    table = "${either:${globals:table, null}, data/02_intermediate/${globals:example}/samples}"
    edit(catalog, table, f"{place}/samples\n  credentials: lake")
    credentials = project.path / "conf/base/credentials.yml"
    credentials.write_text(json.dumps({"lake": store.options}))
    project.git("commit", "-qam", "to the bucket")
    project.kedro("run", *FOREST, "--pipelines", "ingest")
    run = project.kedro("run", "--pipelines", "feature,train,evaluate", *FOREST).run_id
    kept = project.kedro("keep", run, "--held", "--why", "audit", "--json")
    assert "which the store copies itself" in kept.stderr
    (lease,) = json.loads(kept.stdout)["leases"]
    assert lease["held_in"].startswith(f"{place}/_lakeproof_held/{lease['table_id']}/")
    return project, run, place


def _holding(store, place: str) -> list[str]:
    """Name the objects that have the key, as bytes or as a value of a row."""
    below = files.filesystem(place, store.options)
    found = []
    for one in files.listed(place, store.options):
        content = below.open_input_file(one.path).read()
        is_table = one.path.endswith(".parquet")
        rows = str(pl.read_parquet(BytesIO(content)).to_dicts()) if is_table else ""
        if WHO.encode() in content or WHO in rows:
            found.append(one.path)
    return found


@pytest.mark.long
def test_a_run_is_repeated_from_what_its_store_holds(far, store):
    """When a file of the version has gone from the table, by whosever hand."""
    project, run, place = far
    (copy,) = json.loads(project.kedro("keep", run, "--held", "--why", "audit", "--json").stdout)[
        "leases"
    ]
    held = copy["held_in"].removeprefix(f"{place}/")
    names = [one.path for one in files.listed(copy["held_in"], store.options)]
    data = next(one for one in names if one.endswith(".parquet"))
    files.delete(f"{place}/samples", store.options, [data])
    shown = project.kedro("leases", "samples", "--json").stdout
    (version,) = json.loads(shown)["tables"][0]["versions"]
    assert version["strength"] == "held"
    project.kedro("check", run)
    repeat(project, run)
    for _ in files.copy(place, store.options, [(f"{held}/{data}", f"samples/{data}")]):
        pass


def test_a_run_of_a_person_who_lay_in_a_store_is_run_without_them(far, store):
    """No object has the rows, the run is none and names the receipt, and without them it is run."""
    project, run, place = far
    assert _holding(store, place)
    erased = project.kedro("erase", "samples", WHO, "--why", "request 4711", "--json")
    receipt = json.loads(erased.stdout)
    assert _holding(store, place) == []
    (told,) = [one for one in receipt["left"] if "s3://" in one]
    assert told.startswith("s3://lake: where this bucket keeps old states of objects")
    verdict = reproduce(project, run, expected="INCONCLUSIVE")
    assert f"(receipt {receipt['receipt_id'][:8]})" in verdict.missing
    found = reproduce(project, run, "--without-erased", expected="EXCEPT ERASED").document
    (rewritten,), (one,) = receipt["rewritten"], found["erased"]
    assert (one["name"], one["rows"]) == (f"samples@{rewritten['version']}", 1)
    assert one["expected"] == record_of(project, run)["inputs"]["tables"][0]["digest"]
    assert one["actual"] == rewritten["digest_after"]
