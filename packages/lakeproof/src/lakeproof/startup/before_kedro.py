"""What a command of a recorded project does before Kedro is imported, where that saves time.

`kedro.init` comes when Kedro has imported its command line, half a second of a run, which a run
that starts itself again for its hash seed would import twice. `lakeproof.pth` in the environment
has each interpreter look at its command line, and come here if that is one of Kedro's. Whatever is
not surely so is left to `begin`, which does the same, later.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakeproof import determinism
from lakeproof.startup import begin, early_start
from lakeproof.startup.libraries.no_flask import leave_out_flask
from lakeproof.startup.plain import is_plain


def come_first() -> None:
    """Start a run again, if it has to be; leave out what Kedro has no use for."""
    arguments = _typed()
    if arguments is None or is_plain() or os.name == "nt":
        return
    tables = determinism.tables_around(Path.cwd())
    if tables is None or "lakeproof" not in tables:
        return
    recipe = _recipe(tables)
    if recipe is not None and not begin.is_debugged():
        if begin.is_run(arguments):
            _start_again_for(recipe)
        elif early_start.reruns(arguments):
            early_start.start_early(recipe, sys.orig_argv[1:])
    leave_out_flask()


def _recipe(tables: Mapping[str, Any]) -> determinism.Recipe | None:
    """Give the recipe in force; nothing where there is none, or none that can be read."""
    try:
        found = determinism.recipe_in(tables)
    except determinism.RecipeError:
        return None  # Said by `begin`.
    return found if found is not None and found.recipe else None


def _start_again_for(recipe: determinism.Recipe) -> None:
    lacking = recipe.lacking(os.environ)
    if determinism.HANDED_OVER not in os.environ and determinism.HASH_SEED in lacking:
        begin.start_again({**os.environ, **lacking})


def _typed() -> list[str] | None:
    """Give what stands behind `kedro` on the command line; there is no `sys.argv` yet."""
    _, *words = sys.orig_argv
    # As a re-run is started.
    words = words[1:] if words[:1] == ["-P"] else words
    if words[:2] == ["-m", "kedro"]:
        return words[2:]
    if not words or os.path.basename(words[0]) != "kedro":
        return None
    # The script of this very environment, not a file of that name.
    folder = os.path.dirname(os.path.realpath(words[0]))
    is_ours = folder == os.path.realpath(os.path.dirname(sys.executable))
    return words[1:] if is_ours else None
