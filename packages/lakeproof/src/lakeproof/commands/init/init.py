"""The steps of `kedro lakeproof init`, in their order, and what is said of them."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from lakeproof.commands.init.carried_wheel import carry_wheel
from lakeproof.commands.init.copied_folder import take_out_copied_folder
from lakeproof.commands.init.draft import Change, Draft
from lakeproof.commands.init.ignored_files import ignore_what_runs_leave, require_git
from lakeproof.commands.init.mlflow_configuration import configure_mlflow
from lakeproof.commands.init.pyproject_table import add_table

# Each lets the draft hold what the project lacks, and nothing where it lacks nothing. What is
# ignored hangs on where runs are kept.
STEPS: tuple[Callable[[Draft], None], ...] = (
    take_out_copied_folder,
    add_table,
    configure_mlflow,
    ignore_what_runs_leave,
    carry_wheel,
)


def init(project_path: Path, is_dry: bool = False) -> tuple[Change, ...]:
    """Give a project what it needs in order to be recorded; all of it or nothing.

    Args:
        project_path: Its folder.
        is_dry: Whether nothing is to be written.

    Returns:
        What was changed, or would be.

    Raises:
        LakeproofError: If it cannot be one; nothing was written then.
    """
    require_git(project_path)
    draft = Draft(project_path)
    for step in STEPS:
        step(draft)
    changes = draft.changes
    if not is_dry:
        draft.write()
    return changes


def render(changes: tuple[Change, ...], is_dry: bool) -> str:
    """Say each line that was changed, and what comes next."""
    return "\n".join(_rendered(changes, is_dry))


def _rendered(changes: tuple[Change, ...], is_dry: bool) -> Iterator[str]:
    if not changes:
        yield "Nothing to do: the project is set up. Run it: kedro run"
        return
    for change in changes:
        yield f"{change.name}{' (new)' if change.is_new else ''}"
        yield from (f"  {line}" for line in change.lines)
    yield ""
    if is_dry:
        yield "Nothing was written. Write it: kedro lakeproof init"
    else:
        names = shlex.join(change.name for change in changes)
        yield f"Commit and run it: git add {names} && git commit -m 'Record each run' && kedro run"
