"""Whether the facts of a record agree with each other, as far as the record alone can tell.

A record that was edited and sealed anew most often contradicts another fact of itself. One that was
made up as a whole agrees, and only a signature could tell it from an honest one.
"""

import base64
import binascii
import hashlib
from collections import defaultdict
from collections.abc import Iterator

from lakeproof.record.code.source import tree_digest
from lakeproof.record.facts import Content, Metric, NodeIO, Record, TableRead, TableWritten


def contradictions(record: Record) -> Iterator[str]:
    """Say which facts of a valid record cannot both be true, each in a few words."""
    yield from _of_code(record)
    for number, content in enumerate(record.configuration.files):
        yield from _of_content(content, f"configuration.files.{number}")
    found = tree_digest({file.path: file.sha256 for file in record.configuration.files})
    if found != record.configuration.digest:
        yield f"configuration.digest is not that of its files, which is {found}"
    for name, metric in record.metrics.items():
        yield from _of_metric(name, metric)
    yield from _of_versions(record)
    if record.run.status == "FINISHED":
        yield from _of_nodes(record)
        yield from _of_what_was_got(record)


def _of_code(record: Record) -> Iterator[str]:
    code = record.code
    # The snapshot may hold the bytes in their place.
    has_snapshot = code.kept_tree is not None
    if code.diff is not None:
        yield from _of_content(code.diff, "code.diff", has_snapshot)
    for number, content in enumerate(code.untracked):
        yield from _of_content(content, f"code.untracked.{number}", has_snapshot)
    found = tree_digest(code.files)
    if found != code.tree:
        yield f"code.tree is not the digest of code.files, which is {found}"


def _of_content(content: Content, place: str, is_elsewhere: bool = False) -> Iterator[str]:
    held = [one for one in (content.text, content.base64) if one is not None]
    if content.withheld is not None:
        if held:
            yield f"{place} is withheld and there"
        return
    if is_elsewhere and not held:
        return
    if len(held) != 1:
        yield f"{place} is there {'twice' if held else 'not at all'}, and not withheld"
        return
    try:
        data = _bytes(content)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        yield f"{place}.base64 is no base64"
        return
    if len(data) != content.size:
        yield f"{place} has {len(data):,} bytes, and its size is {content.size:,}"
    elif hashlib.sha256(data).hexdigest() != content.sha256:
        yield f"what {place} holds is not what its sha256 says"


def _bytes(content: Content) -> bytes:
    if content.text is not None:
        return content.text.encode()
    return base64.b64decode(content.base64 or "", validate=True)


def _of_metric(name: str, metric: Metric) -> Iterator[str]:
    if not metric.holds_together:
        yield (
            f"metrics.{name!a}: the value {metric.value!r} and the bits {metric.bits!a} are not "
            "one number"
        )


def _of_nodes(record: Record) -> Iterator[str]:
    """Hold what nodes gave against what became of it, where both have a digest of one kind."""
    given: dict[str, list[NodeIO]] = defaultdict(list)
    for node in record.nodes:
        for crossing in node.outputs:
            given[crossing.dataset].append(crossing)
    names = {node.name for node in record.nodes}
    for number, table in enumerate(record.outputs.tables):
        if table.node is not None and table.node not in names:
            yield f"outputs.tables.{number}.node is {table.node!a}, which did not run"
    kept = [(one.dataset, "table", one.digest) for one in record.outputs.tables]
    kept += [(one.dataset, "model", one.digest) for one in record.models if one.digest]
    for dataset, kind, digest in kept:
        for crossing in given[dataset] if len(given[dataset]) == 1 else ():
            has_both = crossing.kind == kind and crossing.digest is not None
            if has_both and _differ(str(crossing.digest), digest):
                yield (
                    f"the {kind} {dataset!a} is {digest}, and the node that made it gave "
                    f"{crossing.digest}"
                )


def _of_what_was_got(record: Record) -> Iterator[str]:
    """Hold what nodes got of a table against the versions of it that were read."""
    read: dict[str, set[str]] = defaultdict(set)
    for table in record.inputs.tables:
        read[table.dataset].add(table.digest)
    for node in record.nodes:
        for crossing in node.inputs:
            known = read[crossing.dataset]
            is_table = crossing.kind == "table" and crossing.digest is not None
            if is_table and known and all(_differ(str(crossing.digest), one) for one in known):
                yield (
                    f"node {node.name!a} got {crossing.digest} of the table {crossing.dataset!a}, "
                    f"of which {', '.join(sorted(known))} was read"
                )


def _of_versions(record: Record) -> Iterator[str]:
    """A version of a table has one content, under whichever names it was read and written."""
    found: dict[tuple[str, str, int], str] = {}
    tables: list[TableRead | TableWritten] = [*record.inputs.tables, *record.outputs.tables]
    for table in tables:
        known = found.setdefault((table.uri, table.table_id, table.version), table.digest)
        if _differ(known, table.digest):
            yield (
                f"version {table.version} of the table {table.dataset!a} is {known} in one place "
                f"and {table.digest} in another"
            )


def _differ(one: str, other: str) -> bool:
    return one != other and one.partition(":")[0] == other.partition(":")[0]
