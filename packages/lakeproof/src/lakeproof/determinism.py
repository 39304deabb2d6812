"""What a run must have in its environment before numpy is imported or the interpreter starts.

The number of threads of BLAS and Polars, the kernel of a BLAS library, and the seed of Python's
string hashes, can change the last bits of a result, and each is read once, when the library or the
interpreter starts. This module says which values a project wants and which are in force; `startup`
puts them in force. The standard library alone: it is imported before everything else.
"""

import math
import os
import re
import sys
import tomllib
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from lakeproof.configuration import unknown_key

HASH_SEED = "PYTHONHASHSEED"
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
)
POLARS_THREADS = "POLARS_MAX_THREADS"
KERNEL, MKL_KERNEL = "OPENBLAS_CORETYPE", "MKL_CBWR"
VARIABLES = (HASH_SEED, *THREADS, POLARS_THREADS, KERNEL, MKL_KERNEL)
# A record from before this was one of them does not say what it was: nobody takes it away.
_SINCE_SCHEMA_2 = (POLARS_THREADS,)

# A hundred years and more are for ever.
_KEPT = re.compile("([1-9][0-9]{0,4}) days?")

SET_AT_START, OPTED_OUT, AS_FOUND = "set at start", "opted out", "as found"
# Hands the word above to the process that is started with the settings. Whoever starts a re-run
# sets it too (`restored`).
HANDED_OVER = "LAKEPROOF_RECIPE"

# Keys of the table that decide nothing of a run, read by `project_settings`.
NO_RECIPE = frozenset({"keys", "promote", "scratch"})

# MKL has no kernel by OpenBLAS's names: the branch that uses the same instructions.
_MKL_BRANCHES = {"HASWELL": "AVX2", "ZEN": "AVX2", "SKYLAKEX": "AVX512", "SANDYBRIDGE": "AVX"}


class RecipeError(ValueError):
    """The table `[tool.lakeproof]` says something that it cannot say."""


