"""The places of any dataset are found, and it can be moved elsewhere, with all that it wraps."""

from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable, write_deltalake
from kedro.io import AbstractDataset, CachedDataset, MemoryDataset, Version
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import CSVDataset, DeltaTableDataset, SQLTableDataset
from kedro_datasets.partitions import IncrementalDataset, PartitionedDataset
from kedro_datasets.text import TextDataset
from kedro_mlflow.io.artifacts import MlflowArtifactDataset
from kedro_mlflow.io.models import MlflowModelTrackingDataset

from lakeproof.record.places.dataset_places import find, is_in_memory, loads_from, move, named

ROWS = pd.DataFrame({"a": [1, 2]})


class Reader:
    """What a project's own dataset is made of."""

    def __init__(self, source: str) -> None:
        self.source = source


class OwnDataset(AbstractDataset):
    """A dataset of a project, which calls its place as it likes."""

    def __init__(self, store: str, beside: str | None = None) -> None:
        self.store = Path(store)
        self._reader = Reader(beside or "")
        self._separator = "/"
        self._kind = "text/csv"
        self._note = "a sentence. With a / in it\nand a second line"

    def load(self) -> str:
        return self.store.read_text() + Path(self._reader.source).read_text()

    def save(self, data: str) -> None:
        self.store.parent.mkdir(parents=True, exist_ok=True)
        self.store.write_text(data)

    def _describe(self) -> dict[str, Any]:
        return {"store": self.store}


def csv(path: str) -> dict[str, Any]:
    return {"type": "kedro_datasets.pandas.CSVDataset", "filepath": path}


KINDS = {
    "a file": (lambda at: CSVDataset(filepath=f"{at}/x.csv"), ["x.csv"]),
    "a file with `..`": (lambda at: CSVDataset(filepath=f"{at}/in/../x.csv"), ["x.csv"]),
    "a file by its address": (lambda at: CSVDataset(filepath=f"file://{at}/x.csv"), ["x.csv"]),
    "a cache before a file": (
        lambda at: CachedDataset(dataset=csv(f"{at}/x.csv")),
        ["x.csv"],
    ),
    "a cache before a cache": (
        lambda at: CachedDataset(dataset=CachedDataset(dataset=csv(f"{at}/x.csv"))),
        ["x.csv"],
    ),
    "an artifact of MLflow": (
        lambda at: MlflowArtifactDataset(dataset=csv(f"{at}/x.csv"), artifact_path="data/x"),
        ["x.csv"],
    ),
    "partitions": (
        lambda at: PartitionedDataset(path=f"{at}/parts", dataset="pandas.CSVDataset"),
        ["parts"],
    ),
    "partitions with a checkpoint": (
        lambda at: IncrementalDataset(path=f"{at}/parts", dataset="pandas.CSVDataset"),
        ["parts", "parts/CHECKPOINT"],
    ),
    "a project's own": (
        lambda at: OwnDataset(f"{at}/store", f"{at}/beside.txt"),
        ["store", "beside.txt"],
    ),
    "a table": (lambda at: DeltaTableDataset(filepath=f"{at}/table"), ["table"]),
}


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


def relative(places: Any, folder: Path) -> set[str]:
    return {place.relative_to(folder).as_posix() for place in places if place.exists()}


def test_each_place_is_found_whatever_it_is_called(kind, tmp_path):
    """Also those that a wrapper, an argument or a part of it names."""
    make, expected = KINDS[kind]
    for name in expected:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.mkdir() if name in ("parts", "table") else path.touch()
    found = find(make(tmp_path), tmp_path / "project")
    assert relative(found, tmp_path) == set(expected)
    assert not named(make(tmp_path)).is_remote


def test_what_is_moved_names_nothing_of_where_it_was(kind, tmp_path):
    """Its arguments too, so that what is made of them later is there as well."""
    old, new = tmp_path / "old", tmp_path / "new"
    dataset = KINDS[kind][0](old)
    before = {
        str(place.relative_to(old)) for place in named(dataset).places if old in place.parents
    }
    assert move(dataset, lambda place: place.replace(str(old), str(new)))
    assert str(old) not in repr(vars(dataset)) + repr(getattr(dataset, "_dataset", None))
    after = {str(place.relative_to(new)) for place in named(dataset).places if new in place.parents}
    assert after == before


def test_a_moved_dataset_is_written_and_read_there_alone(tmp_path):
    """Each kind as Kedro uses it, with a confirmed checkpoint."""
    (tmp_path / "old").mkdir()
    old, new = tmp_path / "old", tmp_path / "new"
    parts = {"type": CSVDataset, "save_args": {"index": False}}
    written: list[tuple[Any, Any]] = [
        (CSVDataset(filepath=f"{old}/x.csv", version=Version(None, None)), ROWS),
        (CachedDataset(dataset=csv(f"{old}/y.csv")), ROWS),
        (PartitionedDataset(path=f"{old}/p", dataset=parts), {"one": ROWS}),
        (IncrementalDataset(path=f"{old}/i", dataset=parts), {"one": ROWS}),
        (OwnDataset(f"{old}/own", f"{old}/own"), "text"),
        (DeltaTableDataset(filepath=f"{old}/t", save_args={"mode": "overwrite"}), ROWS),
    ]
    for dataset, data in written:
        assert move(dataset, lambda place: place.replace(str(old), str(new)))
        dataset.save(data)
        dataset.release()
        dataset.load()
        if hasattr(dataset, "confirm"):
            dataset.confirm()
    assert list(old.iterdir()) == []
    assert (new / "i/CHECKPOINT").read_text() == "one"


