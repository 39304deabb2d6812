"""What two runs read from outside of themselves, set side by side.

Reads the two records and nothing else. Not for what a difference means (`factors`, `verdict`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from lakeproof.record.facts import FileFacts, InputFacts, OutputFacts, Record
from lakeproof.reproduce.comparison.verdict import Input, InputKind, InputPair


def pair_inputs(expected: Record, actual: Record) -> tuple[InputPair, ...]:
    """Set what two runs read from outside side by side: tables, files, then all else.

    What a run wrote itself before it read it is no input of the run; a table that it wrote upon is.
    """
    pairs = [
        *_pair("table", _tables(expected.inputs), _tables(actual.inputs)),
        *_pair("table", _built_upon(expected.outputs), _built_upon(actual.outputs)),
        *_pair_files(expected.inputs, actual.inputs),
        *_pair("value", _values(expected.inputs), _values(actual.inputs)),
        *_pair("model", _models(expected.inputs), _models(actual.inputs)),
    ]
    return tuple(pairs)


def as_read(pair: InputPair, expected: Record, actual: Record) -> InputPair:
    """Set the versions of a table side by side that were read, whoever had made them.

    One run may have found what the other one made; and where both built upon another start, what
    they read of the table is what went on from there, and says more than the start.
    """
    found = pair.expected or pair.actual
    if pair.kind != "table" or found is None:
        return pair
    read = _read(pair.dataset, expected), _read(pair.dataset, actual)
    if found.is_start:
        is_told = None not in read and read[0] != read[1]
        return replace(pair, expected=read[0], actual=read[1]) if is_told else pair
    return replace(pair, expected=pair.expected or read[0], actual=pair.actual or read[1])


def _read(dataset: str, record: Record) -> Input | None:
    """Give the last version of a table that a run read, of its own making if there is one."""
    read = (one for one in record.inputs.tables if one.dataset == dataset)
    last = max(read, key=lambda one: (one.is_own, one.version), default=None)
    return Input(last.digest, last.version, last.table_id) if last is not None else None


def _tables(inputs: InputFacts) -> Iterator[tuple[str, Input]]:
    for one in inputs.tables:
        if not one.is_own:
            is_verified = one.digest_from == "rows"
            yield one.dataset, Input(one.digest, one.version, one.table_id, is_verified)


def _built_upon(outputs: OutputFacts) -> Iterator[tuple[str, Input]]:
    """Give the tables as they were before the run: what a merge makes hangs on what was there."""
    for one in outputs.tables:
        is_kept = one.mode != "overwrite"
        if is_kept and one.started_at is not None and one.started_digest is not None:
            start = Input(one.started_digest, one.started_at, one.table_id, is_start=True)
            yield one.dataset, start


def _values(inputs: InputFacts) -> Iterator[tuple[str, Input]]:
    for one in inputs.values:
        yield one.dataset, Input(one.digest, note=one.note)


def _models(inputs: InputFacts) -> Iterator[tuple[str, Input]]:
    for one in inputs.models:
        yield one.dataset, Input(one.digest)


def _pair(
    kind: InputKind, expected: Iterable[tuple[str, Input]], actual: Iterable[tuple[str, Input]]
) -> Iterator[InputPair]:
    ours, theirs = _numbered(expected), _numbered(actual)
    for name, count in dict.fromkeys([*ours, *theirs]):
        yield InputPair(kind, name, name, ours.get((name, count)), theirs.get((name, count)))


def _numbered(inputs: Iterable[tuple[str, Input]]) -> dict[tuple[str, int], Input]:
    """Tell apart what was read more than once, such as two versions of a table."""
    found: dict[tuple[str, int], Input] = {}
    for name, one in inputs:
        found[name, sum(name == other for other, _ in found)] = one
    return found


def _pair_files(expected: InputFacts, actual: InputFacts) -> Iterator[InputPair]:
    ours = [one for one in expected.files if not one.is_own]
    theirs = [one for one in actual.files if not one.is_own]
    for one, other in _matched(ours, theirs):
        file = one or other
        if file is not None:
            read = (Input(f"sha256:{part.sha256}") if part else None for part in (one, other))
            yield InputPair("file", file.dataset, file.path, *read)


def _matched(
    ours: Sequence[FileFacts], theirs: Sequence[FileFacts]
) -> Iterator[tuple[FileFacts | None, FileFacts | None]]:
    """Match files by path, and by name those of a folder that has moved."""
    rest = list(theirs)
    for part in (PurePosixPath, lambda path: PurePosixPath(path).name):
        left = []
        for one in ours:
            key = one.dataset, part(one.path)
            same = next((file for file in rest if (file.dataset, part(file.path)) == key), None)
            if same is None:
                left.append(one)
            else:
                rest.remove(same)
                yield one, same
        ours = left
    yield from ((one, None) for one in ours)
    yield from ((None, other) for other in rest)
