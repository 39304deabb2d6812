import json
import subprocess
import sys

import pytest
import yaml
from lakeproof.estimators import make_estimator
from lakeproof.frames import read_settings

from winery.parameters import (
    EvaluateSettings,
    FeatureSettings,
    TrainSettings,
)


def registered():
    """Find the pipelines as a command of Kedro's does."""
    from kedro.framework.project import configure_project

    from winery.pipeline_registry import register_pipelines

    configure_project("winery")
    return register_pipelines()


BASE_KEYS = ["engine", "example", "key", "target", "task", "schema", "csv", "sources"]


@pytest.fixture
def tables(request):
    def read(env):
        path = request.config.rootpath / "conf" / env / "globals.yml"
        return yaml.safe_load(path.read_text())

    return read


def test_globals_name_the_table_and_only_the_base_the_engine(tables):
    assert list(tables("base")) == [*BASE_KEYS[:6], "pattern", *BASE_KEYS[6:], "trusted"]
    assert list(tables("wine_quality")) == BASE_KEYS[1:]


@pytest.mark.parametrize(("env", "own"), [("local", "base"), ("wine_quality", "wine_quality")])
def test_the_parameters_of_each_environment_fit_its_table(conf, tables, env, own):
    """Kedro merges parameters softly: what the base says must not break another table."""
    given, table = conf(env), tables(own)
    feature = read_settings(FeatureSettings, given["feature"], "feature")
    train = read_settings(TrainSettings, given["train"], "train")
    evaluate = read_settings(EvaluateSettings, given["evaluate"], "evaluate")
    expected = (table["key"], table["target"])
    assert {(part.key, part.target) for part in (feature, train, evaluate)} == {expected}
    assert {train.task, evaluate.task} == {table["task"]}
    used = {
        *expected,
        *feature.columns,
        *(name for pair in feature.ratios.values() for name in pair),
    }
    assert used <= set(table["schema"])
    for given in train.estimators.values():
        own = {name: value for name, value in given.items() if name != "preprocessing"}
        make_estimator(own, seed=train.seed, name="train", is_classifier=train.is_classification)


def test_wine_quality_is_the_published_forest(conf):
    train = read_settings(TrainSettings, conf("wine_quality")["train"], "train")
    assert train.task == "regression"
    assert train.own == {
        "class": "sklearn.ensemble.RandomForestRegressor",
        "n_estimators": 1000,
        "max_features": "sqrt",
    }


def test_another_estimator_is_one_parameter_away(conf):
    for name in ("linear", "sklearn.linear_model.LogisticRegression"):
        train = read_settings(TrainSettings, conf(train={"estimator": name})["train"], "train")
        assert train.own["class"] == "sklearn.linear_model.LogisticRegression"


def test_the_default_is_the_four_pipelines_and_every_node_has_its_functions_name():
    pipelines = registered()
    assert list(pipelines) == [
        "ingest",
        "feature",
        "train",
        "evaluate",
        "search",
        "stream",
        "__default__",
    ]
    assert [node.name for node in pipelines["__default__"].nodes] == [
        "ingest_deliveries",
        "build_features",
        "select_test_rows",
        "select_training_rows",
        "fit_model",
        "predict_test_rows",
        "draw_confusion_matrix",
        "draw_residuals",
        "score_predictions",
    ]
    assert all(node.name == node.func.__name__ for node in pipelines["__default__"].nodes)


def test_a_run_needs_the_deliveries_and_leaves_what_the_contract_names():
    default = registered()["__default__"]
    parameters = {"params:feature", "params:train", "params:evaluate"}
    assert default.inputs() == {"deliveries", *parameters}
    assert default.all_outputs() == {
        "samples",
        "features",
        "training_rows",
        "model",
        "test_rows",
        "predictions",
        "metrics",
        "metric_history",
        "confusion_matrix",
        "residual_plot",
    }


def test_kedro_resolves_the_annotations_of_every_node(caplog):
    """Otherwise each command would begin with a warning."""
    from kedro.validation.type_extractor import TypeExtractor

    TypeExtractor(registered()).extract_types_from_pipelines()
    assert caplog.text == ""


def test_registering_pipelines_imports_nothing_heavy():
    """`kedro run --help` and `kedro registry list` do it, and should not take seconds."""
    code = (
        "from kedro.framework.project import configure_project, pipelines;"
        "import sys;"
        "configure_project('winery'); dict(pipelines);"
        "heavy = {'sklearn', 'matplotlib', 'pandas', 'polars', 'numpy', 'pyarrow', 'narwhals'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


LOOK = """
import json, sys
from pathlib import Path
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

class NoHooks:
    hook = None
    def __getattr__(self, name):
        return lambda *args, **kwargs: NoHooks()
NoHooks.hook = NoHooks()

path = Path(sys.argv[1])
bootstrap_project(path)

def pictures():
    return sorted(pipelines["__default__"].all_outputs() & {"confusion_matrix", "residual_plot"})

seen = [pictures()]
for env, given, hooks in (
    ("local", {}, True),
    ("wine_quality", {}, True),
    ("local", {}, False),
    ("wine_quality", {}, False),
    ("local", {"evaluate": {"task": "regression"}}, True),
    ("local", {"evaluate": {"task": "clustering"}}, True),
):
    with KedroSession.create(path, env=env, runtime_params=given) as session:
        if not hooks:
            session._hook_manager = NoHooks()
        session.load_context()
        seen.append(pictures())
print(json.dumps(seen))
"""


def test_each_session_draws_the_picture_of_its_task_and_no_other(request):
    """One after another in one process; with hooks, and without, as in `kedro viz`.

    Before there is a session, as in `kedro registry`, both stand for what may be drawn. A task that
    is none draws nothing: the first node that reads it refuses it.
    """
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(request.config.rootpath)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    confusion, residuals = ["confusion_matrix"], ["residual_plot"]
    assert json.loads(done.stdout.splitlines()[-1]) == [
        [*confusion, *residuals],
        *(confusion, residuals) * 2,
        residuals,
        [],
    ]
