"""The note of a commit that a run makes: who writes, from which code."""

from lakeproof.delta.log.commit_metadata import CommitNote, Taken
from lakeproof.versioned.run_tables import RunTables


def note_of(run: RunTables, dataset: str, delivery: Taken | None = None) -> CommitNote:
    """Begin the note; the engine adds rows and digest."""
    return CommitNote(
        run_id=run.run_id,
        git_commit=run.git_commit,
        node=run.nodes.get(dataset),
        delivery=delivery,
    )
