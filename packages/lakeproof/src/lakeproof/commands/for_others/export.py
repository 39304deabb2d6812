"""`kedro export`: the record of a run in a format that others read."""

from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.commands.command_errors import ExportError
from lakeproof.commands.output import remark, write_atomically
from lakeproof.export import FORMATS

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject


def export(project: "RunProject", run: str, kind: str) -> str:
    """Write the record of a run in a format.

    Raises:
        LakeproofError: If there is no such run, or it has no record that can be read.
    """
    run_id = project.records.resolve(run)
    record = project.records.record(run_id)
    seal = project.records.seal(run_id)
    if seal is None:
        raise ExportError(f"Run {run_id[:8]} has no record any more. Nothing was written.")
    return FORMATS[kind](record, seal)


def save(text: str, output: Path) -> None:
    """Write it to a file, and say so."""
    write_atomically(output, text.encode())
    remark(f"Wrote {output}")
