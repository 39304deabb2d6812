"""`kedro erase --dry-run`: where the rows of a person are, without naming the person again."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from lakeproof.commands.erasure.find_deliveries import find_deliveries
from lakeproof.commands.erasure.find_tables import find_in_copies, find_in_tables, scope_of
from lakeproof.commands.erasure.found import Found
from lakeproof.commands.erasure.other_files import find_in_files
from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.delta import DeltaTable
from lakeproof.delta.read.scan import scan
from lakeproof.erasure.affected_runs import affected
from lakeproof.erasure.key_rows import ErasureError, Keys
from lakeproof.record.mlflow_store.unsent import TAG

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog
    from lakeproof.commands.project import RunProject


def find(
    project: "RunProject",
    catalog: "ProjectCatalog",
    name: str,
    texts: Sequence[str],
    also: Collection[str] = (),
) -> Found:
    """Look for keys in all that the project knows of.

    Args:
        project: The project.
        catalog: Which names the tables.
        name: The table whose key it is.
        texts: The keys.
        also: Names of further entries whose rows with such a key are the same person's.

    Raises:
        LakeproofError: If there is no such table or entry, it has no key, or a key is none of its
            type.
    """
    table = catalog.table(name)
    if not isinstance(table, DeltaTable) or not table.key:
        raise ErasureError(
            f"Table '{name}' is no Delta table with a `key` in the catalog, by which rows are told "
            "apart. Nothing was looked for."
        )
    asked = Keys(texts, table.key)
    schema = scan(table.open()).collect_schema()
    keys = asked.rows(schema, name)
    found = Found(asked.count(name))
    records = [run.record for run in project.stored_runs if run.record is not None]
    scope = scope_of(table, asked, catalog, records, also)
    find_in_tables(found, catalog, scope)
    find_in_copies(found, project, catalog, scope)
    found.names = scope.names
    find_deliveries(found, project.path, catalog, scope, records)
    held, files = found.held, {one.sha256 for one in found.deliveries if one.rows}
    for run in project.stored_runs:
        if run.record is None:
            if TAG in run.tags:
                found.unknown_runs.append(run.run_id)
        elif (one := affected(run.record, held, keys, files)) is not None:
            found.runs.append(one)
    if any(one.models for one in found.runs):
        served = LeasedProject(project).in_service
        ids = [one.run_id for one in found.runs if one.models]
        found.in_service = None if served is None else [one for one in ids if one in served]
    find_in_files(found, project.path, catalog, scope, project.store_address)
    known = {one.path for one in found.deliveries}
    found.traces = [path for path in found.traces if path not in known]
    return found
