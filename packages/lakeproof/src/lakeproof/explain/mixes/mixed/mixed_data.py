"""The data of a mix: what its code reads and builds upon, each from the side that is chosen."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from lakeproof.explain.mixes.differing.model_parts import touched
from lakeproof.record.facts import (
    FileFacts,
    InputFacts,
    OutputFacts,
    Record,
    TableRead,
    TableWritten,
)
from lakeproof.reproduce.comparison.received import plain_name

Pins = Mapping[str, str]
_Used = TypeVar("_Used", FileFacts, TableRead, TableWritten)


def mixed_data(
    base: Record, sides: Mapping[str, Record], renamed: Mapping[str, str] | None = None
) -> tuple[InputFacts, OutputFacts, Pins]:
    """Give what a mix reads, what it writes upon, and the versions that it asks for.

    Args:
        base: The record of its code, which says what is used at all.
        sides: The record that each dataset is taken from; base where none is named.
        renamed: Datasets by the name that the other record has for them.
    """
    known = touched(base, [node.name for node in base.nodes])
    tables = [one for one in base.inputs.tables if plain_name(one.dataset) not in sides]
    files = [one for one in base.inputs.files if plain_name(one.dataset) not in sides]
    written = [one for one in base.outputs.tables if plain_name(one.dataset) not in sides]
    pins = {name: v for name, v in pins_of(base).items() if plain_name(name) not in sides}
    for dataset in (name for name in sides if name in known):
        record = _named(sides[dataset], dataset, (renamed or {}).get(dataset))
        reads, writes = _reads(dataset, record), _writes(dataset, record)
        ours = _writes(dataset, base)
        if writes and not ours:
            # Its code made it, and this mix's does not: it is read as it was made.
            reads, writes = [*_as_inputs(reads, writes)], []
        elif ours and reads and not writes:
            # This mix's code makes it, and is told to read another version.
            reads, writes = [replace(one, is_own=False) for one in reads], ours
            pins |= {one.dataset: str(one.version) for one in reads}
        pins |= {name: v for name, v in pins_of(record).items() if plain_name(name) == dataset}
        tables += reads
        written += writes
        files += [one for one in record.inputs.files if plain_name(one.dataset) == dataset]
    inputs = replace(
        base.inputs,
        tables=_in_order(tables, base.inputs.tables),
        files=_in_order(files, base.inputs.files),
    )
    outputs = replace(base.outputs, tables=_in_order(written, base.outputs.tables))
    return inputs, outputs, pins


def lacking(mixed: Record, base: Record, other: Record) -> Iterator[str]:
    """Say what the nodes of a mix read that the other run, from which it is taken, has not.

    They would find what is there today.

    Args:
        mixed: The mix, or a part of it.
        base: The record of its code.
        other: The other one.
    """
    read = [one.dataset for one in base.inputs.tables if not one.is_own]
    read += [one.dataset for one in base.inputs.files if not one.is_own]
    known = {plain_name(one.dataset) for one in mixed.inputs.tables}
    known |= {plain_name(one.dataset) for one in mixed.outputs.tables}
    known |= {plain_name(one.dataset) for one in mixed.inputs.files}
    known |= touched(other, [node.name for node in other.nodes])
    needed = touched(mixed, [node.name for node in mixed.nodes])
    for name in dict.fromkeys(map(plain_name, read)):
        if name in needed and name not in known:
            yield f"its code reads '{name}', which the other run does not have"


def only_of(
    inputs: InputFacts, outputs: OutputFacts, datasets: Collection[str]
) -> tuple[InputFacts, OutputFacts]:
    """Keep what some datasets are."""
    return (
        replace(
            inputs,
            tables=tuple(one for one in inputs.tables if plain_name(one.dataset) in datasets),
            files=tuple(one for one in inputs.files if plain_name(one.dataset) in datasets),
            values=tuple(one for one in inputs.values if plain_name(one.dataset) in datasets),
        ),
        replace(
            outputs,
            tables=tuple(one for one in outputs.tables if plain_name(one.dataset) in datasets),
        ),
    )


def pins_of(record: Record) -> dict[str, str]:
    """Give the versions that a run was asked to read."""
    given = record.run.options.get("load_versions")
    parts = given.split(",") if isinstance(given, str) and given else []
    return dict(part.split(":", 1) for part in parts)


def spelled(pins: Pins) -> str:
    """Write versions as `--load-versions` takes them."""
    return ",".join(f"{name}:{version}" for name, version in pins.items())


def _in_order(found: Iterable[_Used], as_in: Iterable[_Used]) -> tuple[_Used, ...]:
    """Put datasets in the order that a record has them in, and those that it has not last."""
    order = list(dict.fromkeys(plain_name(one.dataset) for one in as_in))
    known = {name: place for place, name in enumerate(order)}
    return tuple(sorted(found, key=lambda one: known.get(plain_name(one.dataset), len(known))))


def _named(record: Record, name: str, was: str | None) -> Record:
    """Give a record with one of its datasets under another name; that of its column stays."""
    if was is None:
        return record

    def here(found: Iterable[_Used]) -> tuple[_Used, ...]:
        return tuple(
            replace(one, dataset=one.dataset.replace(was, name, 1))
            if plain_name(one.dataset) == was
            else one
            for one in found
        )

    inputs, outputs = record.inputs, record.outputs
    return replace(
        record,
        inputs=replace(inputs, tables=here(inputs.tables), files=here(inputs.files)),
        outputs=replace(outputs, tables=here(outputs.tables)),
    )


def _reads(dataset: str, record: Record) -> list[TableRead]:
    return [one for one in record.inputs.tables if plain_name(one.dataset) == dataset]


def _writes(dataset: str, record: Record) -> list[TableWritten]:
    return [one for one in record.outputs.tables if plain_name(one.dataset) == dataset]


def _as_inputs(reads: list[TableRead], writes: list[TableWritten]) -> Iterator[TableRead]:
    own = [replace(one, is_own=False) for one in reads if one.is_own] or reads
    if own:
        yield from own
        return
    last = writes[-1]
    yield TableRead(
        dataset=last.dataset,
        uri=last.uri,
        table_id=last.table_id,
        version=last.version,
        columns=last.columns,
        rows=last.rows,
        digest=last.digest,
        digest_from=last.digest_from,
        pin=None,
        is_own=False,
    )
