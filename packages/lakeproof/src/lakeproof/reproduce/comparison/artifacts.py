"""What two runs made, artifact by artifact: there or not, and with which digest.

Reads the two records and nothing else. Not for what follows from a difference (`verdict`).
"""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lakeproof.record.facts import FileFacts, Metric, ModelFacts, NodeIO, Record, TableWritten
from lakeproof.reproduce.comparison import stored
from lakeproof.reproduce.comparison.received import Received, plain_name, received_otherwise
from lakeproof.reproduce.comparison.verdict import judge
from lakeproof.reproduce.outcomes import Artifact, ArtifactKind, ArtifactVerdict

_NO_COUNT = "does not count"


def makers(record: Record) -> dict[str, str]:
    """Give the node that made each artifact, by the artifact's name."""
    made = _Made(record).crossings.items()
    names = {name: node for name, (node, _) in made}
    return {**names, **{f"{node} → {name}": node for name, node in names.items()}}


@dataclass(frozen=True)
class _Side:
    """What one run has of an artifact: it is there, with a digest or without."""

    digest: str | None
    note: str | None = None
    holds_place: bool = False


_Sides = tuple[_Side | None, _Side | None]


class _Made:
    """What a run made, by dataset, in the order in which its nodes ended."""

    def __init__(self, record: Record) -> None:
        self.crossings: dict[str, tuple[str, NodeIO]] = {
            crossing.dataset: (node.name, crossing)
            for node in record.nodes
            for crossing in node.outputs
        }
        self.tables: dict[str, TableWritten] = {one.dataset: one for one in record.outputs.tables}
        self.models: dict[str, ModelFacts] = {one.dataset: one for one in record.models}
        self.files: dict[str, list[FileFacts]] = {}
        for file in record.outputs.files:
            self.files.setdefault(file.dataset, []).append(file)
        self.values = {one.dataset: one for one in record.outputs.values}
        self.used = {crossing.dataset for node in record.nodes for crossing in node.inputs}

    def names(self) -> list[str]:
        return [*self.crossings, *self.tables, *self.models, *self.files, *self.values]

    def kind(self, name: str) -> set[str]:
        return {self.crossings[name][1].kind} if name in self.crossings else set()

    def handed_over(self, name: str) -> _Side | None:
        """Say what a node handed over; a file that lies there from before is nobody's output."""
        if name in self.crossings:
            crossing = self.crossings[name][1]
            holds_place = crossing.holds_place or self._holds_place(name)
            return _Side(crossing.digest, crossing.note, holds_place)
        value = self.values.get(name)
        return _Side(value.digest, value.note) if value else None

    def on_disk(self, name: str) -> _Side | None:
        """Digest the files of a dataset, if it has any."""
        digest = stored.digest_of(self.files.get(name, ()))
        return _Side(digest, holds_place=self._holds_place(name)) if digest else None

    def _holds_place(self, name: str) -> bool:
        return any(file.holds_place for file in self.files.get(name, ()))


def pair_artifacts(expected: Record, actual: Record) -> Iterator[tuple[str, Artifact]]:
    """Pair everything that either run made, with the dataset (or metric) that it belongs to."""
    ours, theirs = _Made(expected), _Made(actual)
    exempt = {*expected.not_compared, *actual.not_compared}
    received = {
        plain_name(one.dataset): one
        for one in received_otherwise(expected, actual)
        if not one.is_input
    }
    for name in dict.fromkeys([*ours.names(), *theirs.names()]):
        counts = name not in exempt
        if name in ours.tables or name in theirs.tables:
            yield name, _table(name, ours.tables.get(name), theirs.tables.get(name), counts)
        elif name in ours.models or name in theirs.models:
            for one in _model(name, ours.models.get(name), theirs.models.get(name), counts):
                yield name, one
        else:
            made = _output(name, ours, theirs, counts)
            yield name, _as_received(made, received.get(plain_name(name)), counts)
    for name in sorted(expected.metrics.keys() | actual.metrics.keys()):
        metrics = expected.metrics.get(name), actual.metrics.get(name)
        yield name, _metric(name, *metrics, counts=name not in exempt)


