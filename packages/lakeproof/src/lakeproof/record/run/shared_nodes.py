"""Nodes that the mixes of one explanation need not run twice: their outputs, by what made them.

A node whose function, inputs and parameters are the same by digest gives the same again, where code
and set-up are: whoever starts the runs gives those that agree in these one folder. What a node gave
is kept only where the record says that it reached for nothing else: no random state, clock, file,
variable, address or program, nothing logged or told by itself. Not for plans, which are nothing
before they are computed; nor for generators.
"""

import hashlib
import io
import json
import os
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from inspect import isgeneratorfunction
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from lakeproof.digest.form import form_of
from lakeproof.record.facts import NodeFacts, NodeIO
from lakeproof.record.node_io.node_io import cross

if TYPE_CHECKING:
    from kedro.pipeline.node import Node

TAKEN = "taken.json"
_COMPUTED = ("frame", "value", "model")
# The packages whose datasets read anew, each time, what they load.
_LOADING_ANEW = ("kedro_datasets", "lakeproof")
_MOST_BYTES = 256 * 1024**2


@dataclass
class _Begun:
    """A node that runs: what made its outputs, what was heard before, and then its outputs."""

    key: str
    heard: object
    content: bytes = b""
    tables: dict[str, str | None] = field(default_factory=dict)


class SharedNodes:
    """What nodes of one code and set-up gave, in a folder that is gone with the explanation.

    Args:
        folder: Where it is.
        told: The file that gets the names of the nodes that were taken from there.
    """

    def __init__(self, folder: Path, told: Path) -> None:
        self._folder = folder
        self._told = told
        self._begun: dict[str, _Begun] = {}
        self._functions: dict[str, Any] = {}
        self._taken: list[str] = []

    def begins(
        self, node: "Node", got: Sequence[NodeIO], inputs: Mapping[str, Any], heard: object
    ) -> None:
        """Let a node give what one like it gave, where there is one.

        Args:
            node: Its function comes next.
            got: Its inputs.
            inputs: These themselves, by dataset.
            heard: What was told and logged by now.
        """
        key = key_of(node, got, inputs)
        if key is None:
            return
        outputs = self._read(key)
        if outputs is None:
            self._begun[node.name] = _Begun(key, heard)
            return
        given = _as_given(node, outputs)
        self._functions[node.name] = node.func
        node.func = lambda *_, **__: given
        self._taken.append(node.name)

    def ends(
        self, node: "Node", outputs: Mapping[str, Any], tables: Sequence[str], heard: object
    ) -> None:
        """Hold what a node gave until it is known what it reached for.

        Args:
            node: It has run.
            outputs: By dataset.
            tables: Those among them whose digest in the record is that of a version.
            heard: What was told and logged by now.
        """
        if node.name in self._functions:
            node.func = self._functions.pop(node.name)
        begun = self._begun.get(node.name)
        if begun is None or begun.heard != heard or not outputs:
            self._begun.pop(node.name, None)
            return
        begun.tables = {name: cross(name, outputs[name]).digest for name in tables}
        try:
            begun.content = _pickled(dict(outputs))
        except Exception:  # whatever a class says of being kept
            del self._begun[node.name]

    def keep(self, nodes: Sequence[NodeFacts], is_watched: bool) -> None:
        """Keep what can be taken, now that the record is made; name what was."""
        self._told.write_text(json.dumps(self._taken), encoding="utf-8")
        for node in nodes:
            begun = self._begun.pop(node.name, None)
            if begun is None or not begun.content or not (is_watched and depends_on_inputs(node)):
                continue
            digests = {
                one.dataset: begun.tables.get(one.dataset, one.digest) for one in node.outputs
            }
            if None in digests.values():
                continue
            partial = self._folder / f"{token_hex(8)}.partial"
            partial.write_bytes(pickle.dumps((digests, begun.content)))
            os.replace(partial, self._folder / begun.key)

    def _read(self, key: str) -> dict[str, Any] | None:
        """Give what was kept, if it is still what its digests say."""
        with suppress(Exception):
            digests, content = pickle.loads((self._folder / key).read_bytes())
            outputs: dict[str, Any] = pickle.loads(content)
            if {name: cross(name, value).digest for name, value in outputs.items()} == digests:
                return outputs
        return None


