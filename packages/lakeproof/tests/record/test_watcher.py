"""What nodes reach for becomes facts of theirs: a generator's too, and in whichever thread."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.hooks import _create_hook_manager, hook_impl
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node
from kedro.runner import SequentialRunner, ThreadRunner

from lakeproof import watch
from lakeproof.record.node_io.watcher import NodeWatcher
from lakeproof.record.redaction.secrets import Secrets


class Hooks:
    """The hooks of a run that has to do with watching."""

    def __init__(self, watcher: NodeWatcher) -> None:
        self.watcher = watcher

    @hook_impl
    def before_dataset_loaded(self) -> None:
        self.watcher.loads()

    @hook_impl
    def before_node_run(self, node: Any, catalog: Any) -> None:
        self.watcher.begins(node, catalog)

    @hook_impl
    def after_node_run(self, node: Any) -> None:
        self.watcher.ends(node)
        self.watcher.goes_on(node)

    @hook_impl
    def before_dataset_saved(self) -> None:
        self.watcher.saves()

    @hook_impl
    def after_dataset_saved(self, node: Any) -> None:
        self.watcher.goes_on(node)


class Saving(MemoryDataset):
    """Reads a file of its own when it saves, which is none of the node's."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._beside = path

    def save(self, data: Any) -> None:
        self._beside.read_text()


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
def test_each_node_has_what_its_own_function_reached_for(tmp_path, runner, monkeypatch):
    """Not what datasets do, nor what another node reads; of a generator all its chunks."""
    for name in ("one.txt", "two.txt", "three.txt", "saved.txt"):
        (tmp_path / name).write_text(name)
    monkeypatch.setenv("API_TOKEN", "geheim12")

    def once() -> str:
        return (tmp_path / "one.txt").read_text() + os.environ["API_TOKEN"]

    def chunks(given: str) -> Iterator[str]:
        yield (tmp_path / "two.txt").read_text()
        yield (tmp_path / "three.txt").read_text()

    def nothing(given: str) -> str:
        return given

    pipeline = Pipeline(
        [
            node(once, None, "first", name="once"),
            node(chunks, "first", "parts", name="chunks"),
            node(nothing, "first", "last", name="nothing"),
        ]
    )
    catalog = DataCatalog({"parts": Saving(tmp_path / "saved.txt")})
    watcher = NodeWatcher(tmp_path / "project", tmp_path / "src", Secrets(), is_on=True)
    hooks = _create_hook_manager()
    hooks.register(Hooks(watcher))
    runner().run(pipeline, catalog, hook_manager=hooks)
    found = {
        name: [(one.kind, Path(one.name).name) for one in watcher.of(name)]
        for name in ("once", "chunks", "nothing")
    }
    assert found == {
        "once": [("file", "one.txt"), ("variable", "API_TOKEN")],
        "chunks": [("file", "three.txt"), ("file", "two.txt")],
        "nothing": [],
    }
    # A secret could be guessed from its digest.
    assert [one.digest for one in watcher.of("once") if one.kind == "variable"] == [None]
    assert not watch.is_on()


def test_nobody_looks_where_it_is_turned_off(tmp_path):
    """And nothing is seen."""
    watcher = NodeWatcher(tmp_path, tmp_path / "src", Secrets(), is_on=False)
    reading = node(Path(__file__).read_text, None, "text", name="reading")
    watcher.begins(reading, DataCatalog())
    assert not watch.is_on()
    watcher.ends(reading)
    assert watcher.of("reading") == ()
