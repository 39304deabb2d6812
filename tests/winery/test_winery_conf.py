import json
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
import yaml
from lakeproof.estimators import make_estimator
from lakeproof.frames import read_settings

from winery.parameters import (
    EvaluateSettings,
    FeatureSettings,
    TrainSettings,
)

ROOT = Path(__file__).parents[2]


def registered():
    """Find the pipelines as a command of Kedro's does."""
    from kedro.framework.project import configure_project

    from winery.pipeline_registry import register_pipelines

    configure_project("winery")
    return register_pipelines()


@pytest.fixture
def tables(request):
    def read(env):
        path = request.config.rootpath / "conf" / env / "globals.yml"
        return yaml.safe_load(path.read_text())

    return read


def environments(root):
    """Name those that have a table of their own: the base, and each beside it that names a key."""
    found = [path.parent.name for path in sorted((root / "conf").glob("*/globals.yml"))]
    return [
        env
        for env in found
        if "key" in yaml.safe_load((root / f"conf/{env}/globals.yml").read_text())
    ]


@pytest.mark.parametrize("env", environments(ROOT))
def test_the_parameters_of_each_environment_fit_its_table(conf, tables, env):
    """Kedro merges parameters softly: what the base says must not break another table."""
    given, table = conf("local" if env == "base" else env), {**tables("base"), **tables(env)}
    feature = read_settings(FeatureSettings, given["feature"], "feature")
    train = read_settings(TrainSettings, given["train"], "train")
    evaluate = read_settings(EvaluateSettings, given["evaluate"], "evaluate")
    for part in (feature, train, evaluate):
        assert (part.key, part.target) == (table["key"], table["target"])
    assert {train.task, evaluate.task} == {table["task"]}
    if not table.get("table"):
        named = () if isinstance(feature.columns, str) else feature.columns
        used = {*feature.keys, feature.target, *named, *chain(*feature.ratios.values())}
        assert used <= set(table["schema"])
    for given in train.estimators.values():
        own = {name: value for name, value in given.items() if name != "preprocessing"}
        make_estimator(own, seed=train.seed, name="train", is_classifier=train.is_classification)


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
for task, hooks in (
    ("classification", True),
    ("regression", True),
    ("classification", False),
    ("regression", False),
    ("clustering", True),
):
    with KedroSession.create(path, runtime_params={"evaluate": {"task": task}}) as session:
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
        [],
    ]
