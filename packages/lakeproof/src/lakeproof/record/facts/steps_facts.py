"""What went on between: nodes, models, metrics."""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

NodeIOKind = Literal["table", "frame", "model", "value", "files", "lazy", "picture", "opaque"]


@dataclass(frozen=True)
class NodeIO:
    """What passed between a node and a dataset.

    Args:
        dataset: The catalog name, or `params:…`.
        kind: `table` has the digest of its version; `frame`, `model` and `value` that of what
            passed, of a frame of Spark that of the rows it became; `files` that of names and
            contents; `lazy` was not computed, or a part of it; a `picture` is listed and does not
            count; `opaque` has no digest.
        digest: `rs1:…`, `frame2:…`, `model2:…`, `chunks2:…` (what a generator gave) or `sha256:…`;
            in older records `frame1`, `model1`, and `sha256` of chunks.
        note: Why there is none.
        holds_place: Whether a text in it names the place of the project, so that it is another
            wherever the project lies. Of what a node got nobody asks.
        rows: How many a frame or an array has; `None` of all else, and where nobody counted. Those
            of a table are told where it was read or written.
    """

    dataset: str
    kind: NodeIOKind
    digest: str | None
    note: str | None = None
    holds_place: bool = False
    rows: int | None = None


@dataclass(frozen=True)
class NotControlled:
    """What a node's function reached for that nothing holds still.

    Args:
        kind: `file` was read, `folder` listed or read as a whole, `written` is a file that it wrote
            outside of the catalog, `variable` one of the environment, `connection` an address or a
            database, `program` one that it started.
        name: A path, relative to the project where it lies inside; a variable's name; `host:port`
            or an address without credentials; a program's name.
        digest: `sha256:…` of the content when it was first reached for, or of a variable's value;
            `None` where there is none.
        note: Why not, or what else there is to say: `not there`, `not set`.
    """

    kind: Literal["file", "folder", "written", "variable", "connection", "program"]
    name: str
    digest: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class NodeFacts:
    """One node, in the order in which they ended.

    Args:
        name: Its name.
        duration_s: From its first load to its last save, in seconds.
        inputs: What it got, in the order of its signature.
        outputs: What it gave.
        not_controlled: What its function reached for beside its inputs, by kind and name; says
            nothing where nobody looked (`is_watched` of the record).
        clocks: The outputs that seem to hold the time of the run, each with its place:
            `report: made_at`. A guess, by which a divergence is explained.
        moves_random: Whether it left a random state that all nodes share (Python's, NumPy's,
            PyTorch's) another than it had found it; `None` where nobody looked.
    """

    name: str
    duration_s: float
    inputs: tuple[NodeIO, ...]
    outputs: tuple[NodeIO, ...]
    not_controlled: tuple[NotControlled, ...] = ()
    clocks: tuple[str, ...] = ()
    moves_random: bool | None = None


@dataclass(frozen=True)
class RowsLeftOut:
    """Rows that a node left out of those that it was given.

    Args:
        part: Which rows it collected: `training`, `test`.
        column: The column that has no value in them.
        rows: How many they are.
        of: How many the part has, these among them.
    """

    part: str
    column: str
    rows: int
    of: int


@dataclass(frozen=True)
class ModelFacts:
    """A fitted model.

    Args:
        dataset: The catalog name.
        digest: `model2:…` of what it learned; `None` where it cannot be digested.
        predictions: `frame2:…` of what it predicts for the first `prediction_rows` rows that it was
            fitted on; `None` where it cannot predict them.
        prediction_rows: How many rows.
        note: Why a digest is missing.
        settings: What decides whether it learns the same again, by its parameters' names:
            `random_state`, `n_jobs` and their like, also of the estimators in it; of what is
            neither a number nor `None` the type.
    """

    dataset: str
    digest: str | None
    predictions: str | None
    prediction_rows: int
    note: str | None = None
    settings: Mapping[str, int | str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    """A metric, to the last bit.

    Args:
        value: As a number; `None` where JSON has none for it (NaN, infinity).
        bits: The IEEE 754 double, big-endian, in 16 hexadecimal digits.
    """

    value: float | None
    bits: str

    @classmethod
    def of(cls, value: float) -> "Metric":
        """Write a double down."""
        bits = struct.pack(">d", value).hex()
        return cls(value if value - value == 0 else None, bits)

    @property
    def number(self) -> float:
        """Give the double that the bits are; it raises `ValueError` where they are none."""
        content = bytes.fromhex(self.bits)
        if len(self.bits) != 16 or len(content) != 8:
            raise ValueError(f"{self.bits!r} are not the bits of a double")
        return float(struct.unpack(">d", content)[0])

    @property
    def holds_together(self) -> bool:
        """Tell whether value and bits are the same number."""
        try:
            number = self.number
        except ValueError:
            return False
        if self.value is None:
            return not math.isfinite(number)
        # A value that JSON has is finite; -0.0 is not 0.0.
        return struct.pack(">d", self.value).hex() == self.bits and math.isfinite(number)
