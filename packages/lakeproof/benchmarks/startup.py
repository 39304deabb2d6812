"""P2: `kedro run --help` in this project, against the plain stack without it."""

import sys
import tempfile
from pathlib import Path

from measure import copy_of_project, pairs, plain_environment, ratio, report, run
from plain import plain_project

RUNS = 15


def main() -> None:
    """Measure in turn."""
    with tempfile.TemporaryDirectory() as folder:
        ours = copy_of_project(Path(folder) / "ours")
        plain = plain_project(Path(folder) / "plain", ours)
        kedro = str(plain_environment(Path(folder) / "venv") / "kedro")
        figures = ratio(
            pairs(
                lambda: run(
                    [str(Path(sys.executable).parent / "kedro"), "run", "--help"],
                    ours,
                    PYTHONPATH=str(ours / "src"),
                ),
                lambda: run([kedro, "run", "--help"], plain, PYTHONPATH=str(plain / "src")),
                RUNS,
            )
        )
    report("P2 kedro run --help ÷ the plain stack's", "<= 1.0", figures["ratio"] <= 1.0, **figures)


if __name__ == "__main__":
    main()
