"""Where a recorded table is today: by today's catalog, or at the recorded place.

Not for which versions of it are needed (`needed_tables`).
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lakeproof.errors import LakeproofError
from lakeproof.reproduce.looks import Looks
from lakeproof.stores.addresses import bucket_of, chosen_host, is_remote
from lakeproof.versioned.contract import VersionedDataset

# A dataset of today's catalog, where it is there and has versions.
Locate = Callable[[str], VersionedDataset | None]


@dataclass(frozen=True)
class TodaysTables:
    """Today's catalog of an environment, which may be gone.

    Args:
        find: Gives the table of a name.
        options_of: Gives the settings of the store at an address, whichever entry has them.
    """

    find: Locate
    options_of: Callable[[str], Mapping[str, str] | None]

    def __call__(self, name: str) -> VersionedDataset | None:
        """Give the table of that name, where it is there."""
        return self.find(name)


def located(
    names: tuple[str, ...],
    uri: str,
    project_path: Path,
    locate: Locate,
    table_id: str | None,
    looks: Looks | None = None,
) -> VersionedDataset:
    """Choose the place of a table: today's catalog first, then the recorded one.

    The one that has the recorded table's id wins, as a catalog may have moved on to another table.
    """
    looks = looks or Looks()
    recorded = uri if "://" in uri else str(project_path / uri)
    places = [found for name in names if (found := locate(name)) is not None]
    if places and chosen_host(recorded) in ("", chosen_host(places[0].location.uri)):
        places.append(elsewhere(places[0], recorded))
    else:
        # A record may name any host: what opens today's place is not sent there.
        places.append(_unnamed(names[0], recorded, locate))
    if table_id is not None:
        for place in places:
            try:
                if looks.at(place).table_id == table_id:
                    return place
            except LakeproofError:
                continue
    for place in places:
        try:
            looks.at(place)
        except LakeproofError:
            continue
        return place
    return places[-1] if "://" in recorded or Path(recorded).is_dir() else places[0]


def elsewhere(table: VersionedDataset, uri: str) -> VersionedDataset:
    """Give the same dataset, of the same format and credentials, at another place."""
    other = copy.copy(table)
    other.move_to(uri)
    return other


def copy_at(place: str, table: VersionedDataset, name: str, locate: Locate) -> VersionedDataset:
    """Give a held copy of a table; one in a store that the table is not in has its own settings."""
    if not is_remote(place) or bucket_of(place) == bucket_of(table.location.uri):
        return elsewhere(table, place)
    return _unnamed(name, place, locate)


def _unnamed(name: str, uri: str, locate: Locate) -> VersionedDataset:
    """Take what no catalog names any more for a Delta table: a record does not say the format."""
    from lakeproof.delta.delta_table import DeltaTable

    options = locate.options_of(uri) if isinstance(locate, TodaysTables) else None
    table = DeltaTable(filepath=uri, credentials=options)
    table.name_as(name)
    return table
