"""`kedro leases`, `release` and `vacuum` in a project whose leases are known: what they say."""

from datetime import UTC, datetime, timedelta

import pytest

from aging import age
from lakeproof.delta import DeltaTable
from lakeproof.leases.facts import moment
from lakeproof.leases.store import LeaseStore

FIRST, SECOND = "1" * 32, "2" * 32


@pytest.fixture
def leased(lakehouse):
    """Versions 0 and 1 of `samples` are leased, the first of them until yesterday."""
    place = lakehouse.path / "data/wine/samples"
    age(place, 40)
    table = lakehouse.table("samples")
    for version, run, until in (
        (0, FIRST, moment(datetime.now(UTC) - timedelta(days=1))),
        (1, SECOND, None),
    ):
        LeaseStore(lakehouse.path).take(lakehouse.lease(version, run, until=until), table.location)
    return lakehouse


def files(lakehouse) -> int:
    return len(list((lakehouse.path / "data/wine/samples").glob("*.parquet")))


def test_leases_are_listed_with_what_they_cost(leased):
    """One that is over is none; the keys are those of the contract."""
    (samples, features) = leased.json("leases")["tables"]
    assert (samples["table"], samples["newest"]) == ("samples", 2)
    assert features["versions"] == []
    (version,) = samples["versions"]
    assert version["version"] == 1
    assert version["bytes"] == version["bytes_freed"] > 0
    (lease,) = version["leases"]
    assert lease == {
        "run_id": SECOND,
        "until": None,
        "why": "a test",
        "is_ours": True,
        "is_held": False,
        "is_in_service": False,
        "bytes_freed": version["bytes_freed"],
    }
    line = leased.run("leases", "samples").stdout.splitlines()[1].split()
    assert line[:6] == ["samples", "1", SECOND[:8], "for", "ever", "promised"]


def test_a_vacuum_says_what_goes_and_what_each_lease_costs(leased):
    """The same in a dry run, which ends no lease either."""
    dry = leased.json("vacuum", "--dry-run")
    assert (files(leased), dry["is_dry_run"], dry["ended"]) == (3, True, [])
    done = leased.json("vacuum")
    assert files(leased) == 2
    samples = done["tables"][0]
    assert {**samples, "leases": []} == {**dry["tables"][0], "leases": []}
    assert (samples["files"], samples["bytes"] > 0) == (1, True)
    assert [one["bytes_freed"] > 0 for one in samples["leases"]] == [True]
    assert [(one["run_id"], one["version"]) for one in done["ended"]] == [(FIRST, 0)]
    assert leased.run("vacuum", "samples").stdout.startswith("Table 'samples': 0 file(s), 0 B went")


def test_a_registry_that_does_not_answer_keeps_leases_that_are_over(leased, monkeypatch):
    """A model of that run may be in service."""
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://127.0.0.1:9")
    assert leased.json("vacuum")["ended"] == []
    assert files(leased) == 3
    assert leased.json("leases")["is_registry_reached"] is False
    refused = leased.run("release", SECOND[:8], code=2)
    assert "registry does not answer" in refused.stderr


def test_an_environment_that_cannot_be_read_keeps_leases_that_are_over(leased):
    """A model of that run may be in service there; which environment it is is said."""
    leased.write("conf/prod/mlflow.yml", "server: {mlflow_tracking_uri: '${globals:nowhere}'}\n")
    done = leased.run("vacuum")
    assert "Where environment 'prod' keeps its runs is not known: " in done.stderr
    assert files(leased) == 3
    leased.write("conf/prod/mlflow.yml", "server: {}\n")
    leased.run("vacuum")
    assert files(leased) == 2


def test_what_is_released_goes_with_the_next_vacuum(leased):
    """By the beginning of an id, also where MLflow has forgotten the run."""
    done = leased.json("release", SECOND[:6])
    assert [(one["run_id"], one["leases"][0]["version"]) for one in done["runs"]] == [(SECOND, 1)]
    assert files(leased) == 3
    leased.run("vacuum")
    assert files(leased) == 1


PINNED = (
    "samples: {type: lakeproof.delta.DeltaTable, filepath: 'data/wine/samples', "
    "load_args: {version: '0'}}\n"
)


@pytest.mark.parametrize(
    "catalog",
    [
        PINNED,
        PINNED.replace("version: '0'", "timestamp: '@0'"),
        # As a pattern has it, by a link, and beside what this machine does not have.
        PINNED.replace("samples: {", '"{name}#pinned": {').replace("wine/samples", "wine/{name}"),
        PINNED.replace("data/wine/samples", "link/samples"),
        PINNED + "far: {type: lakeproof.delta.DeltaTable, filepath: s3://lake/t, credentials: c}\n",
        PINNED + "far: {type: nowhere.at.AllDataset, filepath: '${oc.env:NOT_SET_ANYWHERE}'}\n",
        PINNED.replace("lakeproof.delta.DeltaTable", "nowhere.at.AllTable"),
    ],
    ids=["number", "time", "pattern", "link", "credentials", "variable", "class"],
)
def test_what_a_catalog_pins_stays(leased, catalog):
    """In whatever environment, and whatever of it is not on this machine."""
    (leased.path / "link").symlink_to(leased.path / "data/wine")
    first = leased.json("history", "samples")["versions"][-1]["timestamp"]
    leased.write("conf/other/catalog.yml", catalog.replace("@0", first))
    leased.run("vacuum", "samples")
    assert files(leased) == 3


