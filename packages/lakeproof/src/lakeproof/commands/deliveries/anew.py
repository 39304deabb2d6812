"""`kedro deliveries anew`: have a table take all its deliveries again."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakeproof.advice import concrete
from lakeproof.errors import TableError

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog


@dataclass(frozen=True)
class BegunAnew:
    """What was done.

    Args:
        table: The catalog name.
        version: The version that says so; its rows are those of the one before.
        deliveries: How many the table had taken.
    """

    table: str
    version: int
    deliveries: int


def begin(catalog: "ProjectCatalog", name: str) -> BegunAnew:
    """Have a table begin anew.

    Raises:
        LakeproofError: If it is no Delta table, or has taken nothing.
    """
    from lakeproof.delta import DeltaTable
    from lakeproof.delta.begin_anew import begin_anew
    from lakeproof.record.code.git import head_commit

    table = catalog.table(name)
    if not isinstance(table, DeltaTable) or not table.is_there():
        raise TableError(
            f"Table '{name}' is no Delta table that has taken deliveries. Nothing was changed. "
            "Tables: kedro pin"
        )
    written, count = begin_anew(table.location, head_commit(catalog.project_path))
    return BegunAnew(name, written.opened.version, count)


def document(done: BegunAnew) -> dict[str, Any]:
    """Give the JSON document."""
    return {"table": done.table, "version": done.version, "deliveries": done.deliveries}


def render(done: BegunAnew) -> str:
    """Write it for people."""
    return concrete(
        f"Table '{done.table}' takes its deliveries anew with the next run; version {done.version} "
        f"says so and changes no row. The {done.deliveries} taken so far, and what came since, "
        "replace its rows and columns.\nOlder versions stay: kedro history "
        f"{done.table}\nTake them: kedro run"
    )
