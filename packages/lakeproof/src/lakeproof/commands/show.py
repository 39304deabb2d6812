"""`kedro show`: the record of one run, in the order in which a reader asks."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lakeproof.record.sections import run_sections, sections_of
from lakeproof.views import text
from lakeproof.views.blocks import Sentences, section

if TYPE_CHECKING:
    from lakeproof.record.facts import Record


def document(record: "Record") -> dict[str, Any]:
    """Make the JSON document: the record itself, whose schema number takes the place of ours."""
    from lakeproof.record.documents.document import to_document

    return to_document(record)


def render(record: "Record", notes: Iterable[str] = ()) -> str:
    """Write the record for people; what is long is cut, and whole in JSON.

    Why it cannot be reproduced stands last, where a terminal shows it.

    Args:
        record: Of the run.
        notes: Sentences on what stands elsewhere otherwise.
    """
    return text.write(
        [
            *sections_of(record),
            run_sections.not_counted(record),
            run_sections.problems(record),
            section("Notes", Sentences(tuple(notes))),
        ]
    )
