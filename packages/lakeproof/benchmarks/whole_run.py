"""P1: a whole recorded run, against plain Kedro with kedro-mlflow and against one plain script.

Every run begins without tables and reports, in a store that exists already.
"""

import shutil
import tempfile
from pathlib import Path

from measure import (
    copy_of_project,
    our_environment,
    pairs,
    plain_environment,
    processor_ratio,
    processors,
    ratio,
    report,
    run,
)
from plain import SCRIPT, plain_project

RUNS = 5


def main() -> None:
    """Measure in turn."""
    with tempfile.TemporaryDirectory() as folder:
        ours = copy_of_project(Path(folder) / "ours")
        plain = plain_project(Path(folder) / "plain", ours)
        named = plain_project(Path(folder) / "named", ours, is_named=True)
        (plain / "script.py").write_text(SCRIPT)
        our_bin = our_environment(Path(folder) / "our_venv", ours)
        bin_ = plain_environment(Path(folder) / "venv")

        def run_ours() -> None:
            for data in (ours / "data").glob("0[2-8]*"):
                shutil.rmtree(data)
            run([str(our_bin / "kedro"), "run"], ours)

        def run_theirs(project: Path, *command: str) -> None:
            shutil.rmtree(project / "data", ignore_errors=True)
            (project / "data").mkdir()
            program, *arguments = command
            paths = {"PYTHONPATH": str(project / "src")}
            run([str(bin_ / program), *arguments], project, **paths)

        by_default = pairs(run_ours, lambda: run_theirs(plain, "kedro", "run"), RUNS)
        by_name = pairs(run_ours, lambda: run_theirs(named, "kedro", "run"), RUNS)
        script = pairs(run_ours, lambda: run_theirs(plain, "python", "script.py"), RUNS)
    default, named_s = ratio(by_default), ratio(by_name)
    report(
        "P1 whole recorded run ÷ plain Kedro + kedro-mlflow",
        "<= 0.35; where it names its requirements <= 0.60",
        default["ratio"] <= 0.35 and named_s["ratio"] <= 0.6,
        **default,
        **processors(by_default),
        named_s=named_s["theirs_s"],
        ratio_to_named=named_s["ratio"],
        processor_ratio_to_named=processor_ratio(by_name),
        script_s=ratio(script)["theirs_s"],
        ratio_to_script=ratio(script)["ratio"],
        processor_ratio_to_script=processor_ratio(script),
    )


if __name__ == "__main__":
    main()
