"""In a re-run nothing of the user's is written, and each place is found where it was put."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import AbstractDataset, CachedDataset, DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node
from kedro.runner import SequentialRunner
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import CSVDataset, ParquetDataset, SQLTableDataset
from kedro_datasets.partitions import IncrementalDataset, PartitionedDataset
from kedro_datasets.pickle import PickleDataset
from kedro_datasets.text import TextDataset
from kedro_mlflow.io.metrics import MlflowMetricDataset

from lakeproof.record.places.dataset_places import find
from lakeproof.record.places.redirection import (
    MovedTable,
    Redirection,
    is_harmless,
    mirror,
    outside_of,
    redirect_all,
)

ROWS = pd.DataFrame({"a": [1, 2]})


class Places:
    """A user's project with things around it, and the scratch of a re-run in it."""

    def __init__(self, root: Path) -> None:
        self.real = root / "home" / "project"
        self.around = root / "home"
        self.elsewhere = root / "disk"
        self.scratch = self.real / ".lakeproof/scratch/one"
        self.project = self.scratch / "project"
        for folder in (self.project, self.elsewhere):
            folder.mkdir(parents=True)
        self.redirection = Redirection(self.scratch, self.project, self.real)

    def mirror(self, place: Path) -> Path:
        return mirror(outside_of(self.scratch), place)


@pytest.fixture
def places(tmp_path) -> Places:
    return Places(tmp_path)


def test_each_place_has_one_in_scratch(places):
    """What lies in the project in the scratch project, what lies elsewhere where it is mirrored."""

    def target(place: Any) -> Path | None:
        return places.redirection.target(str(place))

    assert target(places.project / "data/x.csv") is None
    assert target(places.project / "data/../x.csv") is None
    assert target(places.real / "data/x.csv") == places.project / "data/x.csv"
    beside = places.mirror(places.around / "x.csv")
    assert target(places.around / "x.csv") == beside
    # Not `x.csv` beside the scratch project, which a re-run would find nobody to have put there.
    assert target(f"{places.project}/../x.csv") == beside
    assert target(f"{places.real}/../x.csv") == beside
    assert target(f"{places.real}/data/../x.csv") == places.project / "x.csv"
    assert target("/usr/bin/env") is None
    for place in (beside, places.project / "x.csv", places.mirror(Path("/disk/y"))):
        assert target(place) is None


def test_two_names_of_one_place_are_one(places):
    """By a link, or through another link to the project."""
    (places.around / "link").symlink_to(places.elsewhere)
    (places.around / "other").symlink_to(places.real)
    target = places.redirection.target
    assert target(str(places.around / "link/x")) == target(str(places.elsewhere / "x"))
    assert target(str(places.around / "other/x")) == places.project / "x"


def test_the_record_has_the_real_place(places):
    """So that the two records name the same file by the same path."""
    for place in (places.elsewhere / "x.csv", places.around / "y/z"):
        assert places.redirection.real(places.redirection.target(str(place))) == place
    inside = places.project / "data/x"
    assert places.redirection.real(inside) == inside


def test_what_shares_a_place_with_a_table_is_where_its_copy_is(places):
    """In the project and outside of it, for the folder and for what is below it."""
    tables = (
        MovedTable(places.project / "data/t", places.scratch / "tables/0"),
        MovedTable(places.elsewhere / "u", places.scratch / "tables/1"),
    )
    redirection = Redirection(places.scratch, places.project, places.real, tables)
    assert redirection.target(f"{places.project}/data/t") == places.scratch / "tables/0"
    assert redirection.target(f"{places.real}/data/t/x") == places.scratch / "tables/0/x"
    assert redirection.target(f"{places.elsewhere}/u") == places.scratch / "tables/1"
    assert redirection.target(f"{places.elsewhere}/unlike") == places.mirror(
        places.elsewhere / "unlike"
    )
    assert redirection.real(places.scratch / "tables/1/x") == places.elsewhere / "u/x"


