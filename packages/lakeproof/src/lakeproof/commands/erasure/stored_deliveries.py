"""What a table in a store keeps beside itself of the deliveries that it took, by their content.

Also of one that was corrected since, of which nothing else is left. Which folder it came from the
records of runs say, or the one folder whose files the table takes; its name, the table's own log.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lakeproof.attest.own_receipts import known_receipts
from lakeproof.commands.erasure.find_tables import Scope
from lakeproof.commands.erasure.found import Found
from lakeproof.deliveries import Delivery, DeliveryFolder
from lakeproof.deliveries.formats import parse
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.delta import DeltaTable
from lakeproof.delta.kept_deliveries import BESIDE
from lakeproof.delta.log.transactions import taken_deliveries
from lakeproof.erasure.anew.beside import Beside
from lakeproof.record.facts import Record
from lakeproof.stores.files import fetch, listed

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog


def kept_beside(
    found: Found,
    catalog: "ProjectCatalog",
    scope: Scope,
    folders: Mapping[str, DeliveryFolder],
    records: Iterable[Record],
    raw: RawStore,
) -> Iterator[tuple[Beside, Delivery]]:
    """Yield what the tables in scope keep, each content on this machine as long as it is looked at.

    Args:
        found: Is told what nobody can read.
        catalog: Which names the tables.
        scope: Which tables.
        folders: Of deliveries, in scope, by catalog name.
        records: Of the project's runs.
        raw: Where contents come to.
    """
    came_from = {
        file.sha256: file.dataset
        for record in records
        for file in record.inputs.files
        if file.dataset in folders
    }
    # What is left of a content after an erasure was never taken by its own digest.
    before = {
        file.sha256_after: file.sha256_before
        for receipt in known_receipts(raw.project_path).own
        for file in receipt.files
    }
    for name in sorted(scope.names):
        table = catalog.table(name)
        if not isinstance(table, DeltaTable) or table.location.is_local:
            continue
        location, options = table.location, table.location.storage_options
        names = taken_deliveries(table.open()).names
        for file in listed(location.uri, options, BESIDE):
            one = Beside(location, PurePosixPath(file.path).name)
            origin = _origin(one.sha256, before)
            folder = folders.get(came_from.get(origin, ""))
            if folder is None and len(folders) == 1:
                (folder,) = folders.values()
            if folder is None or origin not in names:
                found.not_searched[one.address] = "nothing says which deliveries it is of"
                continue
            has_it = raw.find(one.sha256) is not None
            if not has_it:
                with raw.locked(), raw.partial() as partial:
                    fetch(one.address, options, partial)
                    raw.take_over(partial)
            path = raw.find(one.sha256)
            if path is None:
                found.not_searched[one.address] = "it is damaged: it has not the digest of its name"
                continue
            delivery = Delivery(
                *(min(names[origin]), one.sha256, path, folder.schema, parse, folder.dialect)
            )
            yield one, delivery
            if not has_it and not any(d.beside == one for d in found.deliveries):
                raw.remove(one.sha256)


def _origin(sha256: str, before: Mapping[str, str]) -> str:
    """Follow a content back through erasures; a damaged receipt leads in no circle."""
    seen = {sha256}
    while sha256 in before and before[sha256] not in seen:
        sha256 = before[sha256]
        seen.add(sha256)
    return sha256
