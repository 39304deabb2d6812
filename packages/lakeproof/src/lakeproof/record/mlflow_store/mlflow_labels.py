"""How a run looks in MLflow's pages: its name, the tags to filter by, a description to read.

Made of its record alone, which holds no secrets. Nothing reads any of it back: the record is the
truth, and this is for people.
"""

import re
import shlex
from collections.abc import Iterable, Iterator

from lakeproof.record.facts import Maker, Record, leaves
from lakeproof.record.mlflow_store.store import CHECKOUT, REPRODUCES, USER
from lakeproof.record.sections import data_sections, run_sections
from lakeproof.views import markdown
from lakeproof.views.blocks import Commands, Pictures, Section, facts, section

NOTE = "mlflow.note.content"
VERSION, WRITTEN = "lakeproof.version.", "lakeproof.written."

# What MLflow refuses in the name of a tag or a parameter.
_NOT_IN_NAMES = re.compile(r"[^/\w.\- :]", re.ASCII)
_LONGEST_KEY = 250
_LONGEST_NAME = 120
# Older servers take no more in a tag.
_LONGEST_NOTE = 5_000
_SHORT_ID = 8


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
        **_of_maker(record.run.made_by),
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


def _of_maker(maker: Maker | None) -> dict[str, str]:
    if maker is None:
        return {}
    return {CHECKOUT: maker.checkout or "", USER: maker.user}


def key_of(name: str) -> str:
    """Write a name so that MLflow takes it for that of a tag or a parameter."""
    return _NOT_IN_NAMES.sub("_", name)[:_LONGEST_KEY]


def description_of(record: Record, outcome: Iterable[Section] = ()) -> str:
    """Describe a run in Markdown: how to reproduce it, what was read, what came out.

    Args:
        record: The run's.
        outcome: What to say first, such as the verdict of a re-run.
    """
    text = markdown.write([*outcome, *_sections(record)])
    return markdown.bounded(text, _LONGEST_NOTE, f"… and more: kedro show {_short(record)}")


def _sections(record: Record) -> Iterator[Section]:
    run = record.run
    failed = {"Failed": run.failed_node and f"at node {run.failed_node}", "Error": run.error}
    yield section("", facts(failed))
    if run.status == "FINISHED":
        yield section("", Commands((("Reproduce it", f"kedro reproduce {_short(record)}"),)))
    yield data_sections.inputs(record)
    yield data_sections.left_out(record)
    yield run_sections.metrics(record, None, Pictures(()))
    yield data_sections.outputs(record)
    changes = ", with changes that were not committed" if record.code.is_dirty else ""
    # A re-run's own command names files that are gone.
    command = run.command and not run.reproduces and shlex.join(run.command)
    commit = (record.code.commit or "no commit") + changes
    yield section("", facts({"Code": commit, "Command": command or None}))


def _short(record: Record) -> str:
    return record.run.run_id[:_SHORT_ID]


def _versions_read(record: Record) -> dict[str, int]:
    """Give the version of each table as it was read first, also of what the run wrote before."""
    versions: dict[str, int] = {}
    for table in record.inputs.tables:
        versions.setdefault(table.dataset, table.version)
    return versions


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
