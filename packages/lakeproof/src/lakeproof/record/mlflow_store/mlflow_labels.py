"""How a run looks in MLflow's pages: its name, the tags to filter by, a description to read.

Made of its record alone, which holds no secrets. Nothing reads any of it back: the record is the
truth, and this is for people.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

from lakeproof.record.facts import Record, TableRead, TableWritten
from lakeproof.record.mlflow_store.store import REPRODUCES
from lakeproof.record.setup.parameters import leaves
from lakeproof.spelling import spelled

NOTE = "mlflow.note.content"
VERSION, WRITTEN = "lakeproof.version.", "lakeproof.written."

# What MLflow refuses in the name of a tag or a parameter.
_NOT_IN_NAMES = re.compile(r"[^/\w.\- :]", re.ASCII)
_LONGEST_KEY = 250
_LONGEST_NAME = 120
# Older servers take no more in a tag.
_LONGEST_NOTE = 5_000
_MOST_ROWS = 20
_SHORT_ID, _SHORT_DIGEST = 8, 18
_VERSION = ("table", "version", "rows", "content")


def name_of(record: Record) -> str:
    """Name a run by what tells it from its neighbours: pipelines, data, and what was asked for.

    Data are the versions that came from outside of the run, else the first that it made itself.
    """
    run = record.run
    read = _versions_read(record)
    own = {table.dataset for table in record.inputs.tables if table.is_own}
    shown = [name for name in read if name not in own] or list(read)[:1]
    pipelines = "+".join(name.strip("_") for name in run.pipelines)
    parts = [
        pipelines + (" on " + " ".join(f"{name}@{read[name]}" for name in shown) if shown else "")
    ]
    given = run.options.get("params")
    if isinstance(given, dict):
        parts += [f"{name}={value}" for name, value in leaves(given)]
    if run.kedro_env != "local":
        parts[0] = f"{run.kedro_env}: {parts[0]}"
    return _cut(" ".join(", ".join(parts).split()), _LONGEST_NAME)


def tags_of(record: Record) -> dict[str, str]:
    """Give the tags by which people filter runs; each says one thing that the record says too."""
    tags = {
        "lakeproof.code": record.code.tree,
        "lakeproof.git_commit": record.code.commit or "",
        "lakeproof.is_dirty": str(record.code.is_dirty).lower(),
        REPRODUCES: record.run.reproduces or "",
    }
    if record.run.command and not record.run.reproduces:
        # kedro-mlflow puts one together here that leaves out parameters and more.
        tags["kedro_command"] = _cut(shlex.join(record.run.command), _LONGEST_NOTE)
    outputs = {table.dataset: table.version for table in record.outputs.tables}
    for name, version in {**outputs, **_versions_read(record)}.items():
        tags[key_of(f"{VERSION}{name}")] = str(version)
    for table in record.outputs.tables:
        if table.written:
            tags[key_of(f"{WRITTEN}{table.dataset}")] = str(table.version)
    return {key: value for key, value in tags.items() if value}


def key_of(name: str) -> str:
    """Write a name so that MLflow takes it for that of a tag or a parameter."""
    return _NOT_IN_NAMES.sub("_", name)[:_LONGEST_KEY]


def description_of(record: Record, outcome: Sequence[str] = ()) -> str:
    """Describe a run in Markdown: what was read, what came out, how to have it again.

    Args:
        record: The run's.
        outcome: What to say first, such as the verdict of a re-run; a paragraph each.
    """
    parts = [*outcome, *_parts(record)]
    text = "\n\n".join(part for part in parts if part)
    if len(text) <= _LONGEST_NOTE:
        return text
    rest = f"\n\n… and more: kedro show {record.run.run_id[:_SHORT_ID]}"
    # Whole lines: half a row of a table would be read as another one.
    return text[: _LONGEST_NOTE - len(rest)].rpartition("\n")[0] + rest


def literal(text: object) -> str:
    """Write text that came from a run so that Markdown leaves it alone, also within a table."""
    line = spelled(" ".join(str(text).split()), kept="")
    return f"`{line.replace('`', chr(39)).replace('|', chr(92) + '|')}`" if line else ""


def _parts(record: Record) -> Iterator[str]:
    run, code = record.run, record.code
    if run.error:
        place = f" at node {literal(run.failed_node)}" if run.failed_node else ""
        yield f"**Failed{place}:** {literal(_cut(run.error, 500))}"
    if run.status == "FINISHED":
        yield f"**Have it again:** `kedro reproduce {run.run_id[:_SHORT_ID]}`"
    yield _table("Read", _VERSION, (_version(t) for t in record.inputs.tables if not t.is_own))
    files = [literal(file.path) for file in record.inputs.files if not file.is_own]
    if files:
        more = f" and {len(files) - _MOST_ROWS} more" if len(files) > _MOST_ROWS else ""
        yield f"**Read files:** {', '.join(files[:_MOST_ROWS])}{more}"
    yield _table(
        "Came out",
        ["metric", "value"],
        ([literal(name), one.value] for name, one in sorted(record.metrics.items())),
    )
    yield _table("Written", _VERSION, map(_version, record.outputs.tables))
    commit = literal(code.commit[:_SHORT_ID]) if code.commit else "none"
    changes = ", with changes that were not committed" if code.is_dirty else ""
    yield f"**Code:** commit {commit}{changes}"
    # A re-run's own command names files that are gone.
    if run.command and not run.reproduces:
        yield f"**Asked for:** {literal(_cut(shlex.join(run.command), 500))}"


def _version(table: TableRead | TableWritten) -> list[object]:
    content = literal(_cut(table.digest, _SHORT_DIGEST))
    return [literal(table.dataset), table.version, table.rows, content]


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    found = list(rows)
    if not found:
        return ""
    lines = [
        f"**{title}**",
        "",
        f"| {' | '.join(headings)} |",
        f"|{'---|' * len(headings)}",
        *(f"| {' | '.join(map(str, row))} |" for row in found[:_MOST_ROWS]),
    ]
    if len(found) > _MOST_ROWS:
        lines += ["", f"… and {len(found) - _MOST_ROWS} more"]
    return "\n".join(lines)


def _versions_read(record: Record) -> dict[str, int]:
    """Give the version of each table as it was read first, also of what the run wrote before."""
    versions: dict[str, int] = {}
    for table in record.inputs.tables:
        versions.setdefault(table.dataset, table.version)
    return versions


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
