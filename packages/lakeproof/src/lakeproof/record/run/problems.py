"""Why a run cannot be reproduced, as far as its own record tells."""

from lakeproof.record.facts import Record

NO_COMMIT = (
    "The project was not in a git repository with a commit, so its code is known by digest alone "
    "and cannot be restored."
)
PACKAGED = (
    "It was run as an installed package, outside of its project, so its code is known by digest "
    "alone and cannot be restored. Run the same in the project, on the same data, and compare the "
    "two: kedro compare"
)


def problems_of(record: Record) -> tuple[str, ...]:
    """Say what the run itself did that no re-run can repeat; what is lost later is `plan`'s."""
    problems = []
    if not record.nodes and record.run.status == "FINISHED":
        problems.append("No node ran, so there is nothing to reproduce.")
    code = record.code
    if code.commit is None:
        problems.append(NO_COMMIT if "pyproject.toml" in code.files else PACKAGED)
    if any(not content.path for content in code.untracked):
        problems.append("Git could not say which files it does not track, so they are not known.")
    if code.changed_during_run:
        named = ", ".join(code.changed_during_run[:5])
        more = len(code.changed_during_run) - 5
        problems.append(
            f"Edited during the run: {named}"
            + (f" and {more} more" if more > 0 else "")
            + ". Nobody can say which of the two states ran."
        )
    if record.parameters.redacted:
        problems.append(
            "Parameters that hold secrets are not in the record: "
            + ", ".join(record.parameters.redacted[:5])
            + ". Put them into conf/local/credentials.yml instead."
        )
    return tuple(problems)
