"""MLflow's autologging, turned on in `mlflow.yml`: nothing is logged twice, nothing breaks."""

import pytest

from .conftest import FOREST, commit_all, edit, repeat


@pytest.fixture(scope="module")
def logged(make_project):
    """A project whose `mlflow.yml` turns autologging on and names runs, after one run."""
    project = make_project("autologging")
    edit(
        project.path / "conf/base/mlflow.yml",
        "  run:\n",
        "  disable_tracking: {disable_autologging: false}\n  run:\n    name: a name of mine\n",
    )
    commit_all(project)
    return project, project.kedro("run", *FOREST)


@pytest.fixture(scope="module")
def client(logged):
    from mlflow.tracking import MlflowClient

    return MlflowClient(f"sqlite:///{logged[0].path / 'mlflow.db'}")


@pytest.mark.slow
def test_autologging_adds_its_metrics_to_the_one_run(logged, client):
    """No second run; parameters of the estimator stand beside those of the project."""
    _, finished = logged
    run = client.get_run(finished.run_id)
    others = client.search_runs([run.info.experiment_id])
    assert [one.info.run_id for one in others] == [finished.run_id]
    assert {"accuracy", "training_accuracy_score"} <= set(run.data.metrics)
    assert run.data.params["train.estimators.random_forest.n_estimators"] == "5"
    assert run.data.params["steps"].startswith("[")
    assert "Changing param values" not in finished.stderr


@pytest.mark.slow
def test_there_is_one_model_and_each_table_once(logged, client):
    """Autologging would log the estimator again, and the frames that it was fitted on."""
    project, finished = logged
    run = client.get_run(finished.run_id)
    assert len(run.outputs.model_outputs) == 1
    assert len(list((project.path / "mlartifacts/models").iterdir())) == 1
    inputs = [entry.dataset.name for entry in run.inputs.dataset_inputs]
    assert sorted(inputs) == ["features@0", "predictions@0", "samples@1"]


@pytest.mark.slow
def test_a_name_in_mlflow_yml_wins(logged, client):
    """Description and tags are there all the same."""
    run = client.get_run(logged[1].run_id)
    assert run.info.run_name == "a name of mine"
    assert run.data.tags["lakeproof.version.samples"] == "1"
    assert "kedro reproduce" in run.data.tags["mlflow.note.content"]


@pytest.mark.slow
def test_a_run_with_autologging_is_repeated(logged):
    """What it logs is compared too; the run id that it notes on the estimator is not."""
    project, finished = logged
    verdict = repeat(project, finished.run_id)
    assert verdict.artifact("training_accuracy_score", "metric")["verdict"] == "same"
    assert verdict.artifact("model", "model")["verdict"] == "same"
