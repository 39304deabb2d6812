"""`kedro optimize`: write small files together, and say first how many bytes that costs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakeproof.commands.leases.leased_project import LeasedProject, delta_tables
from lakeproof.delta.compaction import Compacted, CompactionPlan, compact, plan_compaction
from lakeproof.delta.engines import engine_for
from lakeproof.delta.log.opening import open_table
from lakeproof.record.code.git import head_commit
from lakeproof.views.values import readable_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakeproof.commands.catalog import ProjectCatalog


@dataclass(frozen=True)
class Optimized:
    """What was written together, or would be.

    Args:
        table: The catalog name.
        uri: Where the table is.
        plan: The files.
        held_bytes: Of those, the bytes that stay for leased versions once they are written anew.
        done: What came of it; `None` of a dry run.
    """

    table: str
    uri: str
    plan: CompactionPlan
    held_bytes: int
    done: Compacted | None = None


def run(
    leased: LeasedProject,
    catalog: "ProjectCatalog",
    name: str,
    is_dry: bool,
    say: "Callable[[str], None]",
) -> Optimized:
    """Write the small files of a table together.

    Args:
        leased: The project and its leases.
        catalog: Which names the table.
        name: The table.
        is_dry: Whether nothing is written.
        say: Is told what it costs, before anything is written.

    Raises:
        LakeproofError: If the table cannot be written, or what is leased is not known.
    """
    ((_, table),) = delta_tables(catalog, (name,))
    location = table.location
    leased.decide_all()
    plan = plan_compaction(open_table(location))
    needed = {path for one in leased.bill_of(location).versions for path in one.files}
    held = sum(size for path, size in plan.small.items() if path in needed)
    found = Optimized(name, location.uri, plan, held)
    if is_dry or not plan.small:
        return found
    say(_cost(found))
    commit = head_commit(leased.project.path)
    done = compact(location, engine_for(table.engine_name), commit, table.personal)
    return Optimized(name, location.uri, done.plan, held, done)


def document(found: Optimized) -> dict[str, Any]:
    """Make the JSON document."""
    plan, done = found.plan, found.done
    return {
        "is_dry_run": done is None,
        "table": found.table,
        "uri": found.uri,
        "table_id": plan.opened.table_id,
        "version_before": plan.opened.version,
        "version": done.opened.version if done else None,
        "files_before": plan.files,
        "files": done.files if done else None,
        "rewritten": len(plan.small),
        "bytes": plan.size,
        "held_bytes": found.held_bytes,
        "digest": done.digest if done else None,
    }


def render(found: Optimized) -> str:
    """Write for people what was done, or would be."""
    plan, done = found.plan, found.done
    if not plan.small:
        return (
            f"Table '{found.table}' has {plan.files} file(s), of which no two go together into one "
            f"of at most {readable_size(plan.target)}: version {plan.opened.version} stays."
        )
    if done is None:
        return f"{_cost(found)} Nothing was written."
    return (
        f"Table '{found.table}' version {done.opened.version} is {done.files} file(s), and version "
        f"{plan.opened.version} was {plan.files}: the same rows ({done.digest}), read again. What "
        "nobody needs goes with: kedro vacuum"
    )


def _cost(found: Optimized) -> str:
    plan = found.plan
    stays = f"{readable_size(found.held_bytes)} of the files before stay for leased versions"
    return (
        f"Table '{found.table}': {len(plan.small)} of {plan.files} file(s), "
        f"{readable_size(plan.size)}, are written anew into larger ones. "
        + (f"{stays}." if found.held_bytes else "No lease keeps the files before.")
    )
