"""kedro viz and the other commands that look at a catalog without running it."""

import json
import os
from typing import Any

import pytest

from conftest import Project

LAYERS = ["raw", "intermediate", "feature", "models", "model_output", "reporting"]


def built(project: Project, *options: str) -> dict[str, dict[str, Any]]:
    """Build the site and give what it tells of each dataset, by name."""
    with pytest.MonkeyPatch.context() as patch:
        # kedro viz asks the package index for its newest version; here nobody answers.
        patch.setitem(os.environ, "HTTPS_PROXY", "http://127.0.0.1:9")
        patch.setitem(os.environ, "HTTP_PROXY", "http://127.0.0.1:9")
        done = project.kedro("viz", "build", *options)
    assert "Traceback" not in done.stderr
    api = project.path / "build/api"
    main = json.loads((api / "main").read_text())
    assert main["layers"] == LAYERS
    return {
        node["name"]: json.loads((api / "nodes" / node["id"]).read_text())
        for node in main["nodes"]
        if node["type"] == "data"
    }


def test_the_site_is_built_before_anything_has_run(project: Project):
    """A table that is not there is a sentence; none is made."""
    datasets = built(project, "--include-previews")
    for name in ("samples", "features", "predictions"):
        told = json.loads(datasets[name]["preview"])
        assert f"Table '{name}' does not exist" in told["nothing to show"]
    assert not (project.path / "data/02_intermediate").exists()
    assert project.git("status", "--porcelain") == ""


@pytest.mark.slow
@pytest.mark.parametrize("hooks", [(), ("--include-hooks",)])
def test_tables_metrics_and_picture_are_shown(recorded, hooks):
    """With the project's hooks and without them alike."""
    project, run = recorded
    datasets = built(project, *hooks, "--include-previews")
    samples = json.loads(datasets["samples"]["preview"])
    assert (samples["version"], samples["rows"]) == (1, 178)
    assert samples["columns: type | first 5 rows"]["alcohol"].startswith("double | ")
    written = samples["written"]
    assert written["by node"] == "ingest_deliveries"
    assert written["from delivery"] == "2026-02-delivery.csv"
    assert run.run_id.startswith(written["in run"])
    assert project.git("rev-parse", "HEAD").startswith(written["of commit"])

    metrics = project.path / "data/08_reporting/wine/metrics.json"
    assert json.loads(datasets["metrics"]["preview"]) == json.loads(metrics.read_text())
    assert datasets["confusion_matrix"]["preview_type"] == "ImagePreview"
    assert datasets["confusion_matrix"]["preview"].startswith("iVBORw0KGgo")  # a PNG
    assert "residual_plot" not in datasets


def test_no_size_is_told_of_a_table(recorded):
    """Kedro viz would take the size of a table's folder, 4 KiB, for the size of its rows."""
    project, _ = recorded
    stats = json.loads((project.path / ".viz/stats.json").read_text())
    assert stats["predictions"] == {"rows": 46, "columns": 6}


def test_the_catalog_describes_its_tables(recorded):
    """By the class that reads them."""
    project, _ = recorded
    described = project.kedro("catalog", "describe-datasets", "--pipeline", "feature").stdout
    assert "lakeproof.delta.delta_table.DeltaTable" in described


def test_the_history_is_one_json_document(recorded):
    """And nothing else on standard output."""
    project, _ = recorded
    assert json.loads(project.kedro("history", "features", "--json").stdout)["table"] == "features"
