"""Where a table is and what it is called: what can be told without opening it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakeproof.stores import options
from lakeproof.stores.addresses import is_remote
from lakeproof.stores.troubles import without_secrets


@dataclass(frozen=True)
class Location:
    """Where a table is and what it is called: all that is needed to open it.

    Args:
        name: The catalog name.
        uri: A local path or an object-store URI.
        storage_options: Credentials and settings of the store; never shown.
        catalog_name: `catalog.schema.table` in Unity Catalog, where it was found by that.
        catalog_id: What that catalog calls it.
    """

    name: str
    uri: str
    storage_options: Mapping[str, str] | None = None
    catalog_name: str | None = None
    catalog_id: str | None = None

    @property
    def is_local(self) -> bool:
        """Tell whether the table is a folder of this machine."""
        return not is_remote(self.uri)

    @property
    def absolute_uri(self) -> str:
        """Where it is for a program that runs in another folder."""
        return os.path.abspath(self.uri) if self.is_local else self.uri

    @property
    def delta_options(self) -> dict[str, str] | None:
        """The settings of the store as delta-rs takes them, with an end to each request."""
        return options.for_delta(self.uri, self.storage_options)

    @property
    def polars_options(self) -> dict[str, Any] | None:
        """The same for Polars."""
        return options.for_polars(self.uri, self.storage_options)

    def without_secrets(self, text: str) -> str:
        """Give what a library said without the secrets of the store, and without its colours."""
        return without_secrets(text, self.storage_options)

    def __repr__(self) -> str:
        """Leave the credentials out."""
        return f"Location(name={self.name!r}, uri={self.uri!r})"


def describe_versions(versions: list[int]) -> str:
    """Write a list of versions the way a person would."""
    if not versions:
        return "none"
    if versions == list(range(versions[0], versions[-1] + 1)) and len(versions) > 1:
        return f"versions {versions[0]} to {versions[-1]}"
    return "versions " + ", ".join(map(str, versions))
