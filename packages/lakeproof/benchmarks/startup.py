"""P2: `kedro run --help` in this project, against the plain stack without it."""

import tempfile
from pathlib import Path

from measure import (
    copy_of_project,
    our_environment,
    pairs,
    plain_environment,
    processors,
    ratio,
    report,
    run,
)
from plain import plain_project

RUNS = 15


def main() -> None:
    """Measure in turn, each in an environment that has nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        ours = copy_of_project(Path(folder) / "ours")
        plain = plain_project(Path(folder) / "plain", ours)
        our_kedro = str(our_environment(Path(folder) / "our_venv", ours) / "kedro")
        kedro = str(plain_environment(Path(folder) / "venv") / "kedro")
        timed = pairs(
            lambda: run([our_kedro, "run", "--help"], ours),
            lambda: run([kedro, "run", "--help"], plain, PYTHONPATH=str(plain / "src")),
            RUNS,
        )
    figures = {**ratio(timed), **processors(timed)}
    report("P2 kedro run --help ÷ the plain stack's", "<= 0.20", figures["ratio"] <= 0.2, **figures)


if __name__ == "__main__":
    main()