def _paired(
    name: str, kind: ArtifactKind, sides: _Sides, counts: bool, detail: str | None = None
) -> Artifact:
    ours, theirs = sides
    digest, other = ours.digest if ours else None, theirs.digest if theirs else None
    verdict: ArtifactVerdict = judge(digest, other)
    if ours is None:
        verdict, detail = "differs", "the first run does not have it"
    elif theirs is None:
        verdict, detail = "missing", "the second run does not have it"
    elif verdict == "not comparable":
        notes = dict.fromkeys(side.note for side in (ours, theirs) if side.note)
        detail = "; ".join(notes) or "their digests are of different algorithms"
    if verdict == "differs" and any(side and side.holds_place for side in sides):
        detail = f"it holds the place; {detail}" if detail else "it holds the place"
    if not counts:
        detail = f"{_NO_COUNT}; {detail}" if detail else _NO_COUNT
    return Artifact(name, kind, verdict, digest, other, detail, counts)


def _table(
    name: str, expected: TableWritten | None, actual: TableWritten | None, counts: bool
) -> Artifact:
    ours, theirs = (_Side(one.digest) if one else None for one in (expected, actual))
    detail = "; ".join(_table_details(expected, actual)) if expected and actual else None
    artifact = _paired(name, "table", (ours, theirs), counts, detail or None)
    if artifact.verdict == "same" and expected and actual and _gave_otherwise(expected, actual):
        # What the table held already hides what was merged into it.
        return replace(artifact, verdict="differs")
    return artifact


def _gave_otherwise(expected: TableWritten, actual: TableWritten) -> bool:
    given = expected.handed_over, actual.handed_over
    return None not in given and given[0] != given[1]


def _table_details(expected: TableWritten, actual: TableWritten) -> Iterator[str]:
    ours, theirs = dict(expected.columns), dict(actual.columns)
    if ours != theirs:
        for name in dict.fromkeys([*ours, *theirs]):
            if ours.get(name) != theirs.get(name):
                change = f"{ours.get(name, 'none')} -> {theirs.get(name, 'none')}"
                yield f"column {name}: {change}"
    elif list(ours) != list(theirs):
        yield "the columns are in another order"
    if expected.rows != actual.rows:
        yield f"rows: {expected.rows} -> {actual.rows}"
    if _gave_otherwise(expected, actual):
        kinds = [str(one.handed_over).partition(":") for one in (expected, actual)]
        counts = [number.partition(" ")[0] for kind, _, number in kinds if kind == "rows"]
        if len(counts) < 2:
            yield "other deliveries were handed over"
        elif counts[0] == counts[1]:
            yield "other rows were handed over"
        else:
            yield f"rows handed over: {' -> '.join(counts)}"


def _model(
    name: str, expected: ModelFacts | None, actual: ModelFacts | None, counts: bool
) -> Iterator[Artifact]:
    ours, theirs = (
        (_Side(one.digest, one.note), _Side(one.predictions, one.note)) if one else (None, None)
        for one in (expected, actual)
    )
    model = _paired(name, "model", (ours[0], theirs[0]), counts)
    yield model
    # Two models that are the same predict the same: nothing is lost where neither could be asked.
    has_none = not any(one and one.digest for one in (ours[1], theirs[1]))
    is_idle = model.verdict == "same" and has_none
    yield _paired(name, "predictions", (ours[1], theirs[1]), counts and not is_idle)