class Api(AbstractDataset):
    """What is no file: it counts what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def load(self) -> int:
        self.asked.append("load")
        return 1

    def save(self, data: Any) -> None:
        self.asked.append("save")

    def confirm(self) -> None:
        self.asked.append("confirm")

    def _release(self) -> None:
        self.asked.append("release")

    def _describe(self) -> dict[str, Any]:
        return {}


def run(places: Places, nodes: list[Any], catalog: dict[str, Any]) -> tuple[DataCatalog, Any]:
    """Redirect and run, as a re-run does."""
    pipeline, held = Pipeline(nodes), DataCatalog(catalog)
    redirect_all(places.redirection, pipeline, held)
    return held, SequentialRunner().run(pipeline, held)


def same(value: Any) -> Any:
    return value


def test_partitions_are_those_that_were_recorded(places):
    """One that came since is not read; nor is what lies there now."""
    folder = places.elsewhere / "parts"
    folder.mkdir()
    copy = places.mirror(folder)
    copy.mkdir(parents=True)
    for name in ("a", "b"):
        ROWS.to_csv(folder / f"{name}.csv")
    ROWS.to_csv(copy / "a.csv")
    parts = PartitionedDataset(path=str(folder), dataset=CSVDataset, filename_suffix=".csv")
    _, outputs = run(places, [node(sorted, "parts", "names", name="names")], {"parts": parts})
    assert outputs["names"].load() == ["a"]


def test_a_folder_that_was_empty_is_empty_whatever_lies_there_now(places):
    """In the project and elsewhere: nothing of it was recorded, so that nothing is put there.

    A re-run that is not told where the project is has nothing of a folder elsewhere, and reads it.
    """
    for folder in (places.elsewhere / "news", places.real / "data/news"):
        folder.mkdir(parents=True)
        ROWS.to_csv(folder / "came since.csv")
        news = IncrementalDataset(path=str(folder), dataset=CSVDataset, filename_suffix=".csv")
        _, outputs = run(places, [node(sorted, "news", "names", name="names")], {"news": news})
        assert outputs["names"].load() == []
    redirection = Redirection(places.scratch, places.project)
    assert not redirection.was_empty(str(places.elsewhere / "news"))
    assert not places.redirection.was_empty(str(places.around))


def test_a_checkpoint_of_the_users_stays(places):
    """The next real run would have lost a file."""
    folder = places.elsewhere / "new"
    folder.mkdir()
    for name in ("a", "b"):
        ROWS.to_csv(folder / name)
    (folder / "CHECKPOINT").write_text("b")
    copy = places.mirror(folder)
    copy.mkdir(parents=True)
    for name in ("a", "b"):
        ROWS.to_csv(copy / name)
    (copy / "CHECKPOINT").write_text("a")
    news = IncrementalDataset(path=str(folder), dataset="pandas.CSVDataset")
    take = node(sorted, "news", "names", confirms="news", name="take")
    _, outputs = run(places, [take], {"news": news})
    assert outputs["names"].load() == ["b"]
    assert (folder / "CHECKPOINT").read_text() == "b"
    assert (copy / "CHECKPOINT").read_text() == "b"


@pytest.mark.parametrize("is_read", [True, False])
def test_what_is_no_file_is_only_read(places, is_read):
    """Neither confirmed nor released nor written, whichever side of a node it is on."""
    api = Api()
    made = node(same, "api" if is_read else "given", "out" if is_read else "api", name="n")
    held, _ = run(
        places,
        [Pipeline([made]), Pipeline([node(same, "more", "rest", confirms="api", name="c")])],
        {"api": api, "given": MemoryDataset(2), "more": MemoryDataset(3)},
    )
    assert api.asked == (["load"] if is_read else [])
    assert type(held.get("api")).__name__ == ("Api" if is_read else "MemoryDataset")


def test_outputs_of_every_kind_are_what_a_later_node_reads(places):
    """As their datasets give them, and nothing of it where the real ones are."""
    at = places.elsewhere
    kinds: dict[str, tuple[Any, Any]] = {
        "rows": (CSVDataset(filepath=f"{at}/rows.csv", save_args={"index": False}), ROWS),
        "cached": (
            CachedDataset(dataset={"type": PickleDataset, "filepath": f"{at}/cached"}),
            [1, 2],
        ),
        "parts": (
            PartitionedDataset(path=f"{at}/parts", dataset=JSONDataset),
            {"one": [1], "two": [2]},
        ),
        "up": (JSONDataset(filepath=f"{places.project}/../up.json"), {"a": 1}),
    }
    written = {f"{name} in": MemoryDataset(data) for name, (_, data) in kinds.items()}
    catalog = {name: dataset for name, (dataset, _) in kinds.items()}
    nodes = [node(same, f"{name} in", name, name=f"write_{name}") for name in kinds]
    nodes += [node(same, name, f"{name} out", name=f"read_{name}") for name in kinds]
    _, outputs = run(places, nodes, {**written, **catalog})
    assert list(at.iterdir()) == []
    assert sorted(path.name for path in places.around.iterdir()) == ["project"]
    assert outputs["rows out"].load().equals(ROWS)
    assert {name: load() for name, load in outputs["parts out"].load().items()} == kinds["parts"][1]
    assert outputs["up out"].load() == {"a": 1}
    assert (places.mirror(places.around) / "up.json").exists()


def test_two_entries_on_one_place_stay_together(places):
    """As of `rows@spark` and `rows@pandas`: the second one read the user's live file."""
    live = places.elsewhere / "rows.parquet"
    ROWS.to_parquet(live)
    live_bytes = live.read_bytes()
    catalog = {
        "given": MemoryDataset(ROWS.head(1)),
        "rows@one": ParquetDataset(filepath=str(live)),
        "rows@two": ParquetDataset(filepath=f"{places.elsewhere}/../disk/rows.parquet"),
    }
    _, outputs = run(
        places,
        [node(same, "given", "rows@one", name="w"), node(len, "rows@two", "count", name="r")],
        catalog,
    )
    assert outputs["count"].load() == 1
    assert live.read_bytes() == live_bytes


