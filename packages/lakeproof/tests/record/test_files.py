"""The files of a run are what its datasets read and what they made, and no more."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import CachedDataset, Version
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import CSVDataset
from kedro_datasets.partitions import IncrementalDataset, PartitionedDataset
from kedro_datasets.text import TextDataset
from kedro_mlflow.io.models import MlflowModelTrackingDataset

from lakeproof.record.facts import NodeIO
from lakeproof.record.node_io.run_files import FileRecorder
from lakeproof.record.places.redirection import Redirection, mirror, outside_of
from lakeproof.record.redaction.secrets import Secrets

ROWS = pd.DataFrame({"a": [1, 2]})
HELD = NodeIO("x", "value", None)


@pytest.fixture
def project(tmp_path) -> Path:
    (tmp_path / "project/data").mkdir(parents=True)
    return tmp_path / "project"


def read(recorder: FileRecorder, dataset: Any) -> list[str]:
    recorder.loaded(dataset, dataset.load(), HELD)
    return [file.path for file in recorder.read]


def written(recorder: FileRecorder, dataset: Any, data: Any) -> list[str]:
    recorder.saves(dataset, "x")
    dataset.save(data)
    recorder.saved(dataset, data, HELD, None)
    return [file.path for file in recorder.written]


def test_of_versions_the_one_that_was_saved_is_written(project):
    """The others are nobody's output, and their times are others in every run."""
    versions = ["2026-01-01T00.00.00.000Z", "2026-01-02T00.00.00.000Z"]
    for version in versions:
        text = TextDataset(filepath=f"{project}/data/x.txt", version=Version(None, version))
        recorder = FileRecorder(project)
        assert written(recorder, text, version) == [f"data/x.txt/{version}/x.txt"]
    recorder = FileRecorder(project)
    text = TextDataset(filepath=f"{project}/data/x.txt", version=Version(versions[0], None))
    assert read(recorder, text) == [f"data/x.txt/{versions[0]}/x.txt"]


def test_partitions_that_were_there_before_are_not_written(project):
    """By what the save has changed, whatever the dataset calls its parts."""
    parts = PartitionedDataset(path=f"{project}/data/p", dataset=JSONDataset)
    parts.save({"old": 1, "again": 2})
    assert written(FileRecorder(project), parts, {"again": 2, "new": 3}) == [
        "data/p/again",
        "data/p/new",
    ]


def test_what_a_save_leaves_as_it_is_is_written_all_the_same(project):
    """A dataset may know that it has the content already."""

    class Careful(TextDataset):
        def save(self, data: str) -> None:
            if not Path(self._filepath).exists():
                super().save(data)

    text = Careful(filepath=f"{project}/data/x.txt")
    text.save("x")
    assert written(FileRecorder(project), text, "x") == ["data/x.txt"]


def test_a_cache_before_a_file_has_the_file(project):
    """It was taken for something in memory, and the file was in no record."""
    ROWS.to_csv(project / "data/x.csv", index=False)
    cached = CachedDataset(dataset=CSVDataset(filepath=f"{project}/data/x.csv"))
    assert read(FileRecorder(project), cached) == ["data/x.csv"]
    assert written(FileRecorder(project), cached, ROWS) == ["data/x.csv"]


def test_a_path_that_leads_out_of_the_project_is_named_by_where_it_leads(project):
    """With `..` it would lead elsewhere from a scratch project."""
    (project.parent / "x.txt").write_text("x")
    for path in ("../x.txt", "data/../../x.txt"):
        text = TextDataset(filepath=f"{project}/{path}")
        assert read(FileRecorder(project), text) == [str(project.parent / "x.txt")]


def test_another_entry_on_a_file_that_was_written_reads_none_from_outside(project):
    """Two entries, one place."""
    recorder = FileRecorder(project)
    written(recorder, TextDataset(filepath=f"{project}/data/x.txt"), "x")
    recorder.loaded(
        TextDataset(filepath=f"{project}/data/../data/x.txt"), "x", NodeIO("y", "value", None)
    )
    assert (recorder.read, recorder.values_read) == ((), ())


def test_a_model_in_the_store_is_no_file_of_the_project(project):
    """Its path is empty, which took the whole project for one, with digests of credentials."""
    (project / "conf").mkdir()
    (project / "conf/credentials.yml").write_text("a: b")
    recorder = FileRecorder(project)
    recorder.saved(MlflowModelTrackingDataset(flavor="mlflow.sklearn"), 1, HELD, None)
    assert recorder.written == ()
    assert [value.type for value in recorder.values_written] == ["MlflowModelTrackingDataset"]


def test_a_checkpoint_is_kept_with_its_text(project):
    """The run moves it on, and nobody could restore it; not where it holds a secret."""
    folder = project / "data/i"
    folder.mkdir()
    (folder / "a").write_text("1")
    (folder / "CHECKPOINT").write_text("swordfish")
    news = IncrementalDataset(path=str(folder), dataset="json.JSONDataset")
    kept = {}
    for name, secrets in (("open", Secrets()), ("secret", Secrets.of(["swordfish"], {}))):
        recorder = FileRecorder(project, secrets)
        assert read(recorder, news) == ["data/i/CHECKPOINT", "data/i/a"]
        kept[name] = [file.text for file in recorder.read]
    assert kept == {"open": ["swordfish", None], "secret": [None, None]}


def test_a_file_that_holds_the_place_says_so(project):
    """Across two pieces of reading, too; not one that only holds another path."""
    there = f"made in {project}"
    for content, holds in ((there, True), ("x" * (2**20 - 5) + there, True), ("/else", False)):
        recorder = FileRecorder(project)
        written(recorder, TextDataset(filepath=f"{project}/data/x.txt"), content)
        assert [file.holds_place for file in recorder.written] == [holds]


def test_a_rerun_records_the_real_places(project, tmp_path):
    """Of what was put into scratch for it, and of what it writes there."""
    scratch = project / ".lakeproof/scratch/one"
    (scratch / "project").mkdir(parents=True)
    redirection = Redirection(scratch, scratch / "project", project)
    recorder = FileRecorder(scratch / "project", redirection=redirection)
    copy = mirror(outside_of(scratch), tmp_path / "disk/x.txt")
    copy.parent.mkdir(parents=True)
    copy.write_text(f"made in {scratch}/project")
    assert read(recorder, TextDataset(filepath=str(copy))) == [f"{tmp_path}/disk/x.txt"]
    text = TextDataset(filepath=f"{scratch}/project/y.txt")
    assert written(recorder, text, f"made in {scratch}") == ["y.txt"]
    assert recorder.written[0].holds_place
