"""Work on rows inside of nodes: pure functions that are the same to the bit on both engines.

The one room of this package that a project's nodes may import. It opens no file, knows no catalog
and no run, and what engines and arrays need is imported where it is used: Kedro imports a project's
nodes for every command.
"""

from lakeproof.frames.columns import (
    ALL,
    CALENDAR,
    NUMERIC,
    choose_columns,
    measurements,
    require_known,
)
from lakeproof.frames.order import collect_in_order, columns_of
from lakeproof.frames.rows import Part, select_rows
from lakeproof.frames.settings import read_settings, with_settings
from lakeproof.frames.shares import WHOLE, in_ten_thousandths, mark_share, require_share

__all__ = [
    "ALL",
    "CALENDAR",
    "NUMERIC",
    "WHOLE",
    "Part",
    "choose_columns",
    "collect_in_order",
    "columns_of",
    "in_ten_thousandths",
    "mark_share",
    "measurements",
    "read_settings",
    "require_known",
    "require_share",
    "select_rows",
    "with_settings",
]
