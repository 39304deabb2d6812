"""What `globals.yml` would say of a Delta table that is there already, from a look at its rows.

Nothing is declared of its columns: the table has them. What it needs is a key, a target and which
of its columns a model can learn from.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.commands.command_errors import CatalogError
from lakeproof.deliveries.look.proposal import Proposal, aimed

if TYPE_CHECKING:
    import polars as pl

# So many rows are looked at.
_ROWS = 200_000
_NO_KIND = "other"


def is_table(path: Path) -> bool:
    """Tell the folder of a Delta table."""
    return (path / "_delta_log").is_dir()


def look_at(path: Path, key: list[str], target: str | None) -> Proposal:
    """Look at the newest version of a table.

    Args:
        path: Its folder.
        key: The names of the key's columns; guessed where there are none.
        target: The name of the target; guessed where there is none.

    Raises:
        LakeproofError: It cannot be read, has no rows, or no column tells its rows apart.
    """
    import polars as pl

    from lakeproof.delta import DeltaTable
    from lakeproof.delta.read.scan import scan

    rows = scan(DeltaTable(filepath=str(path)).open())
    first = rows.head(_ROWS).collect()
    if not first.height:
        raise CatalogError(f"Table {path} has no rows to look at. Nothing was written.")
    schema = {name: _entry(first[name]) for name in first.columns}
    found = aimed(schema, first, key, target, [])
    if found.key not in schema and not isinstance(found.key, list):
        raise CatalogError(
            f"No column of table {path}, nor two of them together, tells its rows apart, as far "
            "as their names and the first rows say. Nothing was written. Name what does: --key"
        )
    foreign = [name for name, one in schema.items() if one["type"] == _NO_KIND]
    if foreign:
        found.remarks.append(f"{', '.join(foreign)}: no model takes values of that type")
    return Proposal(
        schema={},
        key=found.key,
        target=found.target,
        task=found.task,
        csv={},
        no_features=[*dict.fromkeys([*found.no_features, *foreign])],
        rows=int(rows.select(pl.len()).collect().item()),
        remarks=found.remarks,
        columns=tuple(schema),
    )


def _entry(values: "pl.Series") -> dict[str, Any]:
    kind = values.dtype
    if kind.is_integer():
        found = "long"
    elif kind.is_float() or kind.is_decimal():
        found = "double"
    else:
        found = _OTHERS.get(str(kind.base_type()), _NO_KIND)
    return {"type": found, "nullable": True} if values.null_count() else {"type": found}


_OTHERS = {"String": "string", "Boolean": "boolean", "Date": "date", "Datetime": "timestamp"}
