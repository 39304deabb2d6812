"""A record in sections: what `kedro show`, the note in MLflow and the page say of a run.

Each says what it says in full; writers cut (`lakeproof.views`). The sections stand in the order in
which a reader asks: which run, what came out, of what, by what code, on what machine.
"""

from collections.abc import Iterator

from lakeproof.record.facts import Record
from lakeproof.record.sections import code_sections, data_sections, run_sections, setup_sections
from lakeproof.views.blocks import Pictures, Section

_NO_PICTURES = Pictures(())


def sections_of(
    record: Record, rerun: Record | None = None, pictures: Pictures = _NO_PICTURES
) -> Iterator[Section]:
    """Give the sections that have something to say.

    Args:
        record: The run's.
        rerun: That of a re-run, whose metrics stand beside those of the run. What nothing controls
            is left out then: a comparison has it of both.
        pictures: What the run has drawn.
    """
    found = [
        run_sections.run(record),
        run_sections.metrics(record, rerun, pictures),
        data_sections.inputs(record),
        data_sections.left_out(record),
        data_sections.outputs(record),
        run_sections.nodes(record),
        *([run_sections.not_controlled(record)] if rerun is None else []),
        run_sections.models(record),
        run_sections.logged(record),
        code_sections.code(record),
        code_sections.configuration(record),
        code_sections.parameters(record),
        setup_sections.environment(record),
        setup_sections.machine(record),
    ]
    yield from filter(None, found)
