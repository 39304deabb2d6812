"""The same bits from whole runs: on both engines, however Spark plans its work."""

import csv
import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from conftest import Project
from hostile import FURTHEST_PLANS, PLANS, VALUES

from .conftest import write_qualities

pytestmark = [pytest.mark.slow, pytest.mark.beyond_ci, pytest.mark.spark]

SMALL = {"train": {"estimators": {"random_forest": {"n_estimators": 5}}}}
# What a delivery may hold, by Delta type; a forest takes no double beyond the range of a float.
KINDS = {
    "text": "string",
    "flag": "boolean",
    "byte": "byte",
    "short": "short",
    "int": "integer",
    "long": "long",
    "real": "float",
    "double": "double",
    "day": "date",
    "moment": "timestamp",
}
FEATURES = ["flag", "byte", "short", "int", "long", "real"]
MARKS = ["e\u0301", "😀", "ß", "\\"]
METRICS = {
    "hostile": ("accuracy", "macro_f1", "log_loss"),
    "wine_quality": ("rmse", "mae", "r2"),
}
PICTURES = {"hostile": "confusion_matrix", "wine_quality": "residual_plot"}
FLOATS = ["hue", "ash", "flavanoids"]


def write_hostile(project: Project) -> None:
    """Give the wines hostile keys, classes and columns, in two deliveries; the second corrects."""
    wine = project.path / "data/01_raw/wine"
    rows = [row for file in sorted(wine.glob("*.csv")) for row in csv.DictReader(file.open())]
    folder = project.path / "data/01_raw/hostile"
    folder.mkdir()
    write(folder / "1.csv", [hostile(number, row, number) for number, row in enumerate(rows[:120])])
    corrected = [hostile(number, row, number + 1) for number, row in enumerate(rows[:60])]
    more = [hostile(number, row, number) for number, row in enumerate(rows[120:], 120)]
    write(folder / "2.csv", corrected + more)
    base = yaml.safe_load((project.path / "conf/base/globals.yml").read_text())
    features = yaml.safe_load((project.path / "conf/base/parameters_feature.yml").read_text())
    schema = {
        name: {**declared, "nullable": True} if name in FLOATS else declared
        for name, declared in base["schema"].items()
    }
    schema |= {f"any_{name}": {"type": kind, "nullable": True} for name, kind in KINDS.items()}
    columns = features["feature"]["columns"] + [f"any_{name}" for name in FEATURES]
    for name, content in {
        "globals.yml": {"example": "hostile", "schema": schema},
        "parameters_feature.yml": {"feature": {"columns": columns}},
    }.items():
        path = project.path / "conf/hostile" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True))


def hostile(number: int, wine: dict[str, str], turn: int) -> dict[str, str]:
    """Give a wine a key, a class and values that engines might take for others."""
    row = {
        **wine,
        "sample_id": f'{wine["sample_id"]}, "é"\n{MARKS[number % len(MARKS)]}',
        "cultivar": f'{wine["cultivar"]}, "é"\nß',
    }
    for name in FLOATS:
        row[name] = ["-0.0", "0.0", "", "5e-324", wine[name], "1e22", wine[name]][turn % 7]
    # A ratio of what is not infinite: nothing is divided by the smallest number.
    row["total_phenols"] = ["0.0", "-0.0", wine["total_phenols"]][turn % 3]
    for name in KINDS:
        values = [*(text for text in map(written, VALUES[name]) if text is not None), ""]
        row[f"any_{name}"] = values[turn % len(values)]
    return row


def written(value: Any) -> str | None:
    """Write a value into a delivery; `None` for what no delivery holds."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return None if value == "\x00" else str(value)


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        lines = csv.DictWriter(file, rows[0], lineterminator="\n")
        lines.writeheader()
        lines.writerows(rows)


def bits(told: dict[str, Any]) -> dict[str, Any]:
    """Give everything of a run that is to be the same, by what it is."""
    record = told["record"]
    assert record["not_compared"] == record["problems"] == []
    found = {f"table {name}": digest for name, digest in told["tables"].items()}
    for table in record["outputs"]["tables"]:
        found[f"recorded {table['dataset']}"] = (table["version"], table["digest"], table["rows"])
    for model in record["models"]:
        found["model"], found["predictions"] = model["digest"], model["predictions"]
    found |= {f"metric {name}": metric["bits"] for name, metric in record["metrics"].items()}
    # Of a model the digest counts: its file numbers objects by where they were in memory.
    found |= {
        f"file {file['dataset']}": file["sha256"]
        for file in record["outputs"]["files"]
        if file["dataset"] != "model"
    }
    for node in record["nodes"]:
        for way in ("inputs", "outputs"):
            for one in node[way]:
                found[f"{node['name']} {way} {one['dataset']}"] = one["digest"]
    return found


Asked = dict[str, Any]


def asked(env: str, engine: str, plan: tuple[int, str] = (2, "true"), **params: Any) -> Asked:
    return {
        "env": env,
        "example": env,
        "params": {"engine": engine, **SMALL, **params},
        "conf": {
            "spark.sql.shuffle.partitions": str(plan[0]),
            "spark.sql.adaptive.enabled": plan[1],
        },
    }


RUNS = {
    "hostile": asked("hostile", "embedded"),
    "another split": asked("hostile", "embedded", feature={"split": {"salt": 4}}),
    **{f"hostile {plan}": asked("hostile", "spark", plan) for plan in FURTHEST_PLANS},
}
QUALITIES = {
    "wine_quality": asked("wine_quality", "embedded"),
    f"wine_quality {PLANS[-1]}": asked("wine_quality", "spark", PLANS[-1]),
}
BETWEEN = {
    f"hostile {plan}": asked("hostile", "spark", plan)
    for plan in PLANS
    if plan not in FURTHEST_PLANS
}


@pytest.fixture(scope="module")
def project_of_runs(make_project: Callable[[str], Project]) -> Project:
    """A project with two examples that nothing has run in."""
    project = make_project("same-bits")
    write_hostile(project)
    write_qualities(project)
    return project


@pytest.fixture(scope="module")
def told(project_of_runs: Project) -> dict[str, dict[str, Any]]:
    """What each run says, made one after another with one Spark."""
    return made(project_of_runs, RUNS)


@pytest.fixture(scope="module")
def told_between(project_of_runs: Project) -> dict[str, dict[str, Any]]:
    """What the runs by the other plans say."""
    return made(project_of_runs, BETWEEN)


@pytest.fixture(scope="module")
def told_qualities(project_of_runs: Project) -> dict[str, dict[str, Any]]:
    """What the runs of another example say."""
    return made(project_of_runs, QUALITIES)


def made(project: Project, runs: dict[str, Asked]) -> dict[str, dict[str, Any]]:
    """Make runs and give what each says."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("whole_runs.py")), str(project.path)],
        input=json.dumps(list(runs.values())),
        cwd=project.path,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"seconds')]
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
    return dict(zip(runs, lines, strict=True))


