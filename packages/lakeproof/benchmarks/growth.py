"""How run, re-run and check grow with rows, commits, files of a table, and runs of the store.

`python growth.py [--most 100] [--repeats 2] [AXIS…]`. Each axis grows tenfold at a time, all else
stays; processor seconds, the least of several. Leaves `growth.json` and the picture `growth.svg`.
"""

import argparse
import json
import math
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from many_runs import kedro, multiply, paths
from measure import Seconds, copy_of_project, minima, report, run

HERE = Path(__file__).parent
KEPT, PICTURE = HERE / "growth.json", HERE / "growth.svg"
COLUMNS = [f"c{number}" for number in range(10)]
# By colours of middling brightness.
SEEN = {"run": "#3b82f6", "reproduce": "#e07b00", "check": "#2e9e5b"}
GREY = "#808080"
# At the first point of each axis; a file and a commit hold as many rows as there are for them.
ROWS, FEW = 10_000, 10
REGRESSOR = "sklearn.ensemble.RandomForestRegressor"


def outside_table(project: Path, rows: int, commits: int = 1, files: int = 1) -> None:
    """Make the table that runs read, by no run of ours, and let `conf/` name it.

    Args:
        project: Where to; any other such table goes.
        rows: Of its newest version.
        commits: That led to it, each of them all rows.
        files: In which the newest version lies.
    """
    import numpy as np
    import polars as pl
    import yaml
    from deltalake import write_deltalake

    place = project / "data/outside/samples"
    shutil.rmtree(project / "data", ignore_errors=True)
    place.parent.mkdir(parents=True)
    random = np.random.default_rng(0)
    frame = pl.DataFrame({"id": [f"{n:08}" for n in range(rows)]}).with_columns(
        **{name: pl.Series(random.random(rows).round(6)) for name in COLUMNS}
    )
    table = frame.with_columns(y=(pl.col("c0") * 3 + pl.col("c1")).round(4)).to_arrow()
    for _ in range(commits - 1):
        write_deltalake(place, table.slice(0, 1), mode="overwrite")
    step = math.ceil(rows / files)
    for begin in range(0, rows, step):
        write_deltalake(place, table.slice(begin, step), mode="append" if begin else "overwrite")
    local = project / "conf/local"
    local.mkdir(exist_ok=True)
    named = {"example": "outside", "key": "id", "target": "y", "task": "regression"}
    (local / "globals.yml").write_text(
        yaml.safe_dump({**named, "table": "data/outside/samples", "schema": None})
    )
    forest = {"class": REGRESSOR, "n_estimators": 10, "max_features": 5, "max_depth": 10}
    ratios = {"flavanoid_share": None, "share": ["c0", "c1"]}
    settings = {
        "feature": {"columns": COLUMNS, "ratios": ratios},
        "train": {"estimators": {"random_forest": forest}},
    }
    (local / "parameters_outside.yml").write_text(yaml.safe_dump(settings))


def _rows(project: Path, times: int) -> None:
    outside_table(project, ROWS * times)


def _commits(project: Path, times: int) -> None:
    outside_table(project, ROWS, commits=FEW * times)


def _files(project: Path, times: int) -> None:
    outside_table(project, ROWS, files=FEW * times)


def _runs(project: Path, times: int) -> None:
    outside_table(project, ROWS)
    _run(project)
    multiply(project, FEW * times - 1)


AXES: dict[str, tuple[int, Callable[[Path, int], None]]] = {
    "rows": (ROWS, _rows),
    "commits": (FEW, _commits),
    "files": (FEW, _files),
    "runs": (FEW, _runs),
}


def _run(project: Path) -> None:
    run([*kedro(), "run", "--pipelines", "feature,train,evaluate"], project, **paths(project))


def measure_point(axis: str, times: int, repeats: int) -> dict[str, float]:
    """Measure one size in a project of its own."""
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_project(Path(folder) / "project")
        AXES[axis][1](project, times)
        _run(project)
        spent: dict[str, Seconds] = minima(
            {
                "run": lambda: _run(project),
                "reproduce": lambda: run(
                    [*kedro(), "reproduce", "last", "--here"], project, **paths(project)
                ),
                "check": lambda: run(
                    [*kedro(), "check", "last"], project, codes=(0, 1), **paths(project)
                ),
            },
            repeats,
        )
    return {name: round(one.processor, 2) for name, one in spent.items()}


def draw(found: dict[str, dict[str, dict[str, float]]]) -> None:
    """Draw what was measured, an axis a panel."""
    import matplotlib as mpl

    mpl.use("svg")
    # One grey that is read on white and on black; what is behind it shows through.
    names = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    mpl.rcParams.update(dict.fromkeys(names, GREY))
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "growth", "font.size": 8})
    from matplotlib import pyplot as plt
    from matplotlib.ticker import NullLocator

    figure, panels = plt.subplots(1, len(found), figsize=(2 * len(found), 2), sharey=True)
    for panel, (axis, points) in zip(panels.flat, found.items(), strict=True):
        sizes = sorted(map(int, points))
        for name, colour in SEEN.items():
            seconds = [points[str(size)][name] for size in sizes]
            panel.plot(sizes, seconds, marker=".", label=name, color=colour)
        panel.set(xscale="log", yscale="log", xlabel=axis, facecolor="none")
        panel.xaxis.set_minor_locator(NullLocator())
        panel.spines[["top", "right"]].set_visible(False)
    panels.flat[0].set_ylabel("processor seconds")
    figure.legend(
        *panels.flat[0].get_legend_handles_labels(), loc="upper center", ncols=3, frameon=False
    )
    figure.tight_layout(rect=(0, 0, 1, 0.92))
    figure.savefig(PICTURE, metadata={"Date": None}, transparent=True)


def main() -> None:
    """Measure, keep and draw; the ratio is the growth of the last tenfold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("axes", nargs="*", default=list(AXES))
    parser.add_argument("--most", type=int, default=100, help="times the first size")
    parser.add_argument("--repeats", type=int, default=2)
    args = parser.parse_args()
    found = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    growth: dict[str, float] = {}
    for axis in args.axes:
        points: dict[str, dict[str, float]] = {}
        for power in range(round(math.log10(args.most)) + 1):
            size = AXES[axis][0] * 10**power
            points[str(size)] = measure_point(axis, 10**power, args.repeats)
            print(axis, size, points[str(size)], flush=True)
        found[axis] = points
        *_, before, last = points.values()
        growth |= {f"{axis}_{name}_ratio": round(last[name] / before[name], 2) for name in SEEN}
        KEPT.write_text(json.dumps(found, indent=1) + "\n")
    if len(found) > 1:
        draw(found)
    is_met = all(value <= (10 if key.startswith("rows") else 1.2) for key, value in growth.items())
    report(
        "growth by the last tenfold, processor time",
        "rows <= 10, commits, files and runs flat (<= 1.2)",
        is_met,
        **growth,
    )


if __name__ == "__main__":
    main()
