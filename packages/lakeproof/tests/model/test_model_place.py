"""Where a model file is: a store is one place, and what only looks like one is none."""

import pytest
import skops.io
from kedro.io import DataCatalog
from kedro.pipeline import node, pipeline
from sklearn.linear_model import LinearRegression

from lakeproof.errors import LakeproofError
from lakeproof.model import SklearnModel
from lakeproof.record.run.pinning import pin_tables
from lakeproof.versioned.run_tables import RunTables

FITTED = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)


def test_a_model_in_a_store_comes_back_and_leaves_no_folder(store, tmp_path):
    """`s3://…` was a folder `s3:` once."""
    entry = {"filepath": f"{store.uri}/{tmp_path.name}/m.skops", "credentials": store.options}
    model = SklearnModel(**entry)
    assert not model.exists()
    with pytest.raises(LakeproofError, match="There is no model at s3://lake/"):
        model.load()
    model.save(FITTED)
    assert model.exists()
    assert SklearnModel(**entry).load().coef_ == FITTED.coef_
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]
    # Each sign is one of the name: behind a `#` is no other place.
    other = SklearnModel(**{**entry, "filepath": f"{store.uri}/{tmp_path.name}#ü %20/m.skops"})
    assert not other.exists()
    other.save(FITTED)
    assert other.load().coef_ == FITTED.coef_


def test_a_store_that_does_not_take_a_model_is_told_in_a_sentence(store):
    """And names no key."""
    settings = {**store.options, "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "max_retries": "1"}
    with pytest.raises(LakeproofError, match="There is no connection to the store") as caught:
        SklearnModel(filepath="s3://lake/m.skops", credentials=settings).save(FITTED)
    assert "AKIA" not in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("filepath", ["s3:/lake/m.skops", "S3:lake/m.skops", "main.wine.model"])
def test_what_looks_like_another_place_is_no_path(filepath, tmp_path):
    """Neither saved nor looked for here."""
    model = SklearnModel(filepath=filepath)
    for ask in (model.load, lambda: model.save(FITTED)):
        with pytest.raises(LakeproofError, match="would be taken for a path of this machine"):
            ask()
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]


def test_three_names_with_the_ending_of_a_file_are_a_file(tmp_path):
    """And so is what is there already."""
    SklearnModel(filepath="model.v1.skops").save(FITTED)
    skops.io.dump(FITTED, tmp_path / "model.v1.old")
    assert SklearnModel(filepath="model.v1.old").load().coef_ == FITTED.coef_


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "json.JSONDataset", "filepath": "s3:/lake/x.json"},
        {"type": "matplotlib.MatplotlibDataset", "filepath": "gs:/lake/x.png"},
        {"type": "lakeproof.delta.DeltaTable", "filepath": "abfss:/lake/x"},
        {"type": "lakeproof.delta.DeltaTable", "filepath": "main.wine.samples"},
        {"type": "CachedDataset", "dataset": {"type": "json.JSONDataset", "filepath": "s3//l/x"}},
    ],
)
def test_a_run_refuses_every_entry_whose_path_is_none(entry, tmp_path):
    """Whatever its kind, before the first node."""
    catalog = DataCatalog.from_config({"out": entry})
    flow = pipeline([node(lambda: 1, None, "out", name="one")])
    with pytest.raises(LakeproofError, match=r"'out'.*looks like"):
        pin_tables({}, flow, catalog, RunTables())
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]