@pytest.fixture(scope="module")
def hostile_samples(told, project_of_runs: Project) -> pl.DataFrame:
    """The table that the last of the hostile runs has left."""
    return pl.read_delta(str(project_of_runs.path / "data/02_intermediate/hostile/samples"))


@pytest.mark.parametrize("name", [name for name, one in RUNS.items() if "(" in name])
def test_a_run_on_spark_gives_the_bits_of_the_laptop(told, name):
    """Tables, split, model, predictions, metrics, files, and all that nodes handed over."""
    ours, theirs = bits(told[name.partition(" (")[0]]), bits(told[name])
    assert {what for what in ours | theirs if ours.get(what) != theirs.get(what)} == set()


@pytest.mark.long
@pytest.mark.parametrize("name", BETWEEN)
def test_every_other_plan_gives_the_bits_of_the_laptop(told, told_between, name):
    """One part or many, whether Spark may change its plan or not; in as many tasks as parts."""
    ours, theirs = bits(told["hostile"]), bits(told_between[name])
    assert {what for what in ours | theirs if ours.get(what) != theirs.get(what)} == set()
    assert told_between[name]["conf"] == BETWEEN[name]["conf"]
    if name == "hostile (4, 'false')":
        assert told_between[name]["most_tasks"] == 4


def test_another_split_is_another_result(told):
    """So that a difference would be seen: in the table, the model, the predictions, the metrics."""
    ours, theirs = bits(told["hostile"]), bits(told["another split"])
    changed = {what for what in ours if ours[what] != theirs[what]}
    assert changed >= {"table features", "table predictions", "recorded features", "file metrics"}
    assert changed >= {"model", "predictions", "metric log_loss"}
    assert not changed & {"table samples", "recorded samples"}


@pytest.mark.long
def test_another_example_gives_the_bits_of_the_laptop(told_qualities):
    """Of numbers alone, with a target that is one."""
    ours, theirs = (bits(one) for one in told_qualities.values())
    assert {what for what in ours | theirs if ours.get(what) != theirs.get(what)} == set()
    all_of_a_run(ours, "wine_quality")


def test_everything_of_a_run_is_among_its_bits(told):
    """Three tables, the model and what it says, three metrics, the picture."""
    all_of_a_run(bits(told["hostile"]), "hostile")


def all_of_a_run(found: dict[str, Any], name: str) -> None:
    assert {what for what in found if what.startswith("metric ")} == {
        f"metric {m}" for m in METRICS[name]
    }
    for table in ("samples", "features", "predictions"):
        assert found[f"table {table}"] == found[f"recorded {table}"][1]
    assert found["model"].startswith("model2:")
    assert found["predictions"].startswith("frame2:")
    assert found.keys() >= {"file metrics", f"file {PICTURES[name]}"}


def test_spark_did_the_work_in_the_way_that_was_asked_for(told):
    """As many tasks as parts, where it may not change its plan; and none in a run without it."""
    for name, one in told.items():
        if RUNS[name]["params"]["engine"] == "embedded":
            assert (one["record"]["compute"]["engine"], one["most_tasks"]) == ("embedded", 0)
        else:
            assert one["record"]["compute"]["engine"] == "spark"
            assert one["conf"] == RUNS[name]["conf"]
    assert told["hostile (50, 'false')"]["most_tasks"] == 50
    assert told["hostile (1, 'true')"]["most_tasks"] < 4


def test_the_hostile_values_are_in_the_table(told, hostile_samples):
    """Each of them in some row, and nulls."""
    for name in KINDS:
        wanted = {text for text in map(written, VALUES[name]) if text}
        found = hostile_samples[f"any_{name}"].to_list()
        assert len({repr(value) for value in found if value is not None}) == len(wanted), name
        assert None in found
    zeros = hostile_samples["hue"].to_list()
    assert {"-0.0", "0.0", "5e-324", "None"} <= {repr(value) for value in zeros}
