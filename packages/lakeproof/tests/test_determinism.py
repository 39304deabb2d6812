"""What a project wants in its environment, and what is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lakeproof import determinism
from lakeproof.determinism import Recipe, RecipeError, find_recipe

KEDRO = "[tool.kedro]\npackage_name = 'example'\n"


def project(folder: Path, *lines: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(KEDRO + "\n".join(lines), encoding="utf-8")
    return folder


def test_an_empty_table_means_one_thread_and_a_fixed_hash_seed():
    """And no kernel: to hold everyone to one would cost speed."""
    variables = Recipe.read({}).variables
    assert variables.pop("PYTHONHASHSEED") == "0"
    assert set(variables) == {*determinism.THREADS, "POLARS_MAX_THREADS"}
    assert set(variables.values()) == {"1"}


@pytest.mark.parametrize(
    ("kernel", "of_mkl"), [("Haswell", "AVX2"), ("SkylakeX", "AVX512"), ("Prescott", "COMPATIBLE")]
)
def test_a_kernel_is_asked_for_by_openblas_name_and_translated_for_mkl(kernel, of_mkl):
    """MKL's promise of equal bits is by instruction set."""
    variables = Recipe.read({"blas_kernel": kernel, "threads": 2, "hash_seed": 7}).variables
    assert variables["OPENBLAS_CORETYPE"] == kernel
    assert variables["MKL_CBWR"] == of_mkl
    assert variables["OMP_NUM_THREADS"] == "2"
    assert variables["PYTHONHASHSEED"] == "7"


def test_polars_has_a_number_of_threads_of_its_own():
    """It sums floats by them, OpenMP and BLAS by theirs."""
    variables = Recipe.read({"threads": 2, "polars_threads": 4}).variables
    assert variables["POLARS_MAX_THREADS"] == "4"
    assert {variables[name] for name in determinism.THREADS} == {"2"}


def test_what_the_caller_has_set_wins_and_what_is_empty_is_not_set():
    """As the libraries themselves read it."""
    lacking = Recipe().lacking({"OMP_NUM_THREADS": "4", "MKL_NUM_THREADS": ""})
    assert "OMP_NUM_THREADS" not in lacking
    assert lacking["MKL_NUM_THREADS"] == "1"
    assert Recipe().lacking(Recipe().variables) == {}


def test_an_unknown_key_is_refused_by_name():
    """A misspelled setting would silently not be one."""
    with pytest.raises(
        RecipeError, match=r"'thread'.*recipe, threads, polars_threads.*Nothing was run"
    ):
        Recipe.read({"thread": 1})


