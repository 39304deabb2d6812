"""The page about a pipeline of one's own, typed from it in one project."""

import pytest

from docs.pages import PAGES, commands_of
from docs.test_commands import typed

(PAGE,) = [page for page in PAGES if page.name == "new-pipeline.md"]
CREATE, LIST, *OF_A_PACKAGE = commands_of(PAGE)
SIZE = 'Node(len, "params:train", "size", name="size")'


def test_the_page_leads_from_a_pipeline_to_a_package():
    """The wheel that follows is made and run by `starter/test_new_project`."""
    assert CREATE.line == "kedro pipeline create report"
    assert [one.line.split()[0] for one in OF_A_PACKAGE] == ["kedro", "ls", "python"]
    assert "`kedro pipeline delete report`" in PAGE.read_text()


@pytest.mark.slow
def test_a_pipeline_is_made_found_run_by_its_name_with_all_others_and_taken_away(project):
    """And leaves nothing behind."""
    made = typed(project, CREATE.line)
    assert made.exit_code == 0, made.stderr
    place = project.path / "src/winery/pipelines/report/pipeline.py"
    place.write_text(place.read_text().replace("Pipeline([])", f"Pipeline([{SIZE}])"))
    assert "\n- report\n" in typed(project, LIST.line).stdout
    assert "Recorded run" in project.kedro("run", "--pipelines", "report").stdout
    whole = project.kedro("registry", "describe", "__default__").stdout
    assert whole.count("(len)") == 1
    assert "(ingest_stream)" not in whole
    project.kedro("pipeline", "delete", "report", "--yes")
    assert project.git("status", "--porcelain") == ""
