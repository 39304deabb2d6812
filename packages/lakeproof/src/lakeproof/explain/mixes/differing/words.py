"""What a player was in A and in B, in few words for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from lakeproof.explain.mixes.differing.data_groups import DataGroup
from lakeproof.explain.mixes.differing.model_parts import ModelParts
from lakeproof.explain.mixes.facts import Side
from lakeproof.record.facts import Record
from lakeproof.reproduce.comparison.received import plain_name
from lakeproof.reproduce.outcomes import Factor
from lakeproof.spelling import first_of

_MOST_CHARACTERS = 40
_SHORT = 8
_DIGEST = 12


def state_of(group: DataGroup, record: Record) -> str:
    """Say what a record has of some data: a table at its version, or how many files."""
    read = [one for one in record.inputs.tables if plain_name(one.dataset) == group.name]
    if read:
        last = max(read, key=lambda one: (one.is_own, one.version))
        return f"{group.name} {last.version}"
    written = [one for one in record.outputs.tables if plain_name(one.dataset) == group.name]
    if written:
        return f"{group.name} {written[-1].version}"
    files = [one for one in record.inputs.files if plain_name(one.dataset) == group.name]
    if len(files) == 1:
        return f"{files[0].path.rpartition('/')[2]} {files[0].sha256[:_SHORT]}"
    return f"{len(files)} files" if files else "none"


def rows_learnt(
    side: Side, first: tuple[Record, ModelParts], second: tuple[Record, ModelParts]
) -> str:
    """Say how many rows either run learnt from, or asked about, where its models tell."""
    counts = [_count(side, record, parts) for record, parts in (first, second)]
    if None in counts:
        return ""
    what = "training rows" if side == "learnt" else "test rows"
    return f"{counts[0]} → {counts[1]} {what}"


def _count(side: Side, record: Record, parts: ModelParts) -> int | None:
    """Count the rows that whatever makes the model gets; or what is made with it, else is asked."""
    tables = {plain_name(one.dataset): one.rows for one in record.inputs.tables}
    tables |= {plain_name(one.dataset): one.rows for one in record.outputs.tables}
    for node in record.nodes:
        gets = {plain_name(one.dataset) for one in node.inputs}
        gives = {plain_name(one.dataset) for one in node.outputs}
        is_meant = gives & set(parts.models) if side == "learnt" else gets & set(parts.models)
        if not is_meant:
            continue
        for crossings in [node.inputs] if side == "learnt" else [node.outputs, node.inputs]:
            counts = {tables.get(plain_name(one.dataset), one.rows) for one in crossings} - {None}
            if len(counts) == 1:
                return counts.pop()
    return None


def value_of(value: Any) -> str:
    """Give a value of a parameter, bounded."""
    if value is None:
        return "none"
    if isinstance(value, Mapping) and value:
        value = ", ".join(
            f"{name} {'not set' if one is None else one}" for name, one in value.items()
        )
    text = str(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


def of_code(found: Sequence[Factor], a: Record, b: Record) -> tuple[str, str, str]:
    """Say which commits, and how many files differ."""
    files = [path for one in found if one.factor == "code" for path in one.actual["files"]]
    names = [one.factor for one in found if one.factor != "code"]
    said = [*files, *names]
    before, after = (
        (record.code.commit or "no commit")[:_SHORT] + ("+" if record.code.is_dirty else "")
        for record in (a, b)
    )
    return before, after, first_of(said, 1)


def of_set_up(name: str, found: Sequence[Factor]) -> tuple[str, str, str]:
    """Say what one thing was; of several, how many there are."""
    if len(found) == 1:
        one = found[0]
        title = one.factor.partition(":")[2]
        values = (value_of(one.expected), value_of(one.actual))
        return (*(f"{title} {value}".strip() for value in values), "")  # type: ignore[return-value]
    named = [one.factor.partition(":")[2] or one.factor for one in found]
    return f"A's {name}", f"B's {name}", first_of(named, 3)
