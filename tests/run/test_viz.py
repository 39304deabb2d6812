"""kedro viz and the other commands that look at a catalog without running it."""

import json

from conftest import Project


def built(project: Project, *options: str) -> str:
    # kedro viz asks the package index for its newest version; here nobody answers.
    environment = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    import os
    from unittest import mock

    with mock.patch.dict(os.environ, environment):
        project.kedro("viz", "build", *options)
    nodes = project.path / "build/api/nodes"
    return "\n".join(path.read_text() for path in nodes.iterdir())


def test_the_site_is_built_before_anything_has_run(project: Project):
    """Tables that are not there break nothing, and none is made."""
    assert "Delta" in built(project)
    assert not (project.path / "data/02_intermediate").exists()


def test_tables_show_schema_version_and_first_rows(recorded):
    """In the built site's data."""
    project, _ = recorded
    text = built(project, "--include-hooks", "--include-previews")
    assert "version 1, row 0" in text
    assert "alcohol (double)" in text


def test_the_catalog_describes_its_tables(recorded):
    """By the class that reads them."""
    project, _ = recorded
    described = project.kedro("catalog", "describe-datasets", "--pipeline", "feature").stdout
    assert "lakeproof.delta.dataset.DeltaTable" in described


def test_the_history_is_one_json_document(recorded):
    """And nothing else on standard output."""
    project, _ = recorded
    assert json.loads(project.kedro("history", "features", "--json").stdout)["table"] == "features"
