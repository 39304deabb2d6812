"""The commands that a project gets beside Kedro's own.

Thin: a command reads its options and hands over to its module in `lakeproof.commands`. Whatever is
imported here is paid for by every `kedro` command, so it is click and the standard library alone.
"""

# Each adds its commands to the group.
from lakeproof.cli import (
    check,
    colleagues,
    deliveries,
    erase,
    explain,
    itself,
    leases,
    others,
    runs,
    tables,
)
from lakeproof.cli.group import commands

__all__ = [
    "check",
    "colleagues",
    "commands",
    "deliveries",
    "erase",
    "explain",
    "itself",
    "leases",
    "others",
    "runs",
    "tables",
]
