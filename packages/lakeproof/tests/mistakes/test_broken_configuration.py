"""A file of the configuration that is broken is named, with its line, whatever is wrong with it."""

import pytest

CATALOG, GLOBALS, PARAMETERS = (
    f"conf/base/{name}.yml" for name in ("catalog", "globals", "parameters_train")
)


@pytest.fixture
def refused(unrun, request):
    """Break a file, type a command, and give what it says; the file is whole again then."""
    whole = {}

    def refuse(file: str, text: str | None, *command: str, code: int = 1, old: str = "") -> str:
        path = unrun.path / file
        whole[path] = path.read_text()
        if text is None:
            path.unlink()
        else:
            path.write_text(whole[path].replace(old, text, 1) if old else whole[path] + text)
        said = unrun.kedro(*(command or ("run",)), code=code).stderr
        assert "Traceback" not in said
        assert len(said.splitlines()) <= 4, said
        assert not (unrun.path / "mlruns").exists()
        return said

    yield refuse
    for path, text in whole.items():
        path.write_text(text)


def lines_of(unrun, file):
    return len((unrun.path / file).read_text().splitlines())


@pytest.mark.parametrize(
    ("file", "text", "what"),
    [
        (CATALOG, "\tx: 1\n", "found character"),
        (PARAMETERS, "nonsense\n", "could not find expected ':'"),
        (GLOBALS, "_x: 1\n_x: 2\n", "found duplicate key"),
    ],
    ids=["tab", "no colon", "duplicate key"],
)
def test_no_yaml(unrun, refused, file, text, what):
    """Kedro says a place in "<file>", or none."""
    before = lines_of(unrun, file)
    said = refused(file, text)
    place, _, rest = said.removeprefix("Error: ").partition(" is no YAML: ")
    name, _, line = place.partition(", line ")
    assert name == file
    assert int(line) > before - 1
    assert what in rest
    assert "type again: kedro run" in said


def test_a_type_that_is_misspelt(refused):
    """The line is that of the entry, whichever of them has it."""
    said = refused(CATALOG, "lakeproof.model.SklearnModle", old="lakeproof.model.SklearnModel")
    assert "'SklearnModle' not found" in said
    assert f"Correct {CATALOG}, line " in said


def test_a_list_where_names_are_wanted(unrun, refused):
    """OmegaConf speaks of its attributes."""
    said = refused(GLOBALS, "- a\n- b\n", old=(unrun.path / GLOBALS).read_text())
    assert f"{GLOBALS} must be a mapping of names to values, and is a list." in said


@pytest.mark.parametrize(("command", "code"), [(("history", "samples"), 2), (("pin",), 2)])
def test_our_commands_say_the_same(refused, command, code):
    """Of whichever file it is."""
    said = refused(GLOBALS, "\tx: 1\n", *command, code=code)
    assert f"{GLOBALS}, line " in said
    assert "is no YAML: " in said


def test_runs_are_not_looked_for_where_no_file_says(refused):
    """A broken mlflow.yml is no bug of ours, and no empty store."""
    said = refused("conf/base/mlflow.yml", "\tx: 1\n", "runs", code=2)
    assert "conf/base/mlflow.yml, line " in said
    assert "bug" not in said


def test_a_parameter_that_is_gone(refused):
    """Kedro notices it when MLflow has begun a run, which then has failed."""
    said = refused(PARAMETERS, None, "run", "--pipelines", "train")
    assert "The parameters have no 'train', which node 'select_training_rows' needs." in said
    assert "Nothing was run." in said


def test_an_entry_that_is_misspelt(refused):
    """With the one that comes close."""
    said = refused(CATALOG, "deliverys: &", old="deliveries: &")
    assert "The catalog has no 'deliveries', which node 'ingest_deliveries' needs." in said
    assert "Did you mean 'deliverys'?" in said


def test_what_an_entry_holds_is_named_where_it_is_written(refused):
    """The schema of the catalog's entry stands in another file."""
    said = refused(GLOBALS, "alcohol: {type: dubble}", old="alcohol: {type: double}")
    assert "'dubble'" in said
    assert f"Correct the entry in {GLOBALS}, line " in said


def test_a_key_of_mlflow_yml_that_is_misspelt(refused):
    """It is no trouble of the store."""
    said = refused("conf/base/mlflow.yml", "  experimnt:", old="  experiment:")
    assert "conf/base/mlflow.yml, line " in said
    assert "has 'tracking.experimnt', which kedro-mlflow does not know." in said
    assert "Did you mean 'experiment'?" in said
    assert "store" not in said


@pytest.mark.parametrize("text", ["pattern:", "pattern: [7]"])
def test_a_pattern_that_is_none(refused, text):
    """Of deliveries; Python would have said that it cannot be iterated."""
    said = refused(GLOBALS, text, old='pattern: "*.csv"')
    assert "`pattern` is " in said
    assert 'such as "*.csv"' in said