@dataclass(frozen=True)
class Recipe:
    """The table `[tool.lakeproof]` of a project's `pyproject.toml`.

    Args:
        recipe: Whether the settings below are wanted at all.
        threads: Of OpenMP and BLAS; 1, so that a result does not hang on the machine's cores.
        polars_threads: Of Polars, which sums floats in as many parts and, from two on, adds them up
            in the order in which they are done.
        hash_seed: Of Python's string hashes, which order sets of text.
        blas_kernel: What OpenBLAS calls it, such as `Haswell`, which every x86 machine with AVX2
            has; `None` leaves the choice to the library.
        watch: Whether a run looks at what its nodes reach for beside their inputs.
        chance: The parameters that mean chance, dotted: what they do is no cause (`kedro explain`).
        tolerance: How far each metric may be from the recorded one (`kedro verify`).
        keep: How long what a run was made of is leased to it: `90 days`, or `forever`.
        keep_raw_mb: Megabytes up to which a raw file that a run read is kept by its content, where
            git does not have it; 0 keeps none.
    """

    recipe: bool = True
    threads: int = 1
    polars_threads: int = 1
    hash_seed: int = 0
    blas_kernel: str | None = None
    watch: bool = True
    chance: tuple[str, ...] = ()
    tolerance: Mapping[str, float] = field(default_factory=dict)
    keep: str = "forever"
    keep_raw_mb: int = 10

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> "Recipe":
        """Take the table as it is written and refuse what is not in it.

        Raises:
            RecipeError: If a key is unknown or a value of the wrong kind.
        """
        table = {key: value for key, value in table.items() if key not in NO_RECIPE}
        known = [one.name for one in fields(cls)]
        for key, value in table.items():
            if key not in known:
                where = "[tool.lakeproof] (pyproject.toml)"
                every = [*known, *sorted(NO_RECIPE)]
                raise RecipeError(unknown_key(key, where, every, "Nothing was run."))
            wanted = _wanted(key, value)
            if wanted:
                raise RecipeError(
                    f"[tool.lakeproof] in pyproject.toml has {key} = {value!r}, but {key} is "
                    f"{wanted}. Nothing was run."
                )
        values: dict[str, Any] = dict(table)
        if "chance" in values:
            values["chance"] = tuple(values["chance"])
        return cls(**values)

    @property
    def kept_days(self) -> int | None:
        """Give the days for which a run leases what it was made of; `None` for ever."""
        found = _KEPT.fullmatch(self.keep)
        return int(found[1]) if found else None

    @property
    def variables(self) -> dict[str, str]:
        """Give the environment variables that make the recipe."""
        variables = {HASH_SEED: str(self.hash_seed)}
        variables |= dict.fromkeys(THREADS, str(self.threads))
        variables[POLARS_THREADS] = str(self.polars_threads)
        if self.blas_kernel:
            variables[KERNEL] = self.blas_kernel
            variables[MKL_KERNEL] = _MKL_BRANCHES.get(self.blas_kernel.upper(), "COMPATIBLE")
        return variables

    def lacking(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Give those that are not set; what the caller has set wins, and the record says what."""
        # Python and OpenMP read an empty variable as one that is not set.
        return {name: value for name, value in self.variables.items() if not environ.get(name)}


def _wanted(key: str, value: Any) -> str | None:
    """Say what a value should have been, or `None` where it is right."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if key in ("recipe", "watch"):
        return None if isinstance(value, bool) else "true or false"
    if key in ("threads", "polars_threads"):
        return None if is_number and value >= 1 else "a number of threads from 1 upwards"
    if key == "keep_raw_mb":
        return None if is_number and value >= 0 else "a number of megabytes, 0 to keep no file"
    if key == "hash_seed":
        return None if is_number and 0 <= value < 2**32 else "a number from 0 to 4294967295"
    if key == "chance":
        is_list = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
        return None if is_list else 'a list of parameters, such as ["train.seed"]'
    if key == "tolerance":
        is_table = isinstance(value, dict) and all(map(_is_distance, value.values()))
        return None if is_table else "a table of metrics and distances, such as rmse = 1e-9"
    if key == "keep":
        is_right = isinstance(value, str) and (value == "forever" or _KEPT.fullmatch(value))
        return None if is_right else 'a number of days from 1 upwards, "90 days", or "forever"'
    is_word = isinstance(value, str) and value.isalnum()
    return None if is_word else 'the name of an OpenBLAS kernel, such as "Haswell"'


def _is_distance(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value < math.inf


def tolerance_in(table: Mapping[str, Any]) -> dict[str, float]:
    """Take the distances that metrics may have out of `[tool.lakeproof]`, each a double.

    Raises:
        RecipeError: If the table cannot be read.
    """
    return {name: float(value) for name, value in Recipe.read(table).tolerance.items()}


_is_package = False


def be_a_package() -> None:
    """Let this process have the usual recipe: what is run was installed, `pyproject.toml` was not.

    A package says so in its `__main__`; nobody else has anywhere to say it.
    """
    global _is_package
    _is_package = True


def find_recipe(folder: Path) -> Recipe | None:
    """Read the recipe of the project in which a command was typed, found as Kedro finds it.

    Returns:
        `None` outside a project, where no package of one is run, and in one without
        `[tool.lakeproof]`.

    Raises:
        RecipeError: If the table cannot be read as a recipe.
    """
    return recipe_in(tables_around(folder))


def recipe_in(tables: Mapping[str, Any] | None) -> Recipe | None:
    """Take the recipe out of what `tables_around` gives.

    Raises:
        RecipeError: If the table cannot be read as a recipe.
    """
    if tables is None:
        return Recipe() if _is_package else None
    table = tables.get("lakeproof")
    return None if table is None else Recipe.read(table)


def tables_around(folder: Path) -> Mapping[str, Any] | None:
    """Give what stands below `[tool]` in the file of the project around, as Kedro finds it."""
    return (project_around(folder) or (None, None))[1]


def project_around(folder: Path) -> tuple[Path, Mapping[str, Any]] | None:
    """Give the folder of the project around, and what stands below `[tool]` in its file."""
    for parent in (folder, *folder.parents):
        try:
            text = Path(parent, "pyproject.toml").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if "[tool.kedro]" not in text:
            continue
        # Where it is broken, Kedro reads it next and says how.
        with suppress(tomllib.TOMLDecodeError):
            return parent, tomllib.loads(text).get("tool", {})
        break
    return None


def take_over(environ: MutableMapping[str, str] = os.environ) -> bool:
    """Take what the starting process has handed over, so that no child of this one gets it.

    Returns:
        Whether this process was started with its settings in force.
    """
    handed = environ.pop(HANDED_OVER, None)
    if handed:
        settle(handed)
    return bool(handed)


_found: dict[str, str] | None = None


def remember(environ: Mapping[str, str] = os.environ) -> None:
    """Keep the environment as a command was given it, before a project's `settings.py` adds to it.

    Only the first time: what is there later may be a project's.
    """
    global _found
    if _found is None:
        _found = dict(environ)


def as_given() -> dict[str, str]:
    """Give that environment; today's where Kedro was not started as a command."""
    return dict(os.environ if _found is None else _found)


_settled: str | None = None


def settle(word: str) -> None:
    """Remember how this process came to its settings, for the record."""
    global _settled
    _settled = word


def origin() -> str:
    """Say how the settings came to be: `set at start`, `opted out` or `as found`."""
    # The variable is still there where a re-run's process does not come through `startup`.
    return _settled or os.environ.get(HANDED_OVER) or AS_FOUND


def in_force(environ: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """Give the variables that decide threads, kernels and the hash seed, `None` where unset."""
    found = {name: environ.get(name) or None for name in VARIABLES}
    if sys.flags.ignore_environment:
        found[HASH_SEED] = None
    return found


def restored(
    environ: Mapping[str, str], threads: Mapping[str, str | None], origin: str
) -> dict[str, str]:
    """Give the environment in which a process has the settings of a record, no more and no less.

    Args:
        environ: The environment to start from.
        threads: The recorded variables; those that are `None` are taken away.
        origin: The recorded word for how they came to be.
    """
    decided = {*VARIABLES, *threads} - {name for name in _SINCE_SCHEMA_2 if name not in threads}
    kept = {name: value for name, value in environ.items() if name not in decided}
    wanted = {name: value for name, value in threads.items() if value is not None}
    return {**kept, **wanted, HANDED_OVER: origin}
