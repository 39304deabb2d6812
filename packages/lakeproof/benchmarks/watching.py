"""What the look at what nodes reach for costs: a recorded run with `watch` ÷ one without, in turn.

The example, and 1M rows x 10 features with a forest. Each run begins without tables.
"""

import sys
import tempfile
from pathlib import Path

from measure import copy_of_project, pairs, processors, ratio, remove_tables, report, run
from recording import prepare

PAIRS = {"example": 7, "1M x 10": 3}


def _switched(project: Path, watch: bool) -> Path:
    recipe = project / "pyproject.toml"
    text = recipe.read_text()
    assert "\n[tool.lakeproof]\n" in text
    recipe.write_text(
        text.replace("\n[tool.lakeproof]\n", f"\n[tool.lakeproof]\nwatch = {str(watch).lower()}\n")
    )
    return project


def _measured(folder: Path, large: bool) -> list[tuple[float, float]]:
    sides = []
    for watch in (True, False):
        project = _switched(copy_of_project(folder / f"watch-{watch}-{large}"), watch)
        if large:
            prepare(project)
        sides.append(project)

    def timed(project: Path) -> None:
        remove_tables(project)
        command = [sys.executable, "-m", "kedro", "run"]
        run(command, project, PYTHONPATH=str(project / "src"))

    count = PAIRS["1M x 10" if large else "example"]
    return pairs(lambda: timed(sides[0]), lambda: timed(sides[1]), count)


def main() -> None:
    """Measure both."""
    with tempfile.TemporaryDirectory() as folder:
        small = _measured(Path(folder), large=False)
        more = sorted(ours - theirs for ours, theirs in small)[len(small) // 2]
        report(
            "the watch on the example",
            "<= 0.3 s",
            more <= 0.3,
            more_s=round(more, 3),
            **ratio(small),
            **processors(small),
        )
        large = _measured(Path(folder), large=True)
        figures = ratio(large)
        report(
            "the watch at 1M rows x 10 features",
            "<= 1.02",
            figures["ratio"] <= 1.02,
            **figures,
            **processors(large),
        )


if __name__ == "__main__":
    main()