def _output(name: str, ours: _Made, theirs: _Made, counts: bool) -> Artifact:
    """Compare what was handed over, and the bytes of the file that it became."""
    dataset = name
    is_saved = any(name in kept for made in (ours, theirs) for kept in (made.files, made.values))
    kinds = ours.kind(name) | theirs.kind(name)
    sides = ours.handed_over(name), theirs.handed_over(name)
    files = ours.on_disk(name), theirs.on_disk(name)
    if not any(sides):  # kept, though nobody saw it pass
        sides = files
    digests = [side.digest if side else None for side in sides]
    has_files = all(file for side, file in zip(sides, files, strict=True) if side)
    # Both by their bytes or neither: a file's digest says nothing about a value's.
    if has_files and judge(*digests) == "not comparable":
        sides = sides[0] and files[0], sides[1] and files[1]
    if not is_saved:
        # A plan that nobody has computed has no content; what it ends up in is compared there, if
        # it ends up anywhere.
        counts = counts and not (kinds == {"lazy"} and name in ours.used & theirs.used)
        maker, _ = ours.crossings.get(name) or theirs.crossings[name]
        name = f"{maker} → {name}"
    counts = counts and kinds != {"picture"}
    artifact = _paired(name, "file" if is_saved else "memory", sides, counts)
    # Of Spark's files the rows decide, in whatever order and number of files they are.
    is_rows = str(artifact.expected).startswith("rs1:")
    if kinds == {"picture"} or is_rows or not all(files):
        return artifact
    return _with_files(artifact, ours.files[dataset], theirs.files[dataset])


def _with_files(
    artifact: Artifact, ours: Sequence[FileFacts], theirs: Sequence[FileFacts]
) -> Artifact:
    """Judge by value and bytes: where the two disagree, the format of the file has a say.

    Other bytes are another artifact, also of a value that has the same digest, unless the format
    gives other bytes for the same value. Such bytes tell nothing of a value that has no digest.
    """
    kind = stored.difference(ours, theirs)
    by_bytes = artifact.expected == stored.digest_of(ours)
    detail = None
    if by_bytes and kind == "each time":
        detail = "its format writes other bytes each time, and the saved value has no digest"
        artifact = replace(artifact, verdict="not comparable")
    elif not by_bytes and artifact.verdict == "same" and kind == "content":
        detail = "the saved value has the same digest, the file has other bytes"
        digests = stored.digest_of(ours), stored.digest_of(theirs)
        artifact = replace(artifact, verdict="differs", expected=digests[0], actual=digests[1])
    elif not by_bytes and artifact.verdict == "same" and kind != "none":
        detail = "by value: this format writes other bytes each time"
    elif not by_bytes and artifact.verdict == "differs" and kind == "none":
        detail = "the file has the same bytes, the saved value has another digest"
    return replace(artifact, detail="; ".join(filter(None, (artifact.detail, detail))) or None)


def _as_received(artifact: Artifact, other: Received | None, counts: bool) -> Artifact:
    """Tell what has no digest apart by what the next node got of it, a plan by its rows."""
    if other is None or artifact.verdict != "not comparable":
        return artifact
    detail = f"as node '{other.node}' got it" + ("" if counts else f"; {_NO_COUNT}")
    return replace(
        artifact,
        verdict="differs",
        expected=other.expected,
        actual=other.actual,
        detail=detail,
        counts=counts,
    )


def _metric(name: str, expected: Metric | None, actual: Metric | None, counts: bool) -> Artifact:
    """Compare to the last bit; show numbers, for nobody reads bits."""
    ours, theirs = (_Side(f"float64:{one.bits}") if one else None for one in (expected, actual))
    detail = None
    if expected and actual and expected.bits != actual.bits:
        detail = _difference(expected.bits, actual.bits)
    return replace(
        _paired(name, "metric", (ours, theirs), counts, detail),
        expected=expected.value if expected else None,
        actual=actual.value if actual else None,
    )


def _difference(*bits: str) -> str:
    before, after = (float(struct.unpack(">d", bytes.fromhex(one))[0]) for one in bits)
    if not (math.isfinite(before) and math.isfinite(after)) or before == after:
        return f"{before!r} (bits {bits[0]}) -> {after!r} (bits {bits[1]})"
    return f"difference {after - before:+.17g}"
