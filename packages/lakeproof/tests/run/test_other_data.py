"""Other tables through the same code: what differs is conf/ alone."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from conftest import REPOSITORY, Project

MINE = {
    "globals.yml": """
example: mine
key: house
target: price
task: regression
schema:
  house: {type: string}
  area: {type: double}
  rooms: {type: long, nullable: true}
  garden: {type: double, optional: true}
  price: {type: double}
""",
    "parameters.yml": """
feature:
  columns: [area, rooms, garden]
  ratios: {flavanoid_share: null, area_per_room: [area, rooms]}
  split: {salt: houses}
train:
  estimator: linear
  estimators: {linear: {class: sklearn.linear_model.Ridge, alpha: 0.5}}
""",
}


def write_houses(folder: Path) -> None:
    """Two deliveries with a text key and missing values; the second has a new column."""
    random = np.random.default_rng(7)
    folder.mkdir(parents=True)
    area = random.uniform(40, 200, 150).round(1)
    rooms = [None if n % 13 == 0 else int(a // 25) for n, a in enumerate(area)]
    frame = pl.DataFrame(
        {
            "house": [f"Straße {n}, Zürich" for n in range(150)],
            "area": area,
            "rooms": rooms,
            "price": (area * 3.5 + random.normal(0, 20, 150)).round(2),
        }
    )
    frame.head(100).write_csv(folder / "1.csv")
    garden = frame.tail(50).with_columns(garden=pl.lit(12.5))
    garden.write_csv(folder / "2.csv")


@pytest.mark.slow
def test_a_table_of_houses_needs_only_configuration(project: Project):
    """A text key, missing values, a regression, a column that joins later, an old version."""
    write_houses(project.path / "data/01_raw/mine")
    for name, text in MINE.items():
        path = project.path / "conf/mine" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    project.kedro("run", "--env", "mine")
    report = project.path / "data/08_reporting/mine"
    metrics = json.loads((report / "metrics.json").read_text())
    assert set(metrics) == {"rmse", "mae", "r2"}
    assert metrics["r2"] > 0.9
    assert (report / "residual_plot.png").exists()
    assert not (report / "confusion_matrix.png").exists()
    features = project.path / "data/04_feature/mine/features"
    assert "garden" in pl.read_delta(str(features)).columns
    finished = project.kedro("run", "--env", "mine", "--load-versions", "samples:0")
    assert "garden" in finished.stderr
    assert "WARNING" in finished.stderr
    assert "garden" not in pl.read_delta(str(features)).columns
    assert json.loads((report / "metrics.json").read_text()) != metrics


def wine_quality_files() -> Path:
    """Where the two UCI files are, if they are on this machine."""
    places = [
        os.environ.get("WINE_QUALITY"),
        REPOSITORY / "data/01_raw/wine_quality",
        REPOSITORY.parent / "shared/data",
    ]
    for place in filter(None, places):
        if (Path(place) / "winequality-red.csv").exists():
            return Path(place)
    pytest.skip("the UCI files are not here; name their folder in WINE_QUALITY")


@pytest.mark.long
def test_the_published_example_runs_on_the_uci_files(project: Project):
    """Red, then white; 1,000 trees; the same bits when it is run again."""
    source, target = wine_quality_files(), project.path / "data/01_raw/wine_quality"
    target.mkdir(parents=True)
    for name in ("winequality-red.csv", "winequality-white.csv"):
        shutil.copyfile(source / name, target / name)
    finished = project.kedro("run", "--env", "wine_quality")
    history = json.loads(project.kedro("history", "samples", "-e", "wine_quality", "--json").stdout)
    assert [entry["rows"] for entry in history["versions"]] == [6497, 1599]
    report = project.path / "data/08_reporting/wine_quality"
    first = (report / "metrics.json").read_bytes()
    model = project.path / "data/06_models/wine_quality/model.skops"
    predictions = project.path / "data/07_model_output/wine_quality/predictions"
    model.unlink()
    shutil.rmtree(predictions)
    again = project.kedro("run", "--env", "wine_quality")
    assert again.run_id != finished.run_id
    assert (report / "metrics.json").read_bytes() == first
    assert json.loads(first)["r2"] > 0.4


@pytest.mark.slow
def test_a_wine_quality_file_with_other_bytes_is_refused(project: Project):
    """Its sha256 is declared; both are named, and nothing is fetched over it."""
    target = project.path / "data/01_raw/wine_quality"
    target.mkdir(parents=True)
    for name in ("winequality-red.csv", "winequality-white.csv"):
        (target / name).write_text('"fixed acidity";"quality"\n7.4;5\n')
    finished = project.kedro("run", "--env", "wine_quality", code=1)
    found = hashlib.sha256((target / "winequality-red.csv").read_bytes()).hexdigest()
    assert found[:12] in finished.stderr
    assert "4a402cf041b0" in finished.stderr
    assert "Traceback" not in finished.stderr
