"""What a run had beside its code, as lines of that code's configuration files: parameters, pins.

Works on the texts of a commit, and writes nothing. Parameters are those that the configuration in
git does not say: given by `--params`, or in files that it ignores. Pinned is what came from outside
of the run, and what it made of deliveries; what it derived is derived again.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from lakeproof.commands.catalog_edits.entries import read_entries, with_pin
from lakeproof.commands.catalog_edits.round_trip import edited
from lakeproof.commands.command_errors import CatalogError
from lakeproof.record.code import git
from lakeproof.record.code.git_files import files_of_tree
from lakeproof.record.facts import Record, leaves
from lakeproof.record.setup.parameters import FROM_COMMAND
from lakeproof.spelling import typed

_SUFFIXES = (".yml", ".yaml")
_SCALARS = (str, bool, int, float)


@dataclass(frozen=True)
class FileEdit:
    """A file of the repository before and after.

    Args:
        path: Relative to the repository.
        before: Its text in the commit.
        after: Its text with what the run had.
    """

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Edits:
    """All files that are to be changed, and what cannot be."""

    files: tuple[FileEdit, ...]
    notes: tuple[str, ...]


@dataclass
class _Texts:
    """The configuration files of a commit, those of the environment before those of the base."""

    before: dict[str, str]
    after: dict[str, str] = field(default_factory=dict)

    def change(self, kind: str, change: Callable[[str], str | None]) -> bool:
        """Change the first file of a kind that can be; say whether one could."""
        for path, text in self.before.items():
            if not any(part.startswith(kind) for part in PurePosixPath(path).parts):
                continue
            new = change(self.after.get(path, text))
            if new is not None:
                self.after[path] = new
                return True
        return False


def edits_of(top: Path, record: Record, commit: str) -> Edits:
    """Say which lines of a commit's configuration make it that of a run.

    Args:
        top: The repository.
        record: The run's.
        commit: Its code.
    """
    texts = _Texts(dict(_texts(top, record, commit)))
    notes = []
    for name, value in _own_parameters(record):
        if not texts.change("parameters", partial(_set, name=name, value=value)):
            shown = typed("kedro run --params", f"{name}={value}")
            notes.append(f"The parameter '{name}' stands in no file that can be edited: {shown}")
    for table, version in _pins(record).items():
        if not texts.change("catalog", partial(_pin, table=table, version=version)):
            shown = typed("kedro run --load-versions", f"{table}:{version}")
            notes.append(f"The table '{table}' has no entry that can be edited: {shown}")
    if record.parameters.redacted:
        notes.append(f"Secrets, which no record has: {', '.join(record.parameters.redacted)}")
    files = (
        FileEdit(path, texts.before[path], text)
        for path, text in sorted(texts.after.items())
        if text != texts.before[path]
    )
    return Edits(tuple(files), tuple(notes))


def _texts(top: Path, record: Record, commit: str) -> Iterator[tuple[str, str]]:
    source = PurePosixPath(record.code.prefix, record.configuration.source)
    entries = files_of_tree(top, commit)
    for environment in reversed(record.configuration.environments):
        for raw in sorted(entries):
            path = PurePosixPath(raw)
            is_text = path.suffix in _SUFFIXES and path.is_relative_to(source / environment)
            if not is_text or entries[raw].mode not in ("100644", "100755"):
                continue
            content = git.ask(top, "cat-file", "blob", entries[raw].name)
            try:
                yield raw, content.decode()
            except UnicodeDecodeError:
                continue


def _own_parameters(record: Record) -> Iterator[tuple[str, Any]]:
    """Give the parameters that the commit's configuration does not say."""
    ignored = {one.path for one in record.configuration.files} - _committed(record)
    for name, value in leaves(record.parameters.values):
        source = record.parameters.sources.get(name, "")
        if name not in record.parameters.redacted and (
            source == FROM_COMMAND or source.removeprefix("conf/") in ignored
        ):
            yield name, value


def _committed(record: Record) -> set[str]:
    # Of the last environment, `conf/local` by custom, git has nothing.
    local = record.configuration.environments[-1:] == ("local",)
    return {
        one.path
        for one in record.configuration.files
        if not (local and one.path.startswith("local/"))
    }


def _pins(record: Record) -> dict[str, int]:
    # In the order in which nodes ended: each after those that it depends on.
    derived, tables = set[str](), {table.dataset for table in record.inputs.tables}
    for node in record.nodes:
        if (tables | derived) & {one.dataset for one in node.inputs}:
            derived |= {one.dataset for one in node.outputs}
    return {
        table.dataset: table.version
        for table in record.inputs.tables
        if not table.is_own or table.dataset not in derived
    }


def _pin(text: str, table: str, version: int) -> str | None:
    try:
        if not isinstance(read_entries(text).get(table), dict):
            return None
        return with_pin(text, table, version)
    except CatalogError:
        return None


def _set(text: str, name: str, value: Any) -> str | None:
    """Write a parameter where it stands; `None` where it does not, or no such line can be."""
    if not isinstance(value, _SCALARS) and value is not None:
        return None
    before = _loaded(text)
    way = _way(before, name)
    if way is None:
        return None

    def edit(document: Any) -> None:
        for key in way[:-1]:
            document = document[key]
        document[way[-1]] = _scalar(value)

    try:
        after = edited(text, edit)
    except (CatalogError, KeyError, TypeError):
        return None
    wanted = dict(leaves(before)) | {".".join(way): value}
    found = dict(leaves(_loaded(after)))
    is_so = found == wanted and type(found[".".join(way)]) is type(value)
    return after if is_so else None


def _loaded(text: str) -> Mapping[str, Any]:
    from omegaconf import OmegaConf

    try:
        found = OmegaConf.to_container(OmegaConf.load(io.StringIO(text)), resolve=False)
    except Exception:
        return {}
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}


def _way(document: Mapping[str, Any], name: str) -> list[str] | None:
    """Find the keys that lead to a leaf; one of them may have a point in it."""
    for key, value in document.items():
        if str(key) == name and not isinstance(value, dict):
            return [key]
        if isinstance(value, dict) and name.startswith(f"{key}."):
            rest = _way(value, name.removeprefix(f"{key}."))
            if rest is not None:
                return [key, *rest]
    return None


def _scalar(value: Any) -> Any:
    """Give what the editor, to which every scalar is text, writes as this value."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, str):
        return DoubleQuotedScalarString(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else repr(value)
