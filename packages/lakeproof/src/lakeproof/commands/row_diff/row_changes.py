"""What changed in the tables by which two runs differ, for a report about the runs.

Small tables are compared, of large ones the command is named that does: a report should not take
longer than the runs did.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lakeproof.commands.row_diff import diff
from lakeproof.errors import LakeproofError
from lakeproof.spelling import typed
from lakeproof.views.blocks import Section, Sentences, section

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.reproduce.outcomes import Comparison

_FACTOR = "data:"
_LARGEST_BYTES = 256 * 2**20


def sections(project: "RunProject", found: "Comparison") -> list[Section]:
    """Say of each table that is a factor what differs in it, and what to type for all of it."""
    return [part for one in found.factors for part in _of_factor(project, found, one.factor)]


def _of_factor(project: "RunProject", found: "Comparison", factor: str) -> Iterator[Section]:
    kind, _, name = factor.partition(":")
    if f"{kind}:" != _FACTOR or found.rerun_id is None:
        return
    a, b = found.run_id[:8], found.rerun_id[:8]
    command = f"All of it: {typed('kedro diff', name, a, b)}"
    title = f"Rows of {name}"
    try:
        records = (project.records.record(run) for run in (found.run_id, found.rerun_id))
        sides = [diff.side_of_run(project, record, name) for record in records]
        if sum(side.opened.size() for side in sides) > _LARGEST_BYTES:
            yield section(title, Sentences((f"They are many, and were not compared. {command}",)))
            return
        compared = diff.compared(name, *sides)
    except LakeproofError as error:
        yield section(title, Sentences((f"Not compared: {error.message}",)))
        return
    yield section(title, Sentences((diff.headline(compared), command)))
    yield from (part for part in diff.sections(compared) if part)
