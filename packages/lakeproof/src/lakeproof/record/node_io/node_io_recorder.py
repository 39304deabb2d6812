"""Everything that crosses between nodes and datasets, in order, so that a divergence has a place.

Digests are made as data pass, in the thread that loads or saves. Those of tables wait for the end
of the run: they are known to the table's log, or read once for all who read that version.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from inspect import isgeneratorfunction
from typing import TYPE_CHECKING, Any

from lakeproof.deliveries.arrivals import Arrivals
from lakeproof.deliveries.file_digests import digest_files
from lakeproof.record.facts import ModelFacts, NodeFacts, NodeIO
from lakeproof.record.node_io import random_states
from lakeproof.record.node_io.clocks import clocks_in
from lakeproof.record.node_io.mentions import mentions
from lakeproof.record.node_io.models import describe_model
from lakeproof.record.node_io.node_io import cross, is_model, joined, keeps_pictures
from lakeproof.record.node_io.random_states import RandomStates
from lakeproof.record.node_io.run_files import FileRecorder
from lakeproof.record.node_io.spark_rows import digest_rows, is_spark_frame, is_written_by_spark
from lakeproof.record.node_io.table_facts import TableRecorder
from lakeproof.record.node_io.watcher import NodeWatcher
from lakeproof.record.places.dataset_places import is_in_memory
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.versioned.contract import is_versioned
from lakeproof.versioned.run_tables import RunTables, TableUse

if TYPE_CHECKING:
    from kedro.pipeline.node import Node


@dataclass
class _Passage:
    """One node's way through a run."""

    node: "Node"
    started: float
    ended: float
    inputs: dict[str, list[NodeIO | TableUse | Arrivals]] = field(default_factory=dict)
    outputs: dict[str, list[NodeIO | TableUse | Arrivals]] = field(default_factory=dict)
    clocks: dict[str, str] = field(default_factory=dict)
    # Those that all nodes share, as its function found them; nothing while it does not run.
    random_states: RandomStates | None = None
    moves_random: bool | None = None


