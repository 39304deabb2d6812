"""Which versions of a table the catalogs of a project pin, in whatever environment.

Read from the configuration alone: no dataset is made and no credentials are asked for, so that an
environment of another machine counts as well. A pin that cannot be read here may be on anything:
what is not known is refused, and never passed over. Not for what runs have leased.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.delta.log.location import available_versions
from lakeproof.delta.log.opening import version_as_of
from lakeproof.errors import LakeproofError, PinError
from lakeproof.leases.facts import LeaseError
from lakeproof.record.places.environments import environments
from lakeproof.stores.addresses import is_remote, place_of
from lakeproof.versioned.pins import choose_pin

if TYPE_CHECKING:
    from lakeproof.versioned.location import Location

_OPEN = "${"  # of an interpolation
_PLACEHOLDER = re.compile(r"\\\{[^{}]*\\\}")
_ENDINGS = (".yml", ".yaml", ".json")


def pins_of(leased: LeasedProject, location: "Location") -> list[int]:
    """List the versions of a table that are pinned, and of which the log still knows.

    Args:
        leased: The project.
        location: The table.

    Raises:
        LeaseError: If an environment may pin it, and at which version cannot be read.
    """
    from kedro.framework.project import settings

    conf = leased.project.path / settings.CONF_SOURCE
    found: set[int] = set()
    for env in environments(conf) if conf.is_dir() else ():
        try:
            found.update(_pinned(leased, env, location))
        except LakeproofError as error:
            raise LeaseError(
                f"What environment '{env}' pins of table '{location.name}' is not known: "
                f"{error.message} Nothing was deleted. Correct {conf / env}, or take the pin away."
            ) from error
    known = set(available_versions(location)) if found else set()
    return sorted(found & known)


def _pinned(leased: LeasedProject, env: str, location: "Location") -> Iterator[int]:
    for name, entry in _entries(leased.project.path, env):
        if not _may_pin(entry) or not _may_be(leased, env, name, entry, location):
            continue
        if not isinstance(entry, dict) or "{" in str(entry["load_args"]).strip("{}"):
            raise LeaseError(f"what a run fills in is missing from its entry '{name}'.")
        if _OPEN in str(entry.get("filepath")) + str(entry.get("table")):
            raise LeaseError(f"a run fills in where its entry '{name}' is.")
        pin = choose_pin(name, None, entry["load_args"])
        if pin is not None and pin.version is not None:
            yield pin.version
        elif pin is not None:
            try:
                yield version_as_of(location, pin)
            except PinError:
                continue  # it had no version then


def _may_pin(entry: Any) -> bool:
    """Tell an entry that asks for a version, or that might once it is filled in."""
    if not isinstance(entry, dict):
        return _OPEN in str(entry)
    args = entry.get("load_args")
    if not isinstance(args, dict):
        return _OPEN in str(args)
    return any(args.get(key) is not None for key in ("version", "timestamp"))


def _may_be(leased: LeasedProject, env: str, name: str, entry: Any, location: "Location") -> bool:
    """Tell whether an entry that pins may be on this table."""
    if not isinstance(entry, dict):
        return True
    if not _may_be_delta(entry):
        return False
    place = entry.get("filepath")
    if isinstance(place, str):
        return _OPEN in place or _is_same(place, location, is_pattern="{" in name)
    if location.catalog_name is not None or not location.is_local:
        table = str(entry.get("table"))
        return _OPEN in table or table == location.catalog_name
    # Only the catalog, or the class, knows where it is: it may be this folder.
    from lakeproof.commands.catalog import open_catalog

    there = open_catalog(leased.project.metadata, env).table(name).location
    return _is_same(there.uri, location, is_pattern=False)


def _may_be_delta(entry: Mapping[str, Any]) -> bool:
    from kedro.io.core import parse_dataset_definition

    from lakeproof.delta import DeltaTable

    try:
        kind, _ = parse_dataset_definition(dict(entry))
    except Exception:
        # It cannot be made here: another's, which lacks a library, or one that inherits from ours.
        return True
    return issubclass(kind, DeltaTable)


def _is_same(place: str, location: "Location", *, is_pattern: bool) -> bool:
    here, there = _real(place.rstrip("/")), _real(location.uri)
    if is_pattern:
        return re.fullmatch(_PLACEHOLDER.sub(".*", re.escape(here)), there) is not None
    return here == there


def _real(place: str) -> str:
    place = place_of(place, "The place of a table", LeaseError)
    return place if is_remote(place) else os.path.realpath(place)


def _entries(project_path: Path, env: str) -> Iterator[tuple[str, Any]]:
    """Yield the entries of an environment's catalog, as far as they can be filled in here.

    Raises:
        CatalogError: If a file of it cannot be read.
    """
    from kedro.config import MissingConfigException
    from kedro.framework.context.context import _convert_paths_to_absolute_posix

    from lakeproof.commands.catalog import loader_of

    loader = loader_of(project_path, env)
    try:
        found = loader["catalog"]
    except MissingConfigException:
        return
    except Exception as error:
        # A variable of another machine, or a parameter of a run, fills in some of it.
        for part in _as_written(loader, env, error):
            yield from _convert_paths_to_absolute_posix(project_path, part).items()
        return
    yield from _convert_paths_to_absolute_posix(project_path, found).items()


def _as_written(loader: Any, env: str, error: Exception) -> Iterator[dict[str, Any]]:
    """Yield the files of a catalog with their interpolations as they stand.

    Raises:
        LeaseError: If one cannot be read as it is written, either.
    """
    from omegaconf import OmegaConf

    from lakeproof.startup.trouble import worded

    conf = Path(str(loader.conf_source))
    for folder in {conf / str(getattr(loader, "base_env", "base")), conf / env}:
        for pattern in getattr(loader, "config_patterns", {}).get("catalog", ()):
            for path in folder.glob(pattern):
                if path.suffix not in _ENDINGS:
                    continue
                try:
                    read = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
                    assert isinstance(read, dict), f"{path} is no mapping"
                except Exception:
                    raise LeaseError(worded(error)[0]) from error
                yield {str(key): value for key, value in read.items()}
