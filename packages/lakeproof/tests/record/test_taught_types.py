"""A type of the project's own: without a digest it is said how to give it one, and then it has."""

import sys

import pytest

from lakeproof.commands import check, show
from lakeproof.commands.project import RunProject
from lakeproof.commands.reproduce import Wish, reproduce
from lakeproof.record.facts import Record
from lakeproof.reproduce.comparison.compare import compare
from small import in_small_project

HINT = "register what counts of its type: lakeproof.digest.content_of, in four lines."
LEDGER = """
import threading


class Ledger:
    def __init__(self, amounts):
        self.amounts = amounts
        self.lock = threading.Lock()
"""
TAUGHT = """
from lakeproof.digest import content_of


@content_of.register
def _(ledger: Ledger) -> object:
    return ledger.amounts
"""
REGISTRY = """
from kedro.pipeline import node, pipeline
from small_project.ledger import Ledger


def open_ledger(amount):
    return Ledger([amount, 2])


def add_up(ledger):
    return {"entries": len(ledger.amounts)}


def register_pipelines():
    nodes = [
        node(open_ledger, "params:amount", "ledger", name="open_ledger"),
        node(add_up, "ledger", "total", name="add_up"),
    ]
    return {"__default__": pipeline(nodes)}
"""
FILES = {
    "src/small_project/pipeline_registry.py": REGISTRY,
    "src/small_project/ledger.py": LEDGER,
    "conf/base/parameters.yml": "amount: 1\n",
    "conf/base/catalog.yml": (
        "ledger: {type: MemoryDataset, copy_mode: assign}\n"
        "total: {type: json.JSONDataset, filepath: data/total.json}\n"
    ),
}
# Kedro and kedro-mlflow, of what they import.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def project(tmp_path):
    with in_small_project(tmp_path / "small") as small:
        small.write(FILES)
        yield small
        for name in [name for name in sys.modules if name.startswith("small_project")]:
            del sys.modules[name]


def run(project) -> Record:
    project.run(None)
    return project.record()


@pytest.mark.slow
def test_what_has_no_digest_says_how_to_give_it_one(project):
    """In the verdict, in `check` and in `show`; to the end, however long the rest of it is."""
    record = run(project)
    (crossing,) = record.nodes[0].outputs
    assert (crossing.kind, crossing.digest) == ("opaque", None)
    assert str(crossing.note).endswith(HINT)
    verdict = compare(record, record, is_rerun=True)
    assert verdict.verdict == "INCONCLUSIVE"
    assert [HINT in sentence for sentence in verdict.missing] == [True]
    (checked,) = check.gather(RunProject(None, None), ["last"], is_all=False)
    assert [HINT in sentence for sentence in checked.missing] == [True]
    assert HINT in " ".join(check.render([checked]).split())
    assert HINT in " ".join(show.render(record).split())


@pytest.mark.slow
def test_four_lines_of_the_project_give_it_one(project):
    """Then the run is reproducible, and another content is another one."""
    project.write({"src/small_project/ledger.py": LEDGER + TAUGHT})
    record = run(project)
    (crossing,) = record.nodes[0].outputs
    assert str(crossing.digest).startswith("model2:")
    comparison = reproduce(RunProject(None, None), Wish("last"), print)
    assert comparison.missing == ()
    assert {one.verdict for one in comparison.artifacts} == {"same"}
    project.write({"conf/base/parameters.yml": "amount: 7\n"})
    other = compare(record, run(project), is_rerun=False)
    assert [one.name for one in other.artifacts if one.verdict == "differs"] == [
        "open_ledger → ledger"
    ]
