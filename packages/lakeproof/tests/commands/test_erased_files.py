"""`kedro erase` and files that are no table: its own go, others are named, none is passed over."""

import gzip
from contextlib import contextmanager

import polars as pl
import pytest

from lakeproof.commands.erasure import other_files
from lakeproof.commands.project import RunProject
from lakeproof.delta.write.lock import write_lock

pytestmark = pytest.mark.slow

OTHERS = """
copy: {type: polars.EagerPolarsDataset, file_format: parquet, filepath: data/copy.parquet}
list: {type: pandas.CSVDataset, filepath: data/list.csv}
free: {type: pandas.CSVDataset, filepath: data/free.csv}
packed: {type: pickle.PickleDataset, filepath: data/packed.pkl}
never: {type: pandas.CSVDataset, filepath: data/never.csv}
bucket: {type: pandas.CSVDataset, filepath: "s3://lake/list.csv"}
base: {type: pandas.SQLTableDataset, table_name: people}
artifact:
  type: kedro_mlflow.io.artifacts.MlflowArtifactDataset
  dataset: {type: pandas.CSVDataset, filepath: data/artifact.csv}
scores: {type: kedro_mlflow.io.metrics.MlflowMetricDataset, key: loss}
"""
WHO = ("erase", "samples", "Zaugg", "--why", "request")


@pytest.fixture
def project(lakehouse):
    """A person in a table, and in every other place."""
    catalog = lakehouse.read("conf/base/catalog.yml")
    lakehouse.write("conf/base/catalog.yml", f"{catalog}{OTHERS}")
    lakehouse.table("samples").save(pl.DataFrame({"id": ["Zaugg", "w2"]}))
    rows = pl.DataFrame({"id": ["w2", "Zaugg"], "p": [0.1, 0.9]})
    for name in ("explain/a-b/0", "explain/a-b/1", "scratch/kept/data/part", "explain/other"):
        (lakehouse.path / ".lakeproof" / name).parent.mkdir(parents=True, exist_ok=True)
        rows.write_parquet(lakehouse.path / f".lakeproof/{name}.parquet")
    pl.DataFrame({"id": ["w2"]}).write_parquet(lakehouse.path / ".lakeproof/explain/a-b/1.parquet")
    (lakehouse.path / ".lakeproof/scratch/kept/.kept").touch()
    wine = lakehouse.path / "data/wine"
    rows.write_ipc(wine / ".samples.staged.arrow", compression="lz4")
    (wine / ".samples.commit-0").mkdir()
    rows.write_parquet(wine / ".samples.commit-0/part.parquet")
    rows.write_parquet(lakehouse.path / "data/copy.parquet")
    for name in ("list", "artifact"):
        rows.write_csv(lakehouse.path / f"data/{name}.csv")
    lakehouse.write("data/free.csv", "id\nw2\n")
    lakehouse.write("mlartifacts/0/example.json", '["Zaugg"]')
    (lakehouse.path / "data/packed.pkl").write_bytes(gzip.compress(b"Zaugg"))
    return lakehouse


OWN = [
    ".lakeproof/explain/a-b/0.parquet",
    ".lakeproof/explain/other.parquet",
    "data/wine/.samples.commit-0/part.parquet",
    "data/wine/.samples.staged.arrow",
]
THEIRS = [
    *(".lakeproof/scratch/kept/data/part.parquet", "data/artifact.csv", "data/copy.parquet"),
    *("data/list.csv", "mlartifacts/0/example.json"),
]
UNREAD = {
    "packed": "it is packed (gzip)",
    "bucket": "it is a CSVDataset, of whose rows Lakeproof knows nothing",
    "base": "it is a SQLTableDataset, of whose rows Lakeproof knows nothing",
}


def test_no_place_is_passed_over(project, monkeypatch):
    """Predictions of an explanation, what killed writes left, the user's own files, a server."""
    found = project.json(*WHO[:3], "--dry-run")
    assert (sorted(found["own_files"]), sorted(found["traces"])) == (OWN, THEIRS)
    assert found["not_searched"] == UNREAD
    told = project.run(*WHO[:3], "--dry-run").stdout
    assert "Files that Lakeproof made, and removes:" in told
    server = "https://mlflow.example"
    monkeypatch.setattr(RunProject, "store_address", server)
    assert server in project.json(*WHO[:3], "--dry-run")["not_searched"]


def test_files_of_ours_go_and_others_are_left_and_named(project):
    """Rows of others in the same folders stay."""
    done = project.json(*WHO)
    for path in OWN:
        assert not (project.path / path).exists()
    assert not (project.path / "data/wine/.samples.commit-0").exists()
    assert (project.path / ".lakeproof/explain/a-b/1.parquet").exists()
    assert set(THEIRS) <= set(done["left"])
    for name, reason in UNREAD.items():
        assert f"{name}: not looked through: {reason}" in done["left"]
    for path in THEIRS:
        assert (project.path / path).exists()


def test_what_a_run_has_on_its_way_is_waited_for(project, monkeypatch):
    """A run holds the lock of its table; what lies beside it while nobody does is left over."""
    staged, there = project.path / OWN[-1], []

    @contextmanager
    def noted(name, uri):
        with write_lock(name, uri):
            there.append((name, staged.exists()))
            yield

    monkeypatch.setattr(other_files, "write_lock", noted)
    project.json(*WHO)
    assert there == [("samples", True)]


def test_a_link_of_a_clone_is_not_followed(project, tmp_path):
    """What is behind it is another project's."""
    theirs = tmp_path / "theirs"
    (project.path / ".lakeproof/explain").rename(theirs)
    (project.path / ".lakeproof/explain").symlink_to(theirs)
    done = project.json(*WHO)
    assert (theirs / "other.parquet").exists()
    assert ".lakeproof/explain/other.parquet" in done["left"]
