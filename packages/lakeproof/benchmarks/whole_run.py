"""P1: a whole recorded run, against plain Kedro with kedro-mlflow and against one plain script.

Every run begins without tables and reports, in a store that exists already. Ours is a user's
project with a wheel, as theirs has its libraries: neither has the thousand files of this package.
The example fits 300 trees; `small` is the same project with 20.
"""

import shutil
import tempfile
from pathlib import Path

from measure import (
    Seconds,
    commit_all,
    copy_of_project,
    pairs,
    plain_environment,
    processor_ratio,
    processors,
    ratio,
    remove_tables,
    report,
    run,
    users_environment,
)
from plain import SCRIPT, plain_project

RUNS = 5
TREES, FEW_TREES = "n_estimators: 300\n", "n_estimators: 20\n"


def main() -> None:
    """Measure in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = copy_of_project(folder / "ours", with_packages=False)
        plain = plain_project(folder / "plain", ours)
        named = plain_project(folder / "named", ours, is_named=True)
        (plain / "script.py").write_text(SCRIPT)
        small = with_few_trees(copy_of_project(folder / "small", with_packages=False))
        small_plain = plain_project(folder / "small_plain", small)
        our_bin = users_environment(folder / "our_venv", ours)
        bin_ = plain_environment(folder / "venv")

        def run_ours(project: Path) -> None:
            remove_tables(project)
            run([str(our_bin / "kedro"), "run"], project, PYTHONPATH=str(project / "src"))

        def run_theirs(project: Path, *command: str) -> None:
            shutil.rmtree(project / "data", ignore_errors=True)
            (project / "data").mkdir()
            program, *arguments = command
            paths = {"PYTHONPATH": str(project / "src")}
            run([str(bin_ / program), *arguments], project, **paths)

        def in_turn(project: Path, other: Path, *command: str) -> list[tuple[Seconds, Seconds]]:
            return pairs(lambda: run_ours(project), lambda: run_theirs(other, *command), RUNS)

        by_default = in_turn(ours, plain, "kedro", "run")
        few = in_turn(small, small_plain, "kedro", "run")
        by_name = in_turn(ours, named, "kedro", "run")
        script = in_turn(ours, plain, "python", "script.py")
    default, named_s, few_s = ratio(by_default), ratio(by_name), ratio(few)
    report(
        "P1 whole recorded run ÷ plain Kedro + kedro-mlflow",
        "<= 0.35 with a forest of 20 (small); where it names its requirements <= 0.60",
        few_s["ratio"] <= 0.35 and named_s["ratio"] <= 0.6,
        **default,
        **processors(by_default),
        small_s=few_s["ours_s"],
        small_theirs_s=few_s["theirs_s"],
        small_ratio=few_s["ratio"],
        small_ratio_min=few_s["ratio_min"],
        small_ratio_max=few_s["ratio_max"],
        small_processor_ratio=processor_ratio(few),
        named_s=named_s["theirs_s"],
        ratio_to_named=named_s["ratio"],
        processor_ratio_to_named=processor_ratio(by_name),
        script_s=ratio(script)["theirs_s"],
        ratio_to_script=ratio(script)["ratio"],
        processor_ratio_to_script=processor_ratio(script),
    )


def with_few_trees(project: Path) -> Path:
    """Have a copy fit a small forest."""
    parameters = project / "conf/base/parameters_train.yml"
    text = parameters.read_text()
    assert TREES in text
    parameters.write_text(text.replace(TREES, FEW_TREES))
    commit_all(project)
    return project


if __name__ == "__main__":
    main()