@pytest.mark.parametrize(
    "table",
    [
        {"threads": 0},
        {"threads": "1"},
        {"threads": True},
        {"polars_threads": 0},
        {"hash_seed": -1},
        {"hash_seed": 2**32},
        {"blas_kernel": ""},
        {"blas_kernel": "Haswell, please"},
        {"recipe": "no"},
        {"chance": "train.seed"},
        {"chance": [7]},
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_key_and_value(table):
    """`recipe = "no"` would be true."""
    ((key, value),) = table.items()
    with pytest.raises(RecipeError) as refused:
        Recipe.read(table)
    assert f"{key} = {value!r}" in str(refused.value)


def test_the_parameters_that_mean_chance_are_a_list_of_names():
    """They are no setting of a process: no variable comes of them."""
    recipe = Recipe.read({"chance": ["train.seed", "feature.split.salt"]})
    assert recipe.chance == ("train.seed", "feature.split.salt")
    assert recipe.variables == Recipe().variables


def test_the_recipe_is_that_of_the_nearest_project_above(tmp_path):
    """As Kedro finds the project; a `pyproject.toml` of something else is passed by."""
    project(tmp_path, "[tool.lakeproof]", "threads = 5")
    project(tmp_path / "inner", "[tool.lakeproof]", "threads = 3")
    deep = tmp_path / "inner" / "notebooks" / "deep"
    deep.mkdir(parents=True)
    (deep / "pyproject.toml").write_text("[tool.lakeproof]\nthreads = 9\n")
    assert find_recipe(deep) == Recipe(threads=3)
    assert find_recipe(tmp_path) == Recipe(threads=5)


def test_without_the_table_or_a_project_there_is_no_recipe(tmp_path):
    """Someone else's Kedro project is left alone."""
    assert find_recipe(tmp_path) is None
    assert find_recipe(project(tmp_path / "plain")) is None
    assert find_recipe(project(tmp_path / "broken", "[tool.lakeproof")) is None


def test_the_word_that_is_handed_over_is_taken_once(monkeypatch):
    """A child of the run would otherwise claim it for itself."""
    monkeypatch.setattr(determinism, "_settled", None)
    environ = {determinism.HANDED_OVER: determinism.SET_AT_START}
    assert determinism.origin() == determinism.AS_FOUND
    assert determinism.take_over(environ)
    assert determinism.origin() == determinism.SET_AT_START
    assert environ == {}
    assert not determinism.take_over(environ)


def test_a_recorded_environment_is_restored_with_what_was_not_set():
    """A variable that was not set then is taken away now; what has no say is kept."""
    now = {"PATH": "/bin", "OMP_NUM_THREADS": "8", "MKL_CBWR": "AVX2", "PYTHONHASHSEED": "3"}
    then = {**dict.fromkeys(determinism.VARIABLES), "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "2"}
    assert determinism.restored(now, then, determinism.OPTED_OUT) == {
        "PATH": "/bin",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "2",
        "LAKEPROOF_RECIPE": "opted out",
    }


def test_what_a_record_of_before_does_not_say_is_left_as_it_is():
    """The number of Polars' threads came with schema 2; a record that says "not set" is another."""
    now = {"POLARS_MAX_THREADS": "3"}
    old = {name: None for name in determinism.VARIABLES if name != "POLARS_MAX_THREADS"}
    assert determinism.restored(now, old, determinism.AS_FOUND)["POLARS_MAX_THREADS"] == "3"
    unset = dict.fromkeys(determinism.VARIABLES)
    assert "POLARS_MAX_THREADS" not in determinism.restored(now, unset, determinism.AS_FOUND)


def test_what_is_restored_is_in_force_in_the_process_that_gets_it():
    """Word and variables, read back by the process itself."""
    then = {**dict.fromkeys(determinism.VARIABLES), "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "2"}
    code = (
        "from lakeproof import determinism; "
        f"print(determinism.origin(), determinism.in_force() == {then})"
    )
    environ = {**os.environ, "MKL_CBWR": "AVX2"}
    restored = determinism.restored(environ, then, determinism.SET_AT_START)
    assert _printed(code, environ) == "as found False\n"
    assert _printed(code, restored) == "set at start True\n"


def _printed(code: str, environ: dict[str, str], *flags: str) -> str:
    command = [sys.executable, *flags, "-c", code]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout


def test_a_hash_seed_that_the_interpreter_ignores_is_not_in_force():
    """`python -E` reads no variable of Python's; the libraries read theirs all the same."""
    code = "from lakeproof import determinism; print(determinism.in_force())"
    environ = {**os.environ, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}
    assert "'PYTHONHASHSEED': None, 'OMP_NUM_THREADS': '1'" in _printed(code, environ, "-E")
    assert "'PYTHONHASHSEED': '0', 'OMP_NUM_THREADS': '1'" in _printed(code, environ)


def test_the_module_imports_the_standard_library_alone():
    """It comes before everything else, in every command."""
    code = (
        "import sys; before = set(sys.modules); import lakeproof.determinism; "
        "print({name.split('.')[0] for name in set(sys.modules) - before} "
        "- sys.stdlib_module_names - {'lakeproof'})"
    )
    assert _printed(code, dict(os.environ)) == "set()\n"
