"""Any error in a few lines: what happened, where, and what to type next.

The one place in which errors that are not ours become words: of a node, a store, a broken file, a
name that Kedro does not know. Nothing here knows a single case; what a person may look at next is
told by the room of Kedro that raised.
"""

import errno
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import IO, Any, NoReturn

import click

from lakeproof.advice import as_typed, concrete, configuration_files, where_written, words_of
from lakeproof.errors import LakeproofError, wants_traceback
from lakeproof.spelling import spelled
from lakeproof.stores.troubles import plain

_MOST_CHARACTERS = 500
# Who raised, from the inside out, and what shows what there is.
_WHAT_THERE_IS = (
    ("kedro.config", "Correct {place}, then type again: {typed}"),
    ("kedro.io", "Correct {place}, then type again: {typed}"),
    ("kedro.pipeline", "What there is: kedro registry list, kedro registry describe"),
    ("kedro.framework.session", "What there is: kedro registry list, kedro registry describe"),
    ("kedro.utils", "See: kedro {command} --help"),
)
# What the system refuses, whoever asked for it.
_REFUSED = {
    errno.EEXIST: "Something else lies where {path} is needed: move it away",
    errno.ENOTDIR: "A file lies where a folder is needed, at {path} or above it: move it away",
    errno.EISDIR: "A folder lies where the file {path} is needed: move it away",
    errno.EACCES: "This user may not do that at {path}: change who may",
    errno.EPERM: "This user may not do that at {path}: change who may",
    errno.EROFS: "Nothing can be written at {path}: mount it for writing",
    errno.ENOSPC: "The disk of {path} is full: make room there",
    errno.EDQUOT: "This user's share of the disk of {path} is full: make room there",
}
# The files that Kedro and kedro-mlflow merge.
_MERGED = ("catalog", "globals", "mlflow", "parameters", "spark")
# A library writes out the whole address that it asked, with user and password.
_USER = re.compile(r"://[^/\s:@]*:[^/\s]*@")
# A hook that Kedro calls when all nodes have run.
_AFTER = "after_pipeline_run"
_LAKEPROOF = Path(__file__).parents[1]
# Kedro puts what came up into words of its own, as many as the libraries that it came through.
_LEFT_OUT = (
    "Hint: If you are trying to use a dataset from",
    "[SQL:",
    "(Background on this error",
    "For further information visit",
)


def ours_beneath(error: BaseException | None) -> LakeproofError | None:
    """Find our own error among what an error came of: its sentence is the one for a person."""
    return next((one for one in causes(error) if isinstance(one, LakeproofError)), None)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and, one by one, what it was raised from."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__


def told(error: BaseException, hide: Callable[[str], str] = str) -> str:
    """Write an error on one line: its kind, its words and those of its cause, cut.

    Args:
        error: Any.
        hide: Takes out of the words what must not be repeated.
    """
    parts: list[str] = []
    for one in causes(error):
        words = hide(_words(one))
        if words and not any(words in part for part in parts):
            parts.append(f"{type(one).__name__}: {words}")
    return _cut(" Because of: ".join(parts[:2]) or f"{type(error).__name__}: no message")


def place_of(error: BaseException, project_path: Path | None) -> str | None:
    """Give the innermost line of the project's own sources that an error passed."""
    if project_path is None:
        return None
    sources = project_path / "src"
    for one in causes(error):
        if isinstance(one, SyntaxError) and one.filename:
            path = Path(one.filename)
            if path.is_relative_to(project_path):
                return f"{path.relative_to(project_path)}:{one.lineno}"
        for frame in reversed(traceback.extract_tb(one.__traceback__)):
            path = Path(frame.filename)
            if path.is_relative_to(sources) and not path.is_relative_to(_LAKEPROOF):
                return f"{path.relative_to(project_path)}:{frame.lineno} in {frame.name}"
    return None


def in_brief(error: BaseException, project_path: Path | None) -> str:
    """Tell an error that ended a command: three lines at most."""
    ours = ours_beneath(error)
    if ours is not None:
        return ours.message
    what, advice = worded(error)
    # Whoever asked for a broken file has nothing to do with it.
    where = None if _broken(error) else place_of(error, project_path)
    command = (sys.argv[1:2] or ["run"])[0]
    frames = traceback.extract_tb(error.__traceback__)
    has_run = any(frame.name == _AFTER for frame in frames)
    hints = (
        f"Raised at {where}." if where else "",
        "Nothing was run." if command == "run" and not has_run else "",
        # In the project's own code there is nothing to choose from.
        "" if where else advice,
    )
    lines = (
        what,
        " ".join(filter(None, hints)),
        f"The whole traceback: LAKEPROOF_DEBUG=1 {as_typed()}",
    )
    return "\n".join(filter(None, lines))


