"""What runs leave in a project's folder and git should not take for its code."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from lakeproof.commands.command_errors import InitError
from lakeproof.commands.init.draft import Draft
from lakeproof.record.code import git

NAME = ".gitignore"
# A file of each kind, and the line by which git leaves it out. MLflow's own default has been
# `mlruns` and is `mlflow.db`.
LEFT = {
    "mlflow.db": "/mlflow.db*",
    "mlartifacts/0": "/mlartifacts/",
    "mlruns/0": "/mlruns/",
    ".lakeproof/rerun": "/.lakeproof/",
}
# kedro-viz writes down how large what was saved is.
LEFT_BY_VIZ = {".viz/stats.json": "/.viz/"}


def ignore_what_runs_leave(draft: Draft) -> None:
    """Add the lines for what git does not ignore already, by whichever file or pattern."""
    places = {**LEFT, **dict(_store(draft.project_path))}
    if find_spec("kedro_viz") is not None:
        places |= LEFT_BY_VIZ
    lines = [line for place, line in places.items() if not _is_ignored(draft.project_path, place)]
    there = (draft.text(NAME) or "").splitlines()
    lacking = tuple(dict.fromkeys(line for line in lines if line not in there))
    if lacking:
        draft.append(NAME, ("# What runs leave", *lacking), is_paragraph=True)


def require_git(project_path: Path) -> None:
    """Refuse a project without git: a run records its code by commit.

    Raises:
        InitError: If git is not there, knows no repository here, or ignores the project.
    """
    try:
        git.ask(project_path, "rev-parse", "--show-toplevel")
    except git.GitError as error:
        raise InitError(
            f"The project {project_path} is in no git repository, and a run records its code by "
            f"commit ({error.message}). Nothing was written. Make it one: git init"
        ) from error
    if _is_ignored(project_path, "pyproject.toml"):
        raise InitError(
            f"The git repository around {project_path} ignores the project, so that its commits "
            "say nothing of it. Nothing was written. Make it a repository of its own: git init"
        )


def _is_ignored(project_path: Path, place: str) -> bool:
    try:
        git.ask(project_path, "check-ignore", "--quiet", "--no-index", place)
    except git.GitError:
        return False
    return True


def _store(project_path: Path) -> Iterator[tuple[str, str]]:
    """Give where the project's own `mlflow.yml` keeps runs, if that is in its folder."""
    from lakeproof.record.mlflow_store.tracking import local_path, open_loader, tracking_of

    try:
        tracking = tracking_of(project_path, open_loader(project_path, None))
    except Exception:
        # A configuration that cannot be read today: a run says what is wrong with it.
        return
    for uri in filter(None, (tracking.uri, tracking.artifacts)):
        path = local_path(uri) or Path(uri)
        if path != project_path and path.is_relative_to(project_path):
            place = path.relative_to(project_path).as_posix()
            is_file = uri.startswith("sqlite:")
            yield place if is_file else f"{place}/0", f"/{place}" + ("*" if is_file else "/")
