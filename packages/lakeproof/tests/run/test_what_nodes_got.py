"""Two runs in this process, held against each other: what nodes got and gave, as it is recorded."""

import time

import pytest
from kedro.pipeline import Node, Pipeline

from lakeproof.reproduce.comparison.compare import compare
from small import FILES, in_small_project

CATALOG = """
rows:
  type: pandas.CSVDataset
  filepath: raw/rows.csv
  load_args: {nrows: "${asked:ROWS}"}
counted: {type: json.JSONDataset, filepath: data/counted.json}
plot: {type: matplotlib.MatplotlibDataset, filepath: data/plot.png}
"""
SETTINGS = FILES["src/small_project/settings.py"].replace(
    "CONFIG_LOADER_ARGS = {",
    "import os\n\nCONFIG_LOADER_ARGS = {\n"
    '    "custom_resolvers": {"asked": lambda name: int(os.environ[name])},\n    ',
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project that reads as many rows of a file as the environment says."""
    with in_small_project(tmp_path_factory.mktemp("small") / "project") as project:
        rows = "id,x\n" + "".join(f"{number},{number / 2}\n" for number in range(9))
        files = {"conf/base/catalog.yml": CATALOG, "raw/rows.csv": rows}
        project.write({**files, "src/small_project/settings.py": SETTINGS})
        yield project


def constant(rows):
    return {"answer": 42}


def counted(rows):
    return {"answer": len(rows)}


def timed(rows):
    return {"answer": 42, "made": {"at": time.time()}}


def drawn(rows):
    from matplotlib.figure import Figure

    class Own(Figure):
        """A figure that is not called so."""

    figure = Own()
    figure.add_subplot().plot(rows["x"])
    return figure


def held_against_each_other(project, function, asked, monkeypatch, output="counted"):
    """Run a node once for each number of rows that is asked for, and compare as a re-run."""
    node = Node(function, inputs="rows", outputs=output, name="count")
    for number in asked:
        monkeypatch.setenv("ROWS", str(number))
        project.run(Pipeline([node]))
    return compare(project.record(1), project.record(0), is_rerun=True)


@pytest.mark.slow
@pytest.mark.parametrize("function", [constant, counted])
def test_what_a_resolver_lets_be_loaded_otherwise_is_no_rerun(project, function, monkeypatch):
    """The file is the same; whether an output hangs on it or not, it is named."""
    found = held_against_each_other(project, function, (5, 6), monkeypatch)
    assert (found.verdict, found.first_divergence) == ("INCONCLUSIVE", None)
    factors = {one.factor: (one.expected, one.actual) for one in found.factors}
    assert "data:rows" in factors
    assert factors["catalog:rows.load_args.nrows"] == (5, 6)
    assert any("Node 'count' got another dataset 'rows'" in one for one in found.missing)


def test_an_honest_repeat_has_the_same_inputs(project, monkeypatch):
    """Nothing is named, and the run that is recorded is the one that passes."""
    found = held_against_each_other(project, counted, (5, 5), monkeypatch)
    assert (found.verdict, found.factors, found.missing) == ("REPEATED", (), ())


@pytest.mark.slow
def test_the_time_in_an_output_is_hinted_at(project, monkeypatch):
    """Where it stands, and what to do about it."""
    found = held_against_each_other(project, timed, (5, 5), monkeypatch)
    assert (found.verdict, found.first_divergence.node) == ("DIVERGED", "count")
    assert (
        found.divergences[0].hints[0].startswith("'counted' holds the time of the run (made.at).")
    )


@pytest.mark.slow
def test_a_picture_is_told_by_its_dataset(project, monkeypatch):
    """It is listed and has no say."""
    found = held_against_each_other(project, drawn, (5, 5), monkeypatch, output="plot")
    assert [(one.name, one.counts) for one in found.artifacts] == [("plot", False)]
    assert project.record(0).nodes[0].outputs[0].kind == "picture"
