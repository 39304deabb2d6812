"""`kedro deliveries declare`: write what files are, from a look at them, for a person to read over.

An environment's `globals.yml` gets the table's schema, key, target and dialect; its parameters what
the pipelines need to run on it (`parameter_files`). What those files hold beside is kept.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.commands.catalog import project_path_of
from lakeproof.commands.catalog_edits.round_trip import edited, load
from lakeproof.commands.command_errors import CatalogError
from lakeproof.commands.deliveries import declared_table
from lakeproof.commands.deliveries.parameter_files import Base, file_of, parameters_for
from lakeproof.commands.output import write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedro.framework.startup import ProjectMetadata

    from lakeproof.deliveries.look.proposal import Proposal

_PLAIN = re.compile(r"[A-Za-z_][\w./%-]*")
_NOT_PLAIN = re.compile("(?i)y|n|yes|no|on|off|true|false|null|none|nan")


@dataclass(frozen=True)
class Declared:
    """What was, or would be, written.

    Args:
        env: The environment.
        proposal: What was found.
        texts: The new content of each file, by its path within the project.
        is_written: Whether they were written.
        hints: What is left to do, in sentences.
    """

    env: str
    proposal: "Proposal"
    texts: Mapping[str, str]
    is_written: bool
    hints: tuple[str, ...]


def declare(
    metadata: "ProjectMetadata | None",
    files: "Sequence[Path]",
    env: str | None,
    key: list[str],
    target: str | None,
    is_dry: bool,
) -> Declared:
    """Look at files and write what could be declared of them.

    Args:
        metadata: The project.
        files: Deliveries of one kind, or the folder that they are in; or that of one Delta table.
        env: The environment to write; without it, the name of the files' folder in `data/01_raw`,
            or of the table's.
        key: The names of the key's columns; guessed where there are none.
        target: The name of the target; guessed where there is none.
        is_dry: Whether nothing is written.

    Raises:
        LakeproofError: A file cannot be read, or a file of the configuration cannot be edited.
    """
    from lakeproof.deliveries.look.proposal import propose

    project = project_path_of(metadata)
    table = files[0] if len(files) == 1 and declared_table.is_table(files[0]) else None
    files = files if table else [file for path in files for file in _files_of(path)]
    folder = _folder_of(project, files)
    env = env or (folder if table is None else table.resolve().name)
    if env is None:
        raise CatalogError(
            f"{files[0]} is in no folder of data/01_raw, by whose name the environment would be "
            "called. Nothing was written. Name one: kedro deliveries declare --env houses FILE…"
        )
    conf = Path("conf") / env
    base = Base.of(project)
    if table is None:
        proposal = propose([_delivery(file) for file in files], key, target)
        said = _globals(folder or env, proposal, files, base)
    else:
        proposal = declared_table.look_at(table, key, target)
        said = _globals_of_table(env, proposal, table, project)
    texts = {str(conf / "globals.yml"): said}
    for pipeline, values in parameters_for(proposal, base).items():
        place = str(conf / file_of(project / conf, pipeline))
        texts[place] = texts.get(place, "") + _parameters(pipeline, values)
    changed = {path: _merged(project / path, text, path) for path, text in texts.items()}
    if not is_dry:
        for path, text in changed.items():
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(project / path, text.encode())
    hints = _hints(project, files if table is None else (), env, folder)
    return Declared(env, proposal, changed, not is_dry, hints)


def document(done: Declared) -> dict[str, Any]:
    """Give the JSON document."""
    found = done.proposal
    return {
        "env": done.env,
        "written": done.is_written,
        "files": dict(done.texts),
        "rows": found.rows,
        "declared": {
            "key": found.key,
            "target": found.target,
            "task": found.task,
            "schema": found.schema,
            "csv": found.csv,
        },
        "no_features": found.no_features,
        "remarks": found.remarks,
    }


def render(done: Declared) -> str:
    """Write it for people: the files, what to look at, and what comes next."""
    parts = []
    for path, text in done.texts.items():
        parts.append(f"{'Wrote' if done.is_written else 'Would write'} {path}:\n\n{text}")
    found = done.proposal
    over = " Read it over:" if found.remarks else ""
    parts.append(f"By it, {found.rows:,} rows are read.{over}")
    parts += [f"  {remark}" for remark in found.remarks]
    parts += ["", *done.hints]
    return "\n".join(parts)


def _files_of(path: Path) -> list[Path]:
    """Give the files of a folder; any other path is one."""
    from lakeproof.deliveries.formats import KNOWN
    from lakeproof.deliveries.rows.files import ending_of

    if not path.is_dir():
        return [path]
    found = [
        one
        for one in sorted(path.iterdir())
        if one.is_file() and ending_of(one.name) in KNOWN and not one.name.startswith(("_", "."))
    ]
    if not found:
        raise CatalogError(
            f"No file in {path} has the ending of a delivery ({', '.join(KNOWN)}); folders below "
            "it are left alone. Nothing was written. Put the files into one folder."
        )
    return found


def _delivery(file: Path) -> Any:
    from lakeproof.checksum import sha256_of
    from lakeproof.deliveries import Delivery, Schema
    from lakeproof.deliveries.formats import parse

    if not file.is_file():
        raise CatalogError(f"There is no file {file}. Nothing was written. Correct the path.")
    return Delivery(file.name, sha256_of(file), file, Schema((), ()), parse)


def _folder_of(project: Path, files: "Sequence[Path]") -> str | None:
    """Name the folder of data/01_raw in which the files are delivered, if they are in one."""
    folder = files[0].resolve().parent
    return folder.name if folder.parent == (project / "data" / "01_raw").resolve() else None


def _globals(example: str, found: "Proposal", files: "Sequence[Path]", base: Base) -> str:
    pattern = "*" + "".join(
        files[0].suffixes[-2:] if _is_packed(files[0]) else files[0].suffixes[-1:]
    )
    lines = [
        f"# From a look at {files[0].name}"
        + (f" and {len(files) - 1} more" if len(files) > 1 else "")
        + ", to be read over.",
        f"example: {_yaml(example)}",
        f"key: {_yaml(found.key)}",
        f"target: {_yaml(found.target)}",
        f"task: {found.task}",
        f"pattern: {_yaml(pattern)}",
        "schema:",
        *(f"  {_yaml(name)}: {_yaml(one)}" for name, one in found.schema.items()),
        f"csv: {_yaml(found.csv)}",
        "sources: {}",
        # The base's table is not this one.
        *(["table: null"] if base.globals.get("table") else []),
    ]
    return "\n".join(lines) + "\n"


def _globals_of_table(example: str, found: "Proposal", table: Path, project: Path) -> str:
    place = table.resolve()
    if place.is_relative_to(project.resolve()):
        place = place.relative_to(project.resolve())
    lines = [
        f"# From a look at the table {table.name}, to be read over. It is read, and never written.",
        f"example: {_yaml(example)}",
        f"table: {_yaml(place.as_posix())}",
        f"key: {_yaml(found.key)}",
        f"target: {_yaml(found.target)}",
        f"task: {found.task}",
    ]
    return "\n".join(lines) + "\n"


def _parameters(pipeline: str, said: Mapping[str, Any]) -> str:
    lines = [f"{pipeline}:"]
    for name, value in said.items():
        if name == "estimators":
            lines += ["  estimators:", *(f"    {k}: {_yaml(one)}" for k, one in value.items())]
        else:
            lines.append(f"  {name}: {_yaml(value)}")
    return "\n".join(lines) + "\n"


def _merged(path: Path, proposed: str, name: str) -> str:
    """Put what is proposed into a file that is there, and keep what it holds beside."""
    if not path.exists():
        return proposed
    new = load(proposed)

    keeps = path.name != "globals.yml"
    try:
        return edited(path.read_text(encoding="utf-8"), lambda document: _put(document, new, keeps))
    except (CatalogError, AttributeError, TypeError) as error:
        raise CatalogError(
            f"{name} cannot be edited ({error}). Nothing was written. See what would be: kedro "
            "deliveries declare --dry-run --env another FILE…"
        ) from error


def _put(document: Any, new: Mapping[str, Any], keeps: bool) -> None:
    """Put values into a document; of parameters, what stands beside them is kept."""
    if not keeps and "schema" in new:
        # What was declared of a table before.
        document.pop("table", None)
    for key, value in new.items():
        if keeps and isinstance(value, dict) and isinstance(document.get(key), dict):
            _put(document[key], value, keeps)
        else:
            document[key] = value


def _hints(project: Path, files: "Sequence[Path]", env: str, folder: str | None) -> tuple[str, ...]:
    place = Path("data") / "01_raw" / (folder or env)
    apart = [file for file in files if file.resolve().parent != (project / place).resolve()]
    move = f"Put the files into {place}/. " if apart else ""
    run = "kedro run" if env == "base" else f"kedro run --env {env}"
    return (f"{move}Then: git add conf && git commit, and {run}",)


def _is_packed(file: Path) -> bool:
    return file.suffix.lower() in (".gz", ".zst") and len(file.suffixes) > 1


def _yaml(value: Any) -> str:
    """Write a value on one line, in quotes where YAML would take it for something else."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_yaml(k)}: {_yaml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(one) for one in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    is_plain = _PLAIN.fullmatch(text) and not _NOT_PLAIN.fullmatch(text) and text.isascii()
    return text if is_plain else json.dumps(text, ensure_ascii=False)
