"""What must be in force before Kedro imports anything.

The entry point `kedro.init` comes first of all, before any plug-in, `settings.py` or numpy. This
module therefore imports the standard library alone until all that is set. Where the environment has
`lakeproof.pth`, what need not wait for Kedro has been done then (`before_kedro`).
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from lakeproof import determinism
from lakeproof.startup.faster_imports import begin_imports
from lakeproof.startup.libraries.arrow_memory import give_memory_back
from lakeproof.startup.libraries.kept_docstrings import leave_help_unwritten
from lakeproof.startup.libraries.lazy_kedro_mlflow import defer_kedro_mlflow
from lakeproof.startup.libraries.no_repository import ask_git_first
from lakeproof.startup.libraries.no_telemetry import leave_out_telemetry
from lakeproof.startup.libraries.quick_names import name_quickly
from lakeproof.startup.libraries.quick_skops import write_quickly
from lakeproof.startup.libraries.quick_stack import name_files_of_stack
from lakeproof.startup.libraries.skinny_mlflow import ask_stores_alone
from lakeproof.startup.plain import is_plain
from lakeproof.startup.put_off import put_off_modules, put_off_validation
from lakeproof.startup.quiet import silence_plugins
from lakeproof.streams import show_anything

# As a shell says of a program that was ended by SIGINT.
_INTERRUPTED = 130


def prepare() -> None:
    """Put the recipe of a run in force, and turn off what only sends, writes or takes time.

    Kedro's telemetry is on unless refused and writes an id into `pyproject.toml`, which would make
    the very first run a run of a changed tree. A value the user has set is left alone.

    In a project without `[tool.lakeproof]` nothing of it is ours to decide: what is installed in an
    environment comes to all of its projects. `kedro lakeproof …` is ours there as well: it sends
    nothing, and what plug-ins warn of is no part of its answer.
    """
    determinism.remember()
    tables = determinism.tables_around(Path.cwd())
    is_elsewhere = tables is not None and "lakeproof" not in tables
    end_in_brief(of_ours_alone=is_elsewhere)
    if is_elsewhere:
        if sys.argv[1:2] == ["lakeproof"]:
            _turn_telemetry_off()
            if not is_plain():
                _leave_out_plugins()
        return
    _show_errors_of_kedro()
    does_run = is_run(sys.argv[1:])
    _begin(tables, does_run)
    if is_plain():
        return
    _leave_out_plugins()
    if does_run:
        import_quickly()
    else:
        # A run imports what that module does in any case.
        leave_out_telemetry()
    if sys.argv[1:2] == ["reproduce"]:
        # The re-run is another process.
        ask_stores_alone()
    if _asks_for_help(sys.argv[1:]):
        put_off_validation()


def import_quickly() -> None:
    """Leave out of the imports of a run what it has no use for, and begin with them."""
    put_off_modules()
    name_quickly()
    write_quickly()
    leave_help_unwritten()
    ask_git_first()
    give_memory_back()
    begin_imports()


def _leave_out_plugins() -> None:
    silence_plugins()
    defer_kedro_mlflow()
    name_files_of_stack()


def prepare_package() -> None:
    """Do for a packaged project, at the start of its `__main__`, what Kedro asks of `prepare`.

    Where it runs there is no `pyproject.toml`: it has the usual recipe, and its runs are recorded.
    """
    determinism.remember()
    determinism.be_a_package()
    tables = determinism.tables_around(Path.cwd())
    if tables is None or "lakeproof" in tables:
        _begin(tables, does_run=not _asks_for_help(sys.argv[1:]))


def _begin(tables: Mapping[str, Any] | None, does_run: bool) -> None:
    show_anything()
    have_home()
    _put_recipe_in_force(tables, does_run)
    _turn_telemetry_off()


def _turn_telemetry_off() -> None:
    os.environ.setdefault("KEDRO_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


def have_home() -> None:
    """Give a user whom no passwd knows and who has no HOME the folder of temporary files for one.

    MLflow asks for it when it is imported, and ends there (3.17).
    """
    if os.path.expanduser("~") == "~":
        import tempfile

        os.environ["HOME"] = tempfile.gettempdir()


def end_in_brief(of_ours_alone: bool = False) -> None:
    """Let trouble end in a few lines, also of a `settings.py` that is imported before all else."""
    usual = sys.excepthook

    def tell(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            raise SystemExit(_INTERRUPTED)
        from lakeproof.startup import trouble

        if of_ours_alone and not trouble.is_ours(sys.argv[1:]):
            usual(kind, error, trace)
        else:
            trouble.end(error.with_traceback(trace))

    sys.excepthook = tell


def _show_errors_of_kedro() -> None:
    """Let Kedro's own errors have a text (see `trouble.show`)."""
    # Kedro's command line has imported it; whoever is none is spared that.
    imported = sys.modules.get("kedro.framework.cli.utils")
    if imported is None:
        return

    def show(error: Any, file: Any = None) -> None:
        from lakeproof.startup import trouble

        trouble.show(error, file)

    imported.KedroCliError.show = show