def test_a_table_that_was_open_is_closed_where_it_was(tmp_path):
    """`DeltaTableDataset` opens its table when it is made, and would go on writing to it."""
    for name in ("old", "new"):
        write_deltalake(tmp_path / name, ROWS)
    dataset = DeltaTableDataset(filepath=str(tmp_path / "old"), save_args={"mode": "append"})
    assert move(dataset, lambda place: place.replace("/old", "/new"))
    dataset.save(ROWS)
    assert [len(list((tmp_path / name).glob("*.parquet"))) for name in ("old", "new")] == [1, 2]


def test_what_stays_open_is_said(tmp_path):
    """Nobody can make it anew, so nobody may write to it."""
    write_deltalake(tmp_path / "old", ROWS)
    dataset = OwnDataset(f"{tmp_path}/old")
    dataset.opened = DeltaTable(str(tmp_path / "old"))
    dataset._init_args = {}
    assert not move(dataset, lambda place: place.replace("/old", "/new"))


def test_an_empty_path_is_none_nor_is_what_holds_the_project(tmp_path):
    """MLflow's model has one; the whole project, credentials and all, was a file of the run."""
    project = tmp_path / "project"
    (project / "conf").mkdir(parents=True)
    assert find(MlflowModelTrackingDataset(flavor="mlflow.sklearn"), project) == ()
    for path in (tmp_path, project, Path.home(), Path("/"), Path("/tmp"), Path("/usr/share")):
        assert path not in find(OwnDataset(str(path)), project)
    assert project / "conf" in find(OwnDataset(str(project / "conf")), project)


def test_what_is_elsewhere_is_no_place():
    """Nor is the path within a bucket one on this disk."""
    for dataset in (
        CSVDataset(filepath="memory://x/y.csv"),
        PartitionedDataset(path="memory://x/y", dataset="pandas.CSVDataset"),
        SQLTableDataset(table_name="x", credentials={"con": "sqlite:////tmp/some/where.db"}),
    ):
        found = named(dataset)
        assert not [place for place in found.places if place.exists()]
        assert found.is_remote or isinstance(dataset, SQLTableDataset)


def test_a_cache_lasts_as_what_it_stands_before():
    """What it keeps beside is another matter."""
    assert is_in_memory(CachedDataset(dataset=MemoryDataset()))
    assert not is_in_memory(CachedDataset(dataset=csv("/x/y.csv")))
    assert is_in_memory(None)
    assert not is_in_memory(OwnDataset("x"))


def test_of_versions_one_is_loaded(tmp_path):
    """The one that was asked for, behind whatever wraps it."""
    for version in ("2026-01-01T00.00.00.000Z", "2026-01-02T00.00.00.000Z"):
        TextDataset(filepath=f"{tmp_path}/x.txt", version=Version(None, version)).save(version)
    place = tmp_path / "x.txt"
    first = Version("2026-01-01T00.00.00.000Z", None)
    text = {"type": "kedro_datasets.text.TextDataset", "filepath": str(place)}
    for dataset in (
        TextDataset(filepath=str(place), version=first),
        CachedDataset(dataset=text, version=first),
    ):
        assert loads_from(dataset, place) == place / "2026-01-01T00.00.00.000Z/x.txt"
    assert loads_from(JSONDataset(filepath=str(place)), place) == place


def test_tuples_stay_what_they_are(tmp_path):
    """A version is a tuple with names."""
    dataset = TextDataset(filepath=f"{tmp_path}/x.txt", version=Version("a/b", None))
    dataset.pair = (PurePosixPath("/old/x"), 1)
    move(dataset, lambda place: place.replace("/old", "/new"))
    assert dataset.pair == (PurePosixPath("/new/x"), 1)
    assert isinstance(dataset._version, Version)


def test_a_slash_that_separates_is_no_place(tmp_path):
    """Partitions are told apart by one."""
    dataset = PartitionedDataset(path=f"{tmp_path}/p", dataset="pandas.CSVDataset")
    move(dataset, lambda place: f"/elsewhere{place}")
    assert (dataset._sep, dataset._path) == ("/", f"/elsewhere{tmp_path}/p")


def test_what_a_library_is_told_is_a_place_only_by_its_name_or_as_a_file(tmp_path):
    """A group of HDF5 and a format of dates have slashes too, and a folder may be called so."""
    group, file = tmp_path / "group", tmp_path / "lookup.txt"
    group.mkdir()
    file.write_text("x")
    told = {"key": str(group), "date_format": "%d/%m/%Y", "sheet": "a/b", "columns": ["x/y"]}
    places = {"schema_path": str(group), "beside": str(file)}
    rows = tmp_path / "rows.csv"
    dataset = CSVDataset(filepath=str(rows), load_args={**told, **places}, save_args=told)
    assert set(find(dataset, tmp_path / "project")) == {rows, group, file}
    assert set(find(CSVDataset(filepath=str(rows), load_args=told), tmp_path / "project")) == {rows}
    move(dataset, lambda place: f"/elsewhere{place}")
    assert {name: dataset._load_args[name] for name in told} == told
    assert dataset._load_args["beside"] == f"/elsewhere{file}"
