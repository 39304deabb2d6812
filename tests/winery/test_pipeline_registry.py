import subprocess
import sys

from winery.pipeline_registry import register_pipelines


def test_the_default_is_the_four_pipelines_and_every_node_has_its_functions_name():
    pipelines = register_pipelines()
    assert list(pipelines) == [
        "ingest",
        "feature",
        "train",
        "evaluate",
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
    default = register_pipelines()["__default__"]
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

    TypeExtractor(register_pipelines()).extract_types_from_pipelines()
    assert caplog.text == ""


def test_registering_pipelines_imports_nothing_heavy():
    """`kedro run --help` and `kedro registry list` do it, and should not take seconds."""
    code = (
        "import winery.pipeline_registry as registry;"
        "import sys; registry.register_pipelines();"
        "heavy = {'sklearn', 'matplotlib', 'pandas', 'polars', 'numpy', 'pyarrow', 'narwhals'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
