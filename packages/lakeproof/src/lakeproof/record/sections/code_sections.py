"""What ran: commit and working tree, configuration, parameters."""

from collections.abc import Iterator, Sequence

from lakeproof.record.facts import CodeFacts, Content, Record, leaves
from lakeproof.views import blocks
from lakeproof.views.blocks import Listing, Section, Sentences, Table, facts, section, table
from lakeproof.views.values import shown

_MOST_LINES = 300
_LONGEST_LINE = 400


def code(record: Record) -> Section:
    """Say which commit ran, and what the working tree had beyond it."""
    found = record.code
    snapshot, diff = found.snapshot, found.diff
    bundle = snapshot.bundle if snapshot else None
    withheld = (f"The changes are not shown: {diff.withheld}.",) if diff and diff.withheld else ()
    return section(
        "Code",
        facts(
            {
                "commit": blocks.code(found.commit or "no commit"),
                "state": _state(found) if found.commit else None,
                "snapshot": blocks.code(snapshot and (snapshot.commit or f"none: {snapshot.note}")),
                "remote": blocks.code(found.remote),
                "digest": blocks.code(f"{found.tree} of {len(found.files)} files"),
                "changes": diff and f"{diff.size} bytes",
                "changed during the run": ", ".join(found.changed_during_run) or None,
                "bundle": bundle and blocks.code(f"{bundle.artifact} ({bundle.size} bytes)"),
                "no bundle": snapshot and snapshot.not_bundled,
            }
        ),
        _contents("untracked file", found.untracked),
        _contents("left out of the snapshot", snapshot.left_out if snapshot else ()),
        _contents("left out of the bundle", bundle.left_out if bundle else ()),
        Sentences(withheld),
        Listing(_bounded(diff.text) if diff is not None and diff.text else "", is_side=True),
    )


def configuration(record: Record) -> Section:
    """Say which configuration was read, and which of its files are known by digest alone."""
    found = record.configuration
    return section(
        "Configuration",
        facts(
            {
                "folder": found.source,
                "environments": ", ".join(found.environments),
                "digest": blocks.code(f"{found.digest} of {len(found.files)} files"),
            }
        ),
        _contents("withheld file", [file for file in found.files if file.withheld]),
    )


def parameters(record: Record) -> Section:
    """List every parameter as the nodes got it."""
    sources = record.parameters.sources
    rows = (
        [name, shown(repr(value))[:_LONGEST_LINE], sources.get(name)]
        for name, value in leaves(record.parameters.values)
    )
    return section(
        "Parameters", table({"parameter": "text", "value": "code", "from": "text"}, rows)
    )


def _state(found: CodeFacts) -> str:
    if found.is_dirty:
        return "with changes that were not committed"
    if found.kept_commit != found.commit:
        return "as committed, and with files that git itself does not hold"
    return "exactly as committed"


def _contents(heading: str, found: Sequence[Content]) -> Table:
    return table(
        {heading: "text", "bytes": "number", "content": "code", "withheld": "text"},
        ([one.path, one.size, f"sha256:{one.sha256}", one.withheld] for one in found),
        is_side=True,
    )


def _bounded(text: str) -> str:
    return "\n".join(_lines(text))


def _lines(text: str) -> Iterator[str]:
    lines = text.rstrip("\n").split("\n")
    for line in lines[:_MOST_LINES]:
        yield line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
    if len(lines) > _MOST_LINES:
        yield f"… and {len(lines) - _MOST_LINES} more lines, which are in the record"
