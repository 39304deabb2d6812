"""What stands on the page about one run, and in which order."""

from collections.abc import Sequence

from lakeproof.record.facts import Record
from lakeproof.record.sections import run_sections, sections_of
from lakeproof.report import claims, verify_section
from lakeproof.reproduce import verdict_sections
from lakeproof.reproduce.outcomes import Comparison
from lakeproof.views.blocks import Page, Pictures, Section, Tone, code, facts
from lakeproof.views.values import moment


def page_of_rerun(
    found: Comparison,
    record: Record | None,
    rerun: Record | None,
    pictures: Pictures,
    seal: str | None,
    made_at: str,
    rows: Sequence[Section] = (),
    tested: str | None = None,
) -> Page:
    """Put the page about a re-run together.

    Args:
        found: What came of it.
        record: That of the recorded run; `None` where it cannot be read.
        rerun: That of the re-run; `None` where there was none.
        pictures: What the two have drawn.
        seal: The digest of the record, as it stands on the MLflow run.
        made_at: When the page is made, for people.
        rows: What changed in the tables that differ.
        tested: The commit that ran in place of the recorded one, if one did.
    """
    return Page(
        title=f"Run {found.run_id[:8]}: {found.verdict}",
        heading="Proof of a re-run" if tested is None else "A change, verified on a run",
        word=found.verdict,
        tone=claims.TONES.get(found.verdict, "plain"),
        meaning=claims.claims(found),
        facts=facts(
            {
                "recorded run": code(found.run_id),
                "recorded at": record and moment(record.run.started_at),
                "re-run": code(found.rerun_id) or "none",
                "code under test": code(tested),
                "digest of its record": code(seal),
            }
        ),
        sections=_filled(
            *verdict_sections.sections_of(found, verdict_sections.RECORDED),
            *rows,
            *(sections_of(record, rerun, pictures) if record else ()),
            verify_section.check(found.run_id, record, seal),
            verify_section.how_to_read(),
        ),
        foot=_foot(made_at),
    )


def page_of_record(record: Record, pictures: Pictures, seal: str | None, made_at: str) -> Page:
    """Put the page about a recorded run together, which was not re-run for it.

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
            "It was not re-run for this page.",
        ),
        facts=facts(
            {
                "run": code(run.run_id),
                "recorded at": moment(run.started_at),
                "digest of its record": code(seal),
            }
        ),
        sections=_filled(
            run_sections.problems(record),
            *sections_of(record, pictures=pictures),
            run_sections.not_counted(record),
            verify_section.check(run.run_id, record, seal),
            verify_section.how_to_read(),
        ),
        foot=_foot(made_at),
    )


def _filled(*sections: Section) -> tuple[Section, ...]:
    return tuple(filter(None, sections))


def _foot(made_at: str) -> str:
    return f"Made {made_at} by Lakeproof from the records of the project's MLflow store."
