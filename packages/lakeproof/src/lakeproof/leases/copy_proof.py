"""What a copy holds: by opening it, and by the word of this user who has put it together.

A folder is called by a table and by versions, and a clone may bring one along by any name.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from lakeproof.delta.log.data_files import require_files
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.versions import compute_digest
from lakeproof.errors import LakeproofError
from lakeproof.versioned.location import Location
from lakeproof.vouching.codes import is_vouched, vouch

# Which Delta's own maintenance passes over.
_FILE = Path("_lakeproof", "copy.json")
_PURPOSE = "held copy"
_LONGEST = 200


def why_not_whole(place: Path, table_id: str, versions: Iterable[int]) -> str | None:
    """Say why a folder is no whole copy of some versions of a table; `None` where it is.

    Args:
        place: The folder.
        table_id: Of the table.
        versions: All of these.
    """
    for version in sorted(set(versions)):
        found = _opened(place, table_id, version)
        if isinstance(found, str):
            return found
    return None


def prove(place: Path, table_id: str, digests: Mapping[int, str]) -> None:
    """Write down what a copy holds that was read and put together just now.

    Args:
        place: The copy.
        table_id: Of the table.
        digests: Of each version.
    """
    told = _told(table_id, digests)
    file = place / _FILE
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({**told, "code": vouch(_PURPOSE, _text(told))}), encoding="utf-8")


def why_not_proven(place: Path, table_id: str, versions: Iterable[int]) -> str | None:
    """Say why a copy is not known to be what this user has put together; `None` where it is.

    All rows are read.
    """
    try:
        kept = json.loads((place / _FILE).read_bytes())
        digests = {int(version): str(one) for version, one in kept["digests"].items()}
        is_ours = is_vouched(_PURPOSE, _text(_told(table_id, digests)), kept["code"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return "nothing says who has put it together."
    if not is_ours or digests.keys() != set(versions):
        return "you have not put it together here as what its name says."
    for version, digest in digests.items():
        opened = _opened(place, table_id, version)
        if isinstance(opened, str):
            return opened
        try:
            found = compute_digest(opened)
        except Exception as error:  # Polars, PyArrow and the digest have none in common
            return f"version {version} cannot be read: {str(error)[:_LONGEST]}"
        if found != digest:
            return f"it holds other rows of version {version} than were put there."
    return None


def _opened(place: Path, table_id: str, version: int) -> OpenedTable | str:
    """Open a version of a copy, or say why it is none."""
    try:
        opened = open_table(Location(place.name, str(place)), version)
        require_files(opened)
    except LakeproofError as error:
        return error.message
    except Exception as error:  # whatever a log of somebody's makes of who reads it
        return f"version {version} cannot be opened: {str(error)[:_LONGEST]}"
    if (opened.table_id, opened.version) != (table_id, version):
        return f"it is version {opened.version} of table {opened.table_id}."
    return opened


def _told(table_id: str, digests: Mapping[int, str]) -> dict[str, object]:
    told = {str(version): digest for version, digest in sorted(digests.items())}
    return {"table_id": table_id, "digests": told}


def _text(told: Mapping[str, object]) -> bytes:
    return json.dumps(told, sort_keys=True).encode()