class NodeIORecorder:
    """Watch what crosses.

    Args:
        tables: The tables of the run.
        files: Takes note of what is not a table.
        secrets: What must not even be digested: a short secret could be guessed from its digest.
    """

    def __init__(self, tables: RunTables, files: FileRecorder, secrets: Secrets) -> None:
        self._tables = tables
        self._files = files
        self._secrets = secrets
        self._lock = threading.Lock()
        self._passages: dict[str, _Passage] = {}
        self._began = time.time()
        self._models: dict[str, ModelFacts] = {}

    @property
    def models(self) -> tuple[ModelFacts, ...]:
        """The models that were fitted, in order."""
        return tuple(self._models.values())

    @property
    def node_names(self) -> tuple[str, ...]:
        """The nodes that ran, in the order in which they began."""
        return tuple(self._passages)

    def begins(self, node: "Node") -> None:
        """Start a node's clock at its first load."""
        with self._lock:
            now = time.monotonic()
            self._passages.setdefault(node.name, _Passage(node, now, now))

    def loaded(self, node: "Node", name: str, dataset: Any, data: Any) -> None:
        """Digest what a node gets."""
        self.begins(node)
        if name == "parameters" or name.startswith("params:"):
            redacted, _ = self._secrets.redact({name.removeprefix("params:"): data})
            crossing: NodeIO | TableUse | Arrivals = cross(name, redacted)
        elif is_versioned(dataset):
            crossing = self._use(name, "read")
        elif isinstance(data, Arrivals):
            # What comes is known when it has come.
            crossing = data
            self._files.follows(name, data)
        else:
            crossing = cross(name, data, is_stored=not is_in_memory(dataset))
            if mentions(data, self._files.here):
                crossing = replace(crossing, holds_place=True)
            self._files.loaded(dataset, data, crossing)
        self._passages[node.name].inputs.setdefault(name, []).append(crossing)

    def received(self, node: "Node", tables: TableRecorder) -> tuple[NodeIO, ...]:
        """Give what a node has got, in the order of its signature."""
        inputs = self._passages[node.name].inputs
        return tuple(
            joined([_settled(name, part, tables) for part in inputs[name]])
            for name in dict.fromkeys(node.inputs)
            if name in inputs
        )

    def computes(self, node: "Node") -> None:
        """Take note of the random states that all nodes share: its function comes next."""
        self._passages[node.name].random_states = random_states.found()

    def _looks(self, node: "Node") -> None:
        passage = self._passages[node.name]
        if passage.random_states is not None:
            has_moved = random_states.found() != passage.random_states
            passage.moves_random = passage.moves_random or has_moved
            passage.random_states = None

    def computed(self, node: "Node", inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """Describe the models that a node has just fitted."""
        if not isgeneratorfunction(node.func):
            self._looks(node)
        for name, output in outputs.items():
            if is_model(output):
                self._models[name] = describe_model(name, output, list(inputs.values()))
        self._ends(node)

    def saves(self, node: "Node", name: str, dataset: Any) -> None:
        """Look at what a dataset has before it takes what a node gives.

        What names a model at random is none of the node's doing.
        """
        self._looks(node)
        if not is_versioned(dataset):
            self._files.saves(dataset, name)

    def saved(self, node: "Node", name: str, dataset: Any, data: Any) -> None:
        """Digest what a node has given and a dataset has taken."""
        if is_versioned(dataset):
            crossing: NodeIO | TableUse = self._use(name, "written")
        else:
            known = self._models.get(name)
            crossing = (
                NodeIO(name, "model", known.digest)
                if known is not None and known.digest is not None
                else cross(name, data, not is_in_memory(dataset), keeps_pictures(dataset))
            )
            if mentions(data, self._files.here):
                crossing = replace(crossing, holds_place=True)
            files = self._files.saved(dataset, data, crossing, self._tables.run_id)
            is_by_spark = is_spark_frame(data) or is_written_by_spark(files)
            if files and is_by_spark and (rows := digest_rows(dataset, files)):
                crossing = replace(crossing, kind="frame", digest=rows, note=None)
        passage = self._passages[node.name]
        passage.outputs.setdefault(name, []).append(crossing)
        if clocks := clocks_in(data, self._began):
            passage.clocks[name] = ", ".join(clocks)
        if isgeneratorfunction(node.func):
            self.computes(node)
        self._ends(node)

    def nodes(self, tables: TableRecorder, watcher: NodeWatcher) -> tuple[NodeFacts, ...]:
        """Give the nodes in the order in which they ended, with all their crossings.

        Args:
            tables: Knows the digests of table versions.
            watcher: Knows what they reached for besides.
        """

        def settled(name: str, parts: list[NodeIO | TableUse | Arrivals]) -> NodeIO:
            return joined([_settled(name, part, tables) for part in parts])

        in_order = sorted(self._passages.values(), key=lambda passage: passage.ended)
        return tuple(
            NodeFacts(
                name=passage.node.name,
                duration_s=round(passage.ended - passage.started, 6),
                inputs=tuple(
                    settled(name, passage.inputs[name])
                    for name in dict.fromkeys(passage.node.inputs)
                    if name in passage.inputs
                ),
                outputs=tuple(
                    settled(name, passage.outputs[name])
                    for name in dict.fromkeys(passage.node.outputs)
                    if name in passage.outputs
                ),
                not_controlled=watcher.of(passage.node.name),
                clocks=tuple(f"{name}: {place}" for name, place in passage.clocks.items()),
                moves_random=passage.moves_random,
            )
            for passage in in_order
        )

    def _ends(self, node: "Node") -> None:
        self._passages[node.name].ended = time.monotonic()

    def _use(self, name: str, kind: Any) -> NodeIO | TableUse:
        use = self._tables.last_use(name, kind)
        return use if use is not None else NodeIO(name, "opaque", None, "nothing was committed")


def _settled(name: str, part: NodeIO | TableUse | Arrivals, tables: TableRecorder) -> NodeIO:
    if isinstance(part, Arrivals):
        return NodeIO(name, "files", digest_files(part.deliveries))
    return part if isinstance(part, NodeIO) else tables.crossing(part)