def key_of(node: "Node", got: Sequence[NodeIO], given: Mapping[str, Any]) -> str | None:
    """Name what makes a node's outputs; `None` where part of it has no digest.

    Args:
        node: Its function is part of it, by name.
        got: Its inputs, whose digests are.
        given: These themselves, for what no digest says of them (`form_of`).
    """
    inputs = [(one.dataset, one.digest) for one in got]
    is_known = all(digest is not None for _, digest in inputs)
    if isgeneratorfunction(node.func) or not is_known or len(inputs) != len(set(node.inputs)):
        return None
    function = [getattr(node.func, name, "") for name in ("__module__", "__qualname__")]
    try:
        forms = [form_of(given.get(name)) for name in node.inputs]
    except Exception:  # whatever a class says of its parameters
        return None
    outputs = {"outputs": node.outputs, "function": function, "inputs": inputs, "forms": forms}
    content = json.dumps({"node": node.name, **outputs})
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def are_copies(datasets: Iterable[Any]) -> bool:
    """Tell whether a node gets its inputs for itself: else it may change what a later one gets.

    Only of datasets that are known: any other may hand on the very object, as a cache does.
    """
    return all(map(_is_copy, datasets))


def _is_copy(dataset: Any) -> bool:
    module: str = type(dataset).__module__
    if module == "kedro.io.memory_dataset":
        return _is_copied_on_load(getattr(dataset, "_data", None), dataset._copy_mode)
    return module.partition(".")[0] in _LOADING_ANEW


def _is_copied_on_load(data: Any, copy_mode: str | None) -> bool:
    """Tell whether what a node gets from memory is its own, down to what it may change in place.

    Kedro hands on a frame of Polars or Spark itself where no mode is set, and copies of one of
    pandas all but the objects in its cells: a list there is everybody's.
    """
    # Of Kedro's own, not promised: no run that shares nothing hangs on it.
    from kedro.io.memory_dataset import _infer_copy_mode

    mode = copy_mode or _infer_copy_mode(data)
    return mode != "assign" and not any(map(_is_of_objects, _columns(data)))


def _columns(data: Any) -> Iterator[Any]:
    """Give the columns of a frame of pandas that may hold any object, or such a column or array."""
    if type(data).__module__.partition(".")[0] not in ("pandas", "numpy"):
        return
    is_frame = hasattr(data, "iloc") and data.ndim == 2
    columns = (data.iloc[:, at] for at in range(data.shape[1])) if is_frame else (data,)
    yield from (one for one in columns if str(getattr(one, "dtype", "")) == "object")


def _is_of_objects(column: Any) -> bool:
    """Tell whether other things than text, numbers and times are in a column or an array."""
    from pandas.api.types import infer_dtype

    return bool(infer_dtype(column if column.ndim == 1 else column.ravel()) == "mixed")


def depends_on_inputs(node: NodeFacts) -> bool:
    """Tell whether nothing else was seen that could make a node's outputs others."""
    return (
        node.moves_random is False
        and not node.not_controlled
        and not node.clocks
        and bool(node.outputs)
        and all(
            one.kind in (*_COMPUTED, "table") and one.digest is not None and not one.holds_place
            for one in node.outputs
        )
    )


def _as_given(node: "Node", outputs: Mapping[str, Any]) -> Any:
    """Give outputs in the form in which the node's function returns them."""
    form: Any = node._outputs
    if isinstance(form, str):
        return outputs[form]
    if isinstance(form, Mapping):
        return {name: outputs[dataset] for name, dataset in form.items()}
    return [outputs[dataset] for dataset in form]


class _Bounded(io.BytesIO):
    """Memory for so much, and no more."""

    def write(self, data: Any, /) -> int:
        if self.tell() + len(data) > _MOST_BYTES:
            raise MemoryError
        return super().write(data)


def _pickled(outputs: dict[str, Any]) -> bytes:
    file = _Bounded()
    pickle.dump(outputs, file, protocol=pickle.HIGHEST_PROTOCOL)
    return file.getvalue()
