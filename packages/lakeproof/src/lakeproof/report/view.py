"""What stands on the page about one run, and in which order."""

from collections.abc import Iterator

from lakeproof.record.facts import Record
from lakeproof.report import outcome_section, recorded_section, setup_section, verify_section
from lakeproof.report.blocks import Page, Pictures, Section, Tone, code, facts
from lakeproof.reproduce.outcomes import Comparison


def page_of_rerun(
    found: Comparison,
    record: Record | None,
    rerun: Record | None,
    pictures: Pictures,
    seal: str | None,
    made_at: str,
) -> Page:
    """Put the page about a re-run together.

    Args:
        found: What came of it.
        record: That of the recorded run; `None` where it cannot be read.
        rerun: That of the re-run; `None` where there was none.
        pictures: What the two have drawn.
        seal: The digest of the record, as it stands on the MLflow run.
        made_at: When the page is made, for people.
    """
    started = record.run.started_at[:19].replace("T", " ") + " UTC" if record else None
    return Page(
        title=f"Run {found.run_id[:8]}: {found.verdict}",
        heading="Proof of a re-run",
        word=found.verdict,
        tone=outcome_section.TONES.get(found.verdict, "plain"),
        meaning=outcome_section.meaning(found),
        facts=facts(
            {
                "recorded run": code(found.run_id),
                "recorded at": started,
                "re-run": code(found.rerun_id) or "none",
                "digest of its record": code(seal),
            }
        ),
        sections=_filled(
            *outcome_section.sections(found),
            *(_recorded(record, rerun, pictures) if record else ()),
            verify_section.check(found.run_id, record, seal),
            verify_section.how_to_read(),
        ),
        foot=_foot(made_at),
    )


def page_of_record(record: Record, pictures: Pictures, seal: str | None, made_at: str) -> Page:
    """Put the page about a recorded run together, which nobody has had again for it.

    Args:
        record: The run's.
        pictures: What it has drawn.
        seal: The digest of the record, as it stands on the MLflow run.
        made_at: When the page is made, for people.
    """
    run = record.run
    tone: Tone = "bad" if run.status == "FAILED" else "plain"
    return Page(
        title=f"Run {run.run_id[:8]}: record",
        heading="Record of a run",
        word=run.status,
        tone=tone,
        meaning=(
            "All that decided the result of this run, as it was recorded when it ran.",
            "It was not run again for this page.",
        ),
        facts=facts(
            {
                "run": code(run.run_id),
                "recorded at": f"{run.started_at[:19].replace('T', ' ')} UTC",
                "digest of its record": code(seal),
            }
        ),
        sections=_filled(
            recorded_section.problems(record),
            *_recorded(record, None, pictures),
            outcome_section.left_out(record),
            verify_section.check(run.run_id, record, seal),
            verify_section.how_to_read(),
        ),
        foot=_foot(made_at),
    )


def _recorded(record: Record, rerun: Record | None, pictures: Pictures) -> Iterator[Section]:
    yield recorded_section.result(record, rerun, pictures)
    yield recorded_section.run(record)
    if rerun is None:  # of a re-run, the outcome sets both sides beside each other
        yield recorded_section.not_controlled(record)
    yield recorded_section.data(record)
    yield recorded_section.source(record)
    yield recorded_section.parameters(record)
    yield setup_section.libraries(record)
    yield setup_section.machine(record)


def _filled(*sections: Section) -> tuple[Section, ...]:
    return tuple(section for section in sections if section.blocks)


def _foot(made_at: str) -> str:
    return f"Made {made_at} by Lakeproof from the records of the project's MLflow store."
