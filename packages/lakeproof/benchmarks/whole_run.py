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
        (plain / "script.py").write_text(SCRIPT)
        our_bin = our_environment(Path(folder) / "our_venv", ours)
        bin_ = plain_environment(Path(folder) / "venv")
        paths = {"PYTHONPATH": str(plain / "src")}

        def run_ours() -> None:
            for data in (ours / "data").glob("0[2-8]*"):
                shutil.rmtree(data)
            run([str(our_bin / "kedro"), "run"], ours)

        def run_plain() -> None:
            shutil.rmtree(plain / "data", ignore_errors=True)
            run([str(bin_ / "kedro"), "run"], plain, **paths)

        def run_script() -> None:
            shutil.rmtree(plain / "data", ignore_errors=True)
            (plain / "data").mkdir()
            run([str(bin_ / "python"), "script.py"], plain, **paths)

        timed = pairs(run_ours, run_plain, RUNS)
        against_kedro = {**ratio(timed), "processor_ratio": processor_ratio(timed)}
        against_script = ratio(pairs(run_ours, run_script, RUNS))
    report(
        "P1 whole recorded run ÷ plain Kedro + kedro-mlflow",
        "<= 0.5",
        against_kedro["ratio"] <= 0.5,
        **against_kedro,
        script_s=against_script["theirs_s"],
        ratio_to_script=against_script["ratio"],
    )


if __name__ == "__main__":
    main()
