"""Models that a run loads from MLflow's registry, and those that it registers."""

from dataclasses import replace

import numpy as np
import pytest
from kedro.pipeline import node, pipeline
from sklearn.linear_model import LinearRegression

from lakeproof.errors import LakeproofError
from lakeproof.model.sklearn_model import ModelError, SklearnModel
from lakeproof.record.registry.loaded_models import digest_of, found_model
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.stages.scratch_models import placed_models
from lakeproof.reproduce.stages.stage_results import StageError
from lakeproof.reproduce.stages.stage_types import PlaceModels

pytestmark = pytest.mark.slow

CATALOG = """
model:
  type: lakeproof.model.SklearnModel
  filepath: data/model.skops
  registered_model: wine
  alias: champion
champion:
  type: kedro_mlflow.io.models.MlflowModelRegistryDataset
  model_name: wine
  alias: champion
  flavor: mlflow.sklearn
newest:
  type: kedro_mlflow.io.models.MlflowModelTrackingDataset
  flavor: mlflow.sklearn
  load_args: {model_uri: "models:/wine/latest"}
"""


def fit(alpha):
    return LinearRegression().fit(np.arange(4.0).reshape(-1, 1), alpha * np.arange(4.0))


def use(champion, newest):
    return champion.coef_.tolist(), newest.coef_.tolist()


TRAIN = pipeline([node(fit, "params:alpha", "model")])
USE = pipeline([node(use, ["champion", "newest"], "answer")])


@pytest.fixture
def project(small_project):
    small_project.write(
        {"conf/base/catalog.yml": CATALOG, "conf/base/parameters.yml": "alpha: 1.0\n"}
    )
    return small_project


def test_a_model_is_registered_when_its_run_is_recorded_and_a_failed_one_is_not(project, capsys):
    """What is registered is what others load: it has a record, and its version names the run."""

    def fail(model):
        raise ValueError("no")

    with pytest.raises(Exception, match="no"):
        project.run(TRAIN + pipeline([node(fail, "model", "nothing")]))
    assert project.client.search_registered_models() == []

    project.run(TRAIN)

    version = project.client.get_model_version_by_alias("wine", "champion")
    assert version.run_id == project.record().run.run_id
    assert "Registered the model as wine, version 1, alias 'champion'" in capsys.readouterr().err


def test_an_alias_alone_is_refused():
    """It is that of a registered model."""
    with pytest.raises(ModelError, match="no registered_model is named"):
        SklearnModel(filepath="model.skops", alias="champion")


def test_what_an_alias_means_is_settled_once_and_recorded_with_its_digest(project):
    """The project's own files are no part of it; a moved alias is another input by its version."""
    project.run(TRAIN)
    project.run(USE)
    first = project.record()
    assert [(one.asked, one.uri) for one in first.inputs.models] == [
        ("models:/wine@champion", "models:/wine/1"),
        ("models:/wine/latest", "models:/wine/1"),
    ]
    assert (first.inputs.files, first.inputs.values) == ((), ())

    project.write({"conf/base/parameters.yml": "alpha: 2.0\n"})
    project.run(TRAIN)
    project.run(USE)

    second = project.record()
    assert [one.uri for one in second.inputs.models] == ["models:/wine/2", "models:/wine/2"]
    # As if the second were a re-run of the first.
    found = compare(first, replace(second, parameters=first.parameters), is_rerun=True)
    assert found.verdict == "INCONCLUSIVE"
    assert "Model 'champion' is not the one that was recorded" in "\n".join(found.missing)


def test_a_re_run_has_the_version_that_was_loaded_whatever_the_alias_means_now(project, tmp_path):
    """Copied and held against the record; one that was changed is refused with both digests."""
    project.run(TRAIN)
    project.run(USE)
    project.client.delete_registered_model_alias("wine", "champion")
    stage = PlaceModels(project.record().inputs.models)

    placed = placed_models(stage, project.records.artifact, tmp_path / "models")

    assert [one.uri for one in placed] == ["models:/wine/1", "models:/wine/1"]
    assert {digest_of(tmp_path / "models" / number) for number in "01"} == {stage.models[0].digest}
    other = replace(stage.models[0], digest="sha256:" + "0" * 64)
    gone = replace(stage.models[0], uri="models:/wine/9")
    assert found_model(gone, project.records.artifact) is None
    with pytest.raises(StageError) as refused:
        placed_models(PlaceModels((other, gone)), project.records.artifact, tmp_path / "others")
    assert f"now has the digest {stage.models[0].digest}" in refused.value.missing[0]
    assert "is gone from MLflow" in refused.value.missing[1]


def test_a_model_that_is_not_there_ends_the_run_before_it_begins(project):
    """With the name as the catalog has it."""
    with pytest.raises(LakeproofError, match=r"models:/wine@champion of dataset 'champion' cannot"):
        project.run(USE)
    assert project.mlflow_runs == []