def is_ours(arguments: Sequence[str]) -> bool:
    """Tell whether a command line is one of ours, which end with 2: 1 is an answer of theirs."""
    # As Kedro finds them: they stand above this room.
    (found,) = entry_points(group="kedro.project_commands", name="lakeproof")
    return bool(arguments) and arguments[0] in found.load().commands


def worded(error: BaseException) -> tuple[str, str]:
    """Say what happened, and what to look at next; that is empty where nobody can know."""
    what = _broken(error) or told(error)
    for module in reversed(_modules(error)):
        for room, advice in _WHAT_THERE_IS:
            if module == room or module.startswith(f"{room}."):
                place = where_written(*words_of(what)) or "it"
                command = (sys.argv[1:2] or [""])[0]
                return what, advice.format(place=place, typed=as_typed(), command=command)
    return what, _refused(error)


def _refused(error: BaseException) -> str:
    """Say what to do where the system refused something at a path."""
    for one in causes(error):
        if isinstance(one, OSError) and one.filename and (advice := _REFUSED.get(one.errno or 0)):
            path = one.filename2 or one.filename
            return f"{advice.format(path=path)}, then type again: {as_typed()}"
    return ""


def _broken(error: BaseException) -> str | None:
    """Say which file of the configuration is broken, where an error came of reading it."""
    is_configuration = is_through(error, "omegaconf") or is_through(error, "yaml")
    return broken_file() if is_configuration else None


def broken_file() -> str | None:
    """Find the file of the configuration that is no YAML, or no mapping, and say what is wrong.

    Kedro merges them, and of what it finds in one it rarely says in which.
    """
    from omegaconf import OmegaConf
    from yaml import MarkedYAMLError

    for path, name in configuration_files():
        if not path.name.startswith(_MERGED):
            continue
        try:
            found = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f", line {mark.line + 1}" if mark is not None else ""
            return f"{name}{line} is no YAML: {error.problem or error.context}."
        except Exception as error:
            return f"{name} cannot be read: {told(error)}."
        if not isinstance(found, dict):
            return f"{name} must be a mapping of names to values, and is a {type(found).__name__}."
    return None


def is_through(error: BaseException, package: str) -> bool:
    """Tell whether an error has passed through a package on its way."""
    return any(module.partition(".")[0] == package for module in _modules(error))


def end(error: BaseException) -> NoReturn:
    """End this process for an error that nobody has caught."""
    if "--verbose" in sys.argv or wants_traceback():
        sys.__excepthook__(type(error), error, error.__traceback__)
    else:
        from kedro.utils import find_kedro_project

        found = find_kedro_project(Path.cwd())
        text = in_brief(error, Path(found) if found else None)
        print(f"Error: {spelled(concrete(text))}", file=sys.stderr)
    raise SystemExit(2 if is_ours(sys.argv[1:]) else 1)


def _words(error: BaseException) -> str:
    text = str(error)
    # `KeyError` gives its key in quotes, as Python would write it.
    if isinstance(error, KeyError) and len(error.args) == 1:
        text = str(error.args[0])
    text = plain(text)
    for end in _LEFT_OUT:
        text = text.partition(end)[0]
    return _USER.sub("://***@", " ".join(text.split()))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + " …"


def _modules(error: BaseException) -> list[str]:
    """Name the modules that an error and its causes have passed through, the innermost last."""
    found = []
    for one in causes(error):
        trace = one.__traceback__
        while trace is not None:
            found.append(str(trace.tb_frame.f_globals.get("__name__", "")))
            trace = trace.tb_next
    return found


def show(error: click.ClickException, file: IO[Any] | None = None) -> None:
    """Print an error of Kedro's command line, in place of its own `KedroCliError.show`.

    Kedro 1.7 prints the exception that is being handled, and click 8.5.1 shows errors when none is
    any more: `NoneType: None`, whatever went wrong (no issue is known). It can go when Kedro shows
    the error itself.
    """
    if wants_traceback():
        text = "".join(traceback.format_exception(error))
    else:
        text = f"Error: {concrete(told(error).removeprefix(f'{type(error).__name__}: '))}"
    click.echo(spelled(text), err=True)
