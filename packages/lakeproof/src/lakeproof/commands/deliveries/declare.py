"""`kedro deliveries declare`: write what files are, from a look at them, for a person to read over.

An environment's `globals.yml` gets the table's schema, key, target and dialect; its
`parameters_feature.yml` the columns that a model can use. What those files hold beside is kept.
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
        files: Deliveries of one kind.
        env: The environment to write; without it, the name of the files' folder in `data/01_raw`.
        key: The names of the key's columns; guessed where there are none.
        target: The name of the target; guessed where there is none.
        is_dry: Whether nothing is written.

    Raises:
        LakeproofError: A file cannot be read, or a file of the configuration cannot be edited.
    """
    from lakeproof.deliveries.look.proposal import propose

    project = project_path_of(metadata)
    env = env or _folder_of(project, files)
    proposal = propose([_delivery(file) for file in files], key, target)
    conf = Path("conf") / env
    texts = {
        str(conf / "globals.yml"): _globals(env, proposal, files),
        str(conf / "parameters_feature.yml"): _features(project, proposal),
    }
    changed = {path: _merged(project / path, text, path) for path, text in texts.items()}
    if not is_dry:
        for path, text in changed.items():
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(project / path, text.encode())
    return Declared(env, proposal, changed, not is_dry, _hints(project, files, env))


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
    parts.append(f"By it, {found.rows:,} rows are read. Read it over:")
    parts += [f"  {remark}" for remark in found.remarks]
    parts += ["", *done.hints]
    return "\n".join(parts)


def _delivery(file: Path) -> Any:
    from lakeproof.checksum import sha256_of
    from lakeproof.deliveries import Delivery, Schema
    from lakeproof.deliveries.formats import parse

    if not file.is_file():
        raise CatalogError(f"There is no file {file}. Nothing was written. Correct the path.")
    return Delivery(file.name, sha256_of(file), file, Schema((), ()), parse)


def _folder_of(project: Path, files: "Sequence[Path]") -> str:
    """Name an environment after the folder in which the files are delivered."""
    folder = files[0].resolve().parent
    if folder.parent == (project / "data" / "01_raw").resolve():
        return folder.name
    raise CatalogError(
        f"{files[0]} is in no folder of data/01_raw, by whose name the environment would be "
        "called. Nothing was written. Name one: kedro deliveries declare --env houses FILE…"
    )


def _globals(env: str, found: "Proposal", files: "Sequence[Path]") -> str:
    pattern = "*" + "".join(
        files[0].suffixes[-2:] if _is_packed(files[0]) else files[0].suffixes[-1:]
    )
    lines = [
        f"# From a look at {files[0].name}"
        + (f" and {len(files) - 1} more" if len(files) > 1 else "")
        + ", to be read over.",
        f"example: {_yaml(env)}",
        f"key: {_yaml(found.key)}",
        f"target: {_yaml(found.target)}",
        f"task: {found.task}",
        f"pattern: {_yaml(pattern)}",
        "schema:",
        *(f"  {_yaml(name)}: {_yaml(one)}" for name, one in found.schema.items()),
        f"csv: {_yaml(found.csv)}",
        "sources: {}",
    ]
    return "\n".join(lines) + "\n"


def _features(project: Path, found: "Proposal") -> str:
    lines = ["feature:", "  columns: all"]
    if found.no_features:
        lines.append(f"  but: {_yaml(found.no_features)}")
    foreign = [
        name
        for name, pair in _ratios(project).items()
        if not (isinstance(pair, list) and set(pair) <= found.schema.keys())
    ]
    if foreign:
        lines.append(f"  ratios: {_yaml(dict.fromkeys(foreign))}")
    return "\n".join(lines) + "\n"


def _ratios(project: Path) -> dict[str, Any]:
    """Read the ratios of conf/base, which another table has not."""
    from lakeproof.record.mlflow_store.tracking import open_loader

    try:
        found = open_loader(project, None)["parameters"]["feature"]["ratios"]
    except Exception:
        # A project without such parameters has none to take away.
        return {}
    return found if isinstance(found, dict) else {}


def _merged(path: Path, proposed: str, name: str) -> str:
    """Put what is proposed into a file that is there, and keep what it holds beside."""
    if not path.exists():
        return proposed
    new = load(proposed)

    def put(document: Any) -> None:
        for key, value in new.items():
            if isinstance(value, dict) and isinstance(document.get(key), dict) and key == "feature":
                document[key].update(value)
            else:
                document[key] = value

    try:
        return edited(path.read_text(encoding="utf-8"), put)
    except (CatalogError, AttributeError, TypeError) as error:
        raise CatalogError(
            f"{name} cannot be edited ({error}). Nothing was written. See what would be: kedro "
            "deliveries declare --dry-run --env another FILE…"
        ) from error


def _hints(project: Path, files: "Sequence[Path]", env: str) -> tuple[str, ...]:
    place = Path("data") / "01_raw" / env
    apart = [file for file in files if file.resolve().parent != (project / place).resolve()]
    move = f"Put the files into {place}/. " if apart else ""
    return (f"{move}Then: git add conf && git commit, and kedro run --env {env}",)


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