@pytest.mark.parametrize(
    "catalog",
    [
        PINNED.replace("0", "${runtime_params:at}"),
        PINNED.replace("data/wine", "${oc.env:NOT_SET_ANYWHERE}"),
        PINNED.replace("0", "first"),
        PINNED.replace("filepath: 'data/wine/samples'", "table: a.b.c"),
        "samples: ${globals:nothing}\n",
        "samples: [\n",
    ],
    ids=["version", "place", "no number", "catalog", "entry", "no YAML"],
)
def test_a_pin_that_cannot_be_read_is_not_passed_over(leased, catalog, monkeypatch):
    """It may be on any version; which environment it is in is said."""
    monkeypatch.delenv("DATABRICKS_HOST", raising=False)
    leased.write("conf/other/catalog.yml", catalog)
    refused = leased.run("vacuum", "samples", code=2)
    assert "What environment 'other' pins of table 'samples' is not known" in refused.stderr
    assert "Nothing was deleted" in refused.stderr
    assert files(leased) == 3


def test_what_pins_another_table_or_none_keeps_nobody_from_a_vacuum(leased):
    """Though it could not be used here."""
    other = PINNED.replace("samples", "features").replace("0", "${runtime_params:at}")
    leased.write("conf/other/catalog.yml", other + "far: {type: a.B, filepath: '${globals:no}'}\n")
    leased.run("vacuum", "samples")
    assert files(leased) == 2


def test_a_table_that_cannot_be_asked_keeps_nobody_from_the_others(leased, monkeypatch):
    """It is passed over, and the reason is said; asked for by name, it is refused."""
    monkeypatch.delenv("DATABRICKS_HOST", raising=False)
    far = "far: {type: lakeproof.delta.DeltaTable, table: a.b.c}\n"
    leased.write("conf/local/catalog.yml", far)
    done = leased.run("vacuum")
    assert "Table 'far' was passed over" in done.stderr
    assert files(leased) == 2
    assert "no `host`" in leased.run("vacuum", "far", code=2).stderr


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["vacuum", "reports"], "has no 'reports'"),
        (["leases", "report"], "has no versions"),
        (["keep", "last", "--why", "x", "--until", "soon"], "is no date"),
        (["keep", "last", "--why", "x", "--until", "2001-01-01"], "is over"),
        (["keep", "last"], "Missing option '--why'"),
        (["keep", "last", "--why", "x", "--until", "2099-01-01", "--forever"], "one of them"),
        (["release", "77777777"], "no run 77777777"),
    ],
)
def test_what_cannot_be_meant_is_refused(empty, typed, told):
    """With exit code 2."""
    assert told in empty.run(*typed, code=2).stderr


def test_a_misspelt_table_ends_no_lease(leased):
    """It is looked for first."""
    leased.run("vacuum", "sample", code=2)
    assert len(list(LeaseStore(leased.path).own())) == 2


def test_small_files_are_written_together_and_what_stays_for_a_lease_is_said_first(leased):
    """A dry run writes nothing; a version before stays under its number."""
    table = leased.table("samples")
    rows = table.load().collect()
    append = DeltaTable(filepath=table.location.uri, save_args={"mode": "append"})
    append.save(rows.head(1))
    newest = table.open()
    LeaseStore(leased.path).take(leased.lease(newest.version, SECOND), table.location)
    planned = leased.json("optimize", "samples", "--dry-run")
    assert planned["is_dry_run"]
    assert planned["version"] is None
    assert planned["rewritten"] == planned["files_before"] == 2
    assert planned["held_bytes"] == planned["bytes"] > 0
    assert table.open().version == newest.version
    done = leased.json("optimize", "samples")
    assert (done["version"], done["files"]) == (newest.version + 1, 1)
    assert done["digest"] == newest.compute_digest() == table.open().compute_digest()
    said = leased.run("optimize", "samples").stdout
    assert "of which no two go together" in said


def lose(lakehouse, version: int, **given: object) -> None:
    """Have another project lease a version of `samples`, and its files be gone."""
    table = lakehouse.table("samples")
    lease = lakehouse.lease(version, "9" * 32, **given)
    beside = lakehouse.path / "data/wine/samples/_lakeproof/leases" / lease.table_id / lease.file
    beside.parent.mkdir(parents=True)
    beside.write_text(lease.to_json())
    for path in table.open(version).rows_by_path():
        (lakehouse.path / "data/wine/samples" / path).unlink()


def test_a_lost_version_of_one_table_keeps_no_other_from_its_vacuum(leased):
    """It is said at the end, and what was done."""
    table = leased.table("features")
    table.save(table.load().collect().with_columns(x=2.5))
    age(leased.path / "data/wine/features", 40)
    features = leased.path / "data/wine/features"
    assert len(list(features.glob("*.parquet"))) == 2
    lose(leased, 1)
    said = leased.run("vacuum", code=2).stderr
    assert "Table 'samples' was not vacuumed: version 1 is leased and cannot be read" in said
    assert said.rstrip().endswith("Done: features.")
    assert len(list(features.glob("*.parquet"))) == 1


def test_a_lost_version_of_which_another_project_says_it_has_a_copy_stops_no_vacuum(leased):
    """That copy is not seen from here, and whether it is whole is the other's to check."""
    LeaseStore(leased.path).give_back(leased.lease(1, SECOND), leased.table("samples").location)
    lose(leased, 1, is_held=True)
    done = leased.json("vacuum", "samples")
    (version,) = done["tables"][0]["leases"]
    assert (version["strength"], version["trouble"]) == ("held", None)
    assert files(leased) == 1
