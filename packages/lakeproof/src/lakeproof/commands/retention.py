"""`kedro pin` on a Delta table that does not keep its versions: offer to set that, and set it.

Of another format nothing is known: nothing is offered, and to set it is refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lakeproof.commands.catalog import ProjectCatalog
from lakeproof.delta.log.commits import iso_time
from lakeproof.delta.retention.lifetime import Lifetime, keeping_command, lifetime
from lakeproof.errors import LakeproofError, TableError

if TYPE_CHECKING:
    from lakeproof.delta import DeltaTable


@dataclass(frozen=True)
class TableRetention:
    """Whether a table keeps its versions.

    Args:
        table: The catalog name.
        is_kept: Whether it promises to keep them; `None` where it cannot be read.
        lifetime: Until when the version that a run reads lives, where it does not.
        command: Has the table keep its versions.
        is_asked: Whether this command was told to do so.
        set_in: The version that says so, where it was done now.
    """

    table: str
    is_kept: bool | None
    lifetime: Lifetime | None
    command: str
    is_asked: bool = False
    set_in: int | None = None


def gather(catalog: ProjectCatalog, names: Sequence[str]) -> list[TableRetention]:
    """Look up whether tables keep the version that a run reads by the catalog."""
    env = catalog.env if catalog.is_env_given else None
    tables = {name: catalog.table(name) for name in names}
    return [_keeping(name, one, env) for name, one in tables.items() if isinstance(one, _delta())]


def keep(catalog: ProjectCatalog, names: Sequence[str]) -> list[TableRetention]:
    """Have tables keep their versions.

    Raises:
        TableError: If one cannot be told to; those before it have been.
    """
    from lakeproof.delta.retention.set_retention import keep_versions
    from lakeproof.record.code.git import head_commit

    told: dict[str, int | None] = {}
    for name in names:
        try:
            table = catalog.table(name)
            if not isinstance(table, _delta()):
                raise TableError(
                    f"Table '{name}' is a {type(table).__name__}, which has no property that keeps "
                    "versions."
                )
            opened = keep_versions(table.location, head_commit(catalog.project_path))
        except LakeproofError as error:
            done = f" Done: {', '.join(told)}." if told else ""
            raise TableError(f"{error.message} The pins are as asked for.{done}") from error
        told[name] = opened.version if opened is not None else None
    return [replace(one, is_asked=True, set_in=told[one.table]) for one in gather(catalog, names)]


def document(found: Sequence[TableRetention]) -> list[dict[str, Any]]:
    """Make the part of the JSON document."""
    return [
        {
            "table": one.table,
            "is_kept": one.is_kept,
            "lives_until": one.lifetime and iso_time(int(one.lifetime.until.timestamp() * 1000)),
            "set_in_version": one.set_in,
        }
        for one in found
    ]


def render(found: Sequence[TableRetention]) -> list[str]:
    """Write for people what was set, or the offer to set it."""
    return list(_lines(found))


def _lines(found: Sequence[TableRetention]) -> Iterator[str]:
    for one in found:
        if one.set_in is not None:
            yield (
                f"Table '{one.table}' keeps its versions from now on, those that are there too: "
                f"version {one.set_in} says so, and changes no row."
            )
        elif one.is_asked:
            yield f"Table '{one.table}' keeps its versions already; nothing was set."
        elif one.lifetime is not None:
            yield f"{one.lifetime.sentence()} Keep them all: {one.command}"


def _delta() -> "type[DeltaTable]":
    from lakeproof.delta import DeltaTable

    return DeltaTable


def _keeping(name: str, table: "DeltaTable", env: str | None) -> TableRetention:
    try:
        pin = table.pin
        found = lifetime(table.resolve())
    except LakeproofError:  # no matter to whoever takes a pin away; else it has been refused
        return TableRetention(name, None, None, keeping_command(name, None, env))
    wanted = found.version if found is not None and pin is not None else None
    return TableRetention(name, found is None, found, keeping_command(name, wanted, env))
