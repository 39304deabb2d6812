"""A failed run in a few lines."""

from pathlib import Path

from kedro.io.core import DatasetError

from lakeproof.errors import LakeproofError, TableError
from lakeproof.record.run.ending.failure import in_brief


def caught(function) -> BaseException:
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("it did not fail")


def test_our_own_error_beneath_kedros_is_told_as_it_is():
    """Kedro puts the dataset's name around what a save raised."""

    def save():
        try:
            raise TableError("Table 'samples' is gone.")
        except TableError as error:
            raise DatasetError("samples: oh") from error

    assert str(in_brief(caught(save), "ingest", Path("."))) == "Table 'samples' is gone."


def test_a_users_error_names_node_line_and_how_to_see_more(tmp_path):
    """The line is the innermost one of the project's own sources."""
    nodes = tmp_path / "src/shop/nodes.py"
    nodes.parent.mkdir(parents=True)
    nodes.write_text("def divide():\n    return 1 / 0\n")
    scope: dict = {}
    exec(compile(nodes.read_text(), str(nodes), "exec"), scope)
    brief = str(in_brief(caught(scope["divide"]), "divide_rows", tmp_path))
    assert brief.startswith("Node 'divide_rows' failed: ZeroDivisionError: division by zero\n")
    assert "Raised at src/shop/nodes.py:2 in divide." in brief
    assert "LAKEPROOF_DEBUG=1 kedro run" in brief


def test_an_error_without_words_or_node_is_still_told():
    """By its class."""

    def fail():
        raise RuntimeError

    assert "The run failed: RuntimeError: no message" in str(
        in_brief(caught(fail), None, Path("."))
    )


def test_a_long_error_is_cut():
    """A whole frame in a message is no message."""
    assert len(str(LakeproofError("x" * 10_000))) <= 2_000

    def fail():
        raise ValueError("y" * 10_000)

    assert len(str(in_brief(caught(fail), None, Path(".")))) < 1_000
