"""Become another process before Kedro is imported, and then the command that was typed.

Of `kedro reproduce`: what comes in between is the re-run's (`reproduce.stages.fork`), which
is named here and not imported, since nothing is there by then but the standard library.
"""

import importlib
import json
import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from lakeproof import determinism
from lakeproof.startup import begin

_RERUN = "lakeproof.reproduce.stages.fork.early_rerun"
# They lead an interpreter to another place, or have it wait for a person.
OF_THE_CALLER = (
    *("PYTHONEXECUTABLE", "PYTHONHOME", "PYTHONPATH", "PYTHONPLATLIBDIR", "PYTHONSTARTUP"),
    *("PYTHONUSERBASE", "PYTHONBREAKPOINT", "PYTHONINSPECT"),
)
# Hands over which variables were added to those that were given.
_ADDED = "LAKEPROOF_ADDED"
# With them nothing is run again, or not as it was.
_OTHERWISE = frozenset({"--help", "-h", "--dry-run", "--engine", "--retrained"})


def reruns(arguments: Sequence[str]) -> bool:
    """Tell whether a command most likely runs something again, as it was run."""
    options = {one.partition("=")[0] for one in arguments}
    return arguments[:1] == ["reproduce"] and not options & _OTHERWISE


def start_early(recipe: determinism.Recipe, typed: Sequence[str]) -> None:
    """Become the process that begins the re-run, where one can be begun.

    A re-run has an interpreter of its own where variables lead this one elsewhere, and where the
    project brings its own Lakeproof. Without its streams, a process is another than one with them.

    Args:
        recipe: The project's, in which it is started.
        typed: The command line, without the interpreter.
    """
    is_led = any(name in os.environ for name in OF_THE_CALLER)
    is_brought = Path(__file__).is_relative_to(Path.cwd()) and "site-packages" not in __file__
    has_streams = None not in (sys.stdin, sys.stdout, sys.stderr)
    if sys.platform != "linux" or is_led or is_brought or not has_streams:
        return
    added = recipe.lacking(os.environ)
    variables = {**os.environ, **added, _ADDED: json.dumps(list(added))}
    begin.become(["-P", "-m", __name__, *typed], variables)


def take_over() -> tuple[list[str], dict[str, str]]:
    """Have the variables again that were given.

    Returns:
        The command line that was typed, and the variables that were added.
    """
    names = json.loads(os.environ.pop(_ADDED))
    return sys.argv[1:], {name: os.environ.pop(name) for name in names}


def become_typed(typed: Sequence[str]) -> None:
    """Do as an interpreter does that is started with this command line.

    Args:
        typed: A script or `-m` and a module, with their arguments; `-P` may stand in front.
    """
    sys.orig_argv = [sys.executable, *typed]
    is_safe = typed[0] == "-P" or bool(os.environ.get("PYTHONSAFEPATH"))
    words = typed[1:] if typed[0] == "-P" else typed
    is_module = words[0] == "-m"
    sys.argv = list(words[1:] if is_module else words)
    if not is_safe:
        here = os.getcwd() if is_module else os.path.dirname(os.path.realpath(words[0]))
        sys.path.insert(0, here)
    if is_module:
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    begin.end_in_brief()
    importlib.import_module(_RERUN).main()