def test_a_file_that_nobody_recorded_is_read_where_it_is(places):
    """Such as a program that a dataset calls; it is not written to, and nothing is confirmed."""
    there = places.elsewhere / "there.txt"
    there.write_text("there")
    _, outputs = run(
        places, [node(same, "text", "out", name="n")], {"text": TextDataset(filepath=str(there))}
    )
    assert outputs["out"].load() == "there"


def test_what_writes_elsewhere_is_told(places):
    """A database, a bucket and a run of MLflow that is named are not ours to write to."""
    own, table = Api(), SQLTableDataset(table_name="x", credentials={"con": "sqlite:////x.db"})
    bucket = CSVDataset(filepath="memory://x/y.csv")
    metric, named_run = MlflowMetricDataset(key="m"), MlflowMetricDataset(key="m", run_id="r")
    inside = CSVDataset(filepath=f"{places.project}/x.csv")
    outside = CSVDataset(filepath=f"{places.elsewhere}/x.csv")
    harmless = [
        is_harmless(places.redirection, dataset)
        for dataset in (own, table, bucket, named_run, outside, metric, inside)
    ]
    assert harmless == [False] * 5 + [True] * 2


def test_a_project_below_a_folder_of_the_system_is_the_users(places, monkeypatch):
    """`/usr/src/app` in a container: by its absolute place, too, nothing of it is written."""
    monkeypatch.setattr("lakeproof.record.places.machine_places._SYSTEM", (str(places.around),))
    dataset = TextDataset(filepath=str(places.real / "data/x.txt"))
    assert find(dataset, places.real) == (places.real / "data/x.txt",)
    catalog = DataCatalog({"x": dataset})
    redirect_all(places.redirection, Pipeline([node(lambda: "", None, "x")]), catalog)
    catalog["x"].save("mine")
    assert not (places.real / "data").exists()
    assert (places.project / "data/x.txt").read_text() == "mine"
    assert places.redirection.target(str(places.around / "x")) is None


def test_a_file_in_the_home_folder_is_the_users(places, monkeypatch):
    """Whoever opens it expands the tilde."""
    monkeypatch.setenv("HOME", str(places.elsewhere))
    monkeypatch.chdir(places.project)
    (places.elsewhere / "in.csv").write_text("a\n1\n")
    datasets = {name: CSVDataset(filepath=f"~/{name}.csv") for name in ("in", "out")}
    assert find(datasets["in"], places.real) == (places.elsewhere / "in.csv",)
    catalog = DataCatalog(datasets)
    pipeline = Pipeline([node(lambda rows: rows, "in", "out")])
    redirect_all(places.redirection, pipeline, catalog)
    catalog["out"].save(ROWS)
    assert not (places.elsewhere / "out.csv").exists()
    assert places.mirror(places.elsewhere / "out.csv").exists()
