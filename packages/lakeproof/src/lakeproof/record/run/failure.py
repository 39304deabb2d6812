"""A failed run in a few lines: what failed, where in the project's own code, what to type next."""

import traceback
from pathlib import Path

from lakeproof.errors import LakeproofError
from lakeproof.record.redaction.secrets import Secrets

_MOST_CHARACTERS = 600


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
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, LakeproofError):
            return cause
        cause = cause.__cause__
    text = (secrets or Secrets()).redact_text(str(error).strip()) or "no message"
    if len(text) > _MOST_CHARACTERS:
        text = text[:_MOST_CHARACTERS] + " …"
    failed = f"Node '{node}' failed" if node else "The run failed"
    where = _own_line(error, project_path)
    return RunFailedError(
        f"{failed}: {type(error).__name__}: {text}\n"
        + (f"Raised at {where}. " if where else "")
        + "The whole traceback: LAKEPROOF_DEBUG=1 kedro run …"
    )


def _own_line(error: BaseException, project_path: Path) -> str | None:
    """Give the innermost line of the project's sources that the error passed."""
    sources = project_path / "src"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(sources) and not path.is_relative_to(Path(__file__).parents[1]):
            return f"{path.relative_to(project_path)}:{frame.lineno} in {frame.name}"
    return None
