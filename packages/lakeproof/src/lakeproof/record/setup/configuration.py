"""Gather the configuration files of a run, those that git ignores too; never credentials.

Read from the folders that Kedro's loader reads, so that a re-run finds the same ones there.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lakeproof.record.code.file_contents import file_content
from lakeproof.record.code.lying_files import readable
from lakeproof.record.code.source import tree_digest
from lakeproof.record.facts import ConfigurationFacts, Content
from lakeproof.record.places.project_paths import files_below, relative_to_project
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.stores.options import is_open

# Kedro's own, which hold whatever a project makes of `config_patterns`.
_CREDENTIALS = ("credentials*", "credentials*/**", "**/credentials*")
_BACKUP = re.compile(r"#.*#|.*(?:~|\.bak|\.orig|\.swp|\.swo|\.tmp|\.pyc)")
_SUFFIXES = (".yml", ".yaml", ".json")
_DATE = "tag:yaml.org,2002:timestamp"
# What credentials files hold beside secrets, and every other text may too.
_OPEN_NAME = re.compile(
    r"user(?:_?name)?|account(?:_?name)?|host(?:_?name)?|port|region(?:_?name)?|database|db|schema"
    r"|endpoint(?:_?url)?|type|drivername|dialect|protocol|project(?:_?id)?|\w+_(?:uri|url|email)",
    re.IGNORECASE,
)


def gather_configuration(
    project_path: Path, config_loader: Any, secrets: Secrets
) -> ConfigurationFacts:
    """Gather every file of the base environment, the one over it, and the folder around them.

    Files that hold a secret are there by digest only; so is an archive, and a configuration that
    comes from a URL is named and not fetched again.

    Args:
        project_path: The project.
        config_loader: Kedro's, which knows the folders and the patterns.
        secrets: What must not get in.
    """
    source = str(config_loader.conf_source)
    folder = Path(source) if "://" not in source else None
    if folder is not None and folder.is_dir():
        found = sorted(_files(folder, config_loader).items())
        files = tuple(file_content(path, readable(name), secrets) for name, path in found)
    elif folder is not None and folder.is_file():
        content = file_content(folder, readable(folder.name), Secrets())
        files = (_by_digest(content, "it is an archive"),)
    else:
        where = secrets.redact_text(source)
        files = (Content(where, "", 0, withheld="it was read from a URL, or is gone"),)
    return ConfigurationFacts(
        source=secrets.redact_text(relative_to_project(source, project_path)),
        environments=environments(config_loader),
        files=files,
        digest=tree_digest({file.path: file.sha256 for file in files}),
    )


def credential_values(config_loader: Any) -> tuple[str, ...]:
    """Give what the credentials files hold, but for users, hosts and the like.

    Nothing where there are none; a file that cannot be read is Kedro's to complain of.
    """
    from kedro.config import MissingConfigException

    try:
        return tuple(_secret_leaves(config_loader["credentials"]))
    except (MissingConfigException, KeyError):
        return ()


def environments(config_loader: Any) -> tuple[str, ...]:
    """Name the environments that were read: the base one, then the one over it."""
    over = config_loader.env or getattr(config_loader, "default_run_env", "")
    return tuple(dict.fromkeys((getattr(config_loader, "base_env", "") or "", over or "")))


def files_matching(folder: Path, patterns: tuple[str, ...]) -> set[str]:
    """Find what Kedro finds below a folder of the configuration, by absolute path."""
    import fsspec  # type: ignore[import-untyped]

    local = fsspec.filesystem("file")
    root = folder.absolute().as_posix()
    return {path for pattern in patterns for path in local.glob(f"{root}/{pattern}")}


def files_read(config_loader: Any, key: str) -> Iterator[Path]:
    """Name the files of a folder that Kedro reads under a key, those of the base environment first.

    Args:
        config_loader: Kedro's.
        key: Such as `catalog`.
    """
    folder = Path(str(config_loader.conf_source))
    if not folder.is_dir():
        return
    patterns = tuple(config_loader.config_patterns[key])
    for environment in environments(config_loader):
        for path in sorted(files_matching(folder / environment, patterns)):
            below = path.removeprefix(folder.absolute().as_posix())
            if path.endswith(_SUFFIXES) and "/." not in below:
                yield Path(path)


def as_in_file(path: Path) -> Mapping[Any, Any]:
    """Give what a file says before a resolver is asked; nothing of one that is no mapping."""
    import yaml

    try:
        content = yaml.load(path.read_bytes(), _yaml_loader())
    except yaml.YAMLError:
        return {}
    return content if isinstance(content, Mapping) else {}


@cache
def _yaml_loader() -> Any:
    """Give a reader that takes a date for a text, as OmegaConf does."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag != _DATE]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    return Loader


def _files(folder: Path, config_loader: Any) -> dict[str, Path]:
    patterns = (*_CREDENTIALS, *config_loader.config_patterns.get("credentials", ()))
    places = [folder / name for name in environments(config_loader)]
    hidden = {path for place in (folder, *places) for path in files_matching(place, patterns)}
    beside = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    found = {}
    for path in [*beside, *(path for place in places for path in files_below(place))]:
        name = path.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in name.parts)
        is_credentials = path.absolute().as_posix() in hidden
        if not (is_hidden or is_credentials or _BACKUP.fullmatch(path.name)):
            found[name.as_posix()] = path
    return found


def _by_digest(content: Content, reason: str) -> Content:
    return Content(content.path, content.sha256, content.size, withheld=content.withheld or reason)


def _is_open(name: str) -> bool:
    return _OPEN_NAME.fullmatch(name) is not None or is_open(name)


def _secret_leaves(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _secret_leaves(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _secret_leaves(item, name)
    elif isinstance(value, str) and not _is_open(name):
        yield value
    elif isinstance(value, int) and not isinstance(value, bool) and not _is_open(name):
        yield str(value)
