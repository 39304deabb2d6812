"""A failed run in a few lines: what failed, where in the project's own code, what to type next."""

from pathlib import Path

from lakeproof.advice import as_typed
from lakeproof.errors import LakeproofError
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.startup.trouble import ours_beneath, place_of, told


class RunFailedError(LakeproofError):
    """A node or a dataset raised something that is not ours."""


def in_brief(
    error: BaseException, node: str | None, project_path: Path, secrets: Secrets | None = None
) -> LakeproofError:
    """Tell an error without the frames of Kedro and click.

    Args:
        error: What ended the run.
        node: The node it was raised in, if it was raised in one.
        project_path: Frames below it are the user's own.
        secrets: What its message must not repeat.

    Returns:
        Our own error where there is one beneath, as it is; else one that names the node and the
        line of the project.
    """
    ours = ours_beneath(error)
    if ours is not None:
        return ours
    where = place_of(error, project_path)
    known = secrets or Secrets()
    hide, words = known.redact_text, known.redact_words
    failed = f"Node '{node}' failed" if node else "The run failed"
    return RunFailedError(
        f"{failed}: {told(error, words)}\n"
        + (f"Raised at {where}. " if where else "")
        + f"The whole traceback: LAKEPROOF_DEBUG=1 {hide(as_typed())}"
    )
