"""Delta tables in a Kedro catalog: one contract, two engines.

Importing this package imports neither an engine nor the dataset: `kedro run --help` must not pay
for them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakeproof.delta.delta_table import DeltaTable

__all__ = ["DeltaTable"]


def __getattr__(name: str) -> Any:
    if name == "DeltaTable":
        from lakeproof.delta.delta_table import DeltaTable

        return DeltaTable
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
