"""P7: `kedro reproduce` of the example against the run that it repeats, in one environment.

It is that of a user: a project without this package's thousand files, and a wheel.
"""

import re
import sys
import tempfile
from pathlib import Path

from measure import (
    copy_of_project,
    pairs,
    processor_ratio,
    ratio,
    remove_tables,
    report,
    run,
    users_environment,
)

RUNS = 5


def main() -> None:
    """Measure in turn; each run begins without tables, each re-run repeats the latest."""
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_project(Path(folder) / "project", with_packages=False)
        kedro = str(users_environment(Path(folder) / "venv", project) / "kedro")

        def original() -> None:
            remove_tables(project)
            run([kedro, "run"], project)

        def again() -> None:
            said = run([kedro, "reproduce", "last"], project)
            if not re.match("REPEATED", said):
                sys.exit(f"not repeated:\n{said}")

        original()
        timed = pairs(again, original, RUNS)
        figures = ratio(timed)
    report(
        "P7 kedro reproduce ÷ the run that it repeats",
        "<= 1.15, in processor time <= 1.25",
        figures["ratio"] <= 1.15 and processor_ratio(timed) <= 1.25,
        reproduce_s=figures["ours_s"],
        run_s=figures["theirs_s"],
        ratio=figures["ratio"],
        ratio_min=figures["ratio_min"],
        ratio_max=figures["ratio_max"],
        processor_ratio=processor_ratio(timed),
    )


if __name__ == "__main__":
    main()
