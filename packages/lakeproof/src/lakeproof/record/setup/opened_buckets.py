"""Whose credentials open a bucket: those of any entry of the environments that there are.

For a run whose own environment is gone: a bucket is the same, whoever names it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakeproof.record.places.environments import environments
from lakeproof.stores.addresses import bucket_of, is_remote

_PLACES = ("filepath", "path")


@dataclass(frozen=True)
class BucketEntry:
    """The credentials that an entry of a catalog names.

    Args:
        name: In `credentials.yml`.
        bucket: What they are for.
        options: The settings; never shown.
    """

    name: str
    bucket: str
    options: Mapping[str, str] = field(repr=False)


def opened_by(bucket: str, loaders: Iterable[Any]) -> BucketEntry | None:
    """Find credentials for a bucket; `None` where no entry names it with any.

    Args:
        bucket: As `bucket_of` gives it.
        loaders: Config loaders, one of each environment; one that cannot be read is passed over.
    """
    for loader in loaders:
        try:
            named = list(_named(loader["catalog"]))
            known = dict(loader["credentials"])
        except Exception:
            continue
        for name, found in named:
            if found == bucket and name in known:
                return BucketEntry(name, bucket, {k: str(v) for k, v in known[name].items()})
    return None


def lacking(catalog: Mapping[str, Any], credentials: Mapping[str, Any]) -> dict[str, str]:
    """Give the bucket of each name under which a catalog wants credentials that are not there."""
    return {name: bucket for name, bucket in _named(catalog) if name not in credentials}


def existing_environments(conf_path: Path) -> list[str]:
    """List the environments of a configuration folder, which may be gone or an archive."""
    return environments(conf_path) if conf_path.is_dir() else []


def _named(catalog: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in catalog.values():
        name = entry.get("credentials") if isinstance(entry, Mapping) else None
        for key in _PLACES if isinstance(name, str) else ():
            place = entry.get(key)
            if isinstance(place, str) and is_remote(place):
                yield str(name), bucket_of(place)