def _put_recipe_in_force(tables: Mapping[str, Any] | None, does_run: bool) -> None:
    """Set what the project's recipe lacks, starting this process again where it comes too late."""
    if determinism.take_over() or not does_run:
        return
    try:
        wanted = determinism.recipe_in(tables)
    except determinism.RecipeError as error:
        sys.exit(f"Error: {error}")
    if wanted is None:
        return
    if not wanted.recipe:
        determinism.settle(determinism.OPTED_OUT)
        return
    lacking = wanted.lacking(os.environ)
    is_late = determinism.HASH_SEED in lacking or (lacking and "numpy" in sys.modules)
    if is_late and not _can_start_again():
        return
    os.environ.update(lacking)
    if is_late:
        start_again(os.environ)
    determinism.settle(determinism.SET_AT_START)


def is_run(arguments: Sequence[str]) -> bool:
    """Tell whether a command line, without its program, is one of a run."""
    return arguments[:1] == ["run"] and not _asks_for_help(arguments)


def _asks_for_help(arguments: Sequence[str]) -> bool:
    return bool({"--help", "-h"} & set(arguments))


def _can_start_again() -> bool:
    """Tell whether the same command line would do the same.

    It would not where the program came through standard input, where something has put another
    command line in place, or where the interpreter ignores its environment. A debugger would lose
    the process.
    """
    arguments = sys.argv[1:]
    is_typed = bool(sys.argv[0].strip("-")) and sys.orig_argv[-len(arguments) :] == arguments
    has_say = bool(sys.executable) and not sys.flags.ignore_environment
    return is_typed and has_say and not is_debugged()


def is_debugged() -> bool:
    """Tell whether a debugger has this process, and would lose it."""
    monitoring = getattr(sys, "monitoring", None)
    return sys.gettrace() is not None or (
        monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None
    )


def start_again(environ: Mapping[str, str]) -> NoReturn:
    """Become the same command with its settings.

    The new process finds the word that is handed over and never comes here again.

    Args:
        environ: The environment, with the settings in it.
    """
    become(sys.orig_argv[1:], {**environ, determinism.HANDED_OVER: determinism.SET_AT_START})


def become(arguments: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Become another command of this interpreter; whoever waits for it does not notice.

    Args:
        arguments: Without the interpreter.
        environ: Its environment.
    """
    command = [sys.executable, *arguments]
    for stream in (sys.stdout, sys.stderr):
        # Without a console there are none.
        if stream is not None:
            stream.flush()
    if os.name != "nt":
        os.execve(sys.executable, command, environ)
    # There, execve starts another process and lets the shell believe that this one has ended.
    import signal
    import subprocess

    # Ctrl-C reaches both: the other one says how it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(subprocess.run(command, env=environ, check=False).returncode)
