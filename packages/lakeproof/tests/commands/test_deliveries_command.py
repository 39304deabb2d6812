"""`kedro deliveries`: what it writes, says and refuses."""

import datetime as dt

import polars as pl
import pytest

from lakeproof.deliveries import DeliveryError, DeliveryFolder
from lakeproof.delta import DeltaTable

ID = {"id": {"type": "string"}}


def test_a_table_takes_its_deliveries_anew(lakehouse):
    """A commit without a row; again is refused, and so is what took no delivery."""
    folder = lakehouse.write("raw/a.csv", "id\nA\n").parent
    uri = lakehouse.table("samples").location.uri
    table = DeltaTable(filepath=uri, key="id", save_args={"mode": "merge", "schema_mode": "merge"})
    before = table.resolve().version
    said = lakehouse.run("deliveries", "anew", "samples", code=2).output
    assert "Table 'samples' has taken no delivery" in said
    table.save(DeliveryFolder(path=str(folder), key="id", schema={"id": {"type": "string"}}).load())
    done = lakehouse.json("deliveries", "anew", "samples")
    assert done == {"schema": 1, "table": "samples", "version": before + 2, "deliveries": 1}
    assert lakehouse.json("history", "samples")["versions"][0]["node"] == "kedro deliveries anew"
    said = lakehouse.run("deliveries", "anew", "samples", code=2).output
    assert "since it began anew: the next run takes all that are there" in said
    assert "no 'sampels'" in lakehouse.run("deliveries", "anew", "sampels", code=2).output


def test_what_files_are_is_written_for_a_person_to_read_over(lakehouse):
    """Into the environment of their folder; what its files hold beside, and remarks, are kept."""
    file = str(
        lakehouse.write("data/01_raw/houses/a.csv", "house id,area,price\n7,NA,1.5\n8,2,2\n")
    )
    told = lakehouse.json("deliveries", "declare", file, "--dry-run")
    assert (told["env"], told["written"], told["rows"]) == ("houses", False, 2)
    assert not (lakehouse.path / "conf/houses").exists()
    lakehouse.write("conf/houses/globals.yml", "# ours\nengine: embedded # as ever\nkey: x\n")
    said = lakehouse.run("deliveries", "declare", file).stdout
    assert "Wrote conf/houses/globals.yml" in said
    assert "target: price is a guess" in said
    assert "kedro run --env houses" in said
    written = lakehouse.read("conf/houses/globals.yml")
    assert written.startswith("# ours\nengine: embedded # as ever\nkey: house_id\n")
    assert '  house_id: {type: long, header: "house id"}' in written
    assert "csv: {null_values: [NA]}" in written
    assert "columns: all" in lakehouse.read("conf/houses/parameters_feature.yml")
    again = lakehouse.json("deliveries", "declare", file)
    assert again["files"]["conf/houses/globals.yml"] == written


def test_a_folder_stands_for_the_files_in_it(lakehouse):
    """Not for those of folders below, which are named where no other file is there."""
    for name in ("a.csv", "b.csv", "notes.md", "_SUCCESS"):
        file = lakehouse.write(f"data/01_raw/houses/{name}", f"id,x\n{name},1\n")
    told = lakehouse.json("deliveries", "declare", str(file.parent), "--dry-run")
    assert (told["env"], told["rows"]) == ("houses", 2)
    lakehouse.write("data/01_raw/sales/year=2025/a.csv", "id,x\n1,2\n")
    said = lakehouse.run("deliveries", "declare", str(file.parent.parent / "sales"), code=2).output
    assert "folders below it are left alone" in said
    deliveries = DeliveryFolder(path=str(file.parent.parent / "sales"), key="id", schema=ID)
    with pytest.raises(DeliveryError, match=r"left alone, as the one of 'year=2025/a\.csv'"):
        deliveries.load()


def test_files_outside_of_the_raw_data_need_the_name_of_an_environment(lakehouse, tmp_path):
    """And one that is not there is refused."""
    file = tmp_path / "a.csv"
    file.write_text("id,x\n1,2\n")
    said = lakehouse.run("deliveries", "declare", str(file), code=2).output
    assert "--env houses" in said
    lakehouse.run("deliveries", "declare", str(file), "--env", "others")
    assert "example: others" in lakehouse.read("conf/others/globals.yml")
    said = lakehouse.run("deliveries", "declare", "no.csv", "--env", "others", code=2).output
    assert "There is no file no.csv" in said


def test_what_the_base_says_of_another_task_is_said_anew(lakehouse):
    """Its estimators, metrics and table; where an environment says it already, kedro wants it."""
    file = str(lakehouse.write("data/01_raw/houses/a.csv", "id,area,price\nA,1,1.5\nB,2,2.5\n"))
    lakehouse.write("conf/base/globals.yml", "task: classification\ntable: /elsewhere\n")
    lakehouse.write(
        "conf/base/parameters.yml",
        "feature: {ratios: {share: [x, y], slope: [area, price]}}\n"
        "train: {estimator: mine, estimators: {mine: {class: a.B}}}\n"
        "evaluate: {metrics: [accuracy]}\n",
    )
    lakehouse.write("conf/houses/parameters.yml", "# ours\ntrain:\n  seed: 7\n")
    files = lakehouse.json("deliveries", "declare", file, "--target", "price")["files"]
    assert list(files) == [
        "conf/houses/globals.yml",
        *(f"conf/houses/parameters{name}.yml" for name in ("_feature", "", "_evaluate")),
    ]
    assert files["conf/houses/globals.yml"].endswith("table: null\n")
    assert "  ratios: {share: null}\n" in files["conf/houses/parameters_feature.yml"]
    train = files["conf/houses/parameters.yml"]
    assert train.startswith("# ours\ntrain:\n  seed: 7\n  estimator: random_forest\n")
    assert "random_forest: {class: sklearn.ensemble.RandomForestRegressor}\n" in train
    assert files["conf/houses/parameters_evaluate.yml"] == "evaluate:\n  metrics: []\n"
    lakehouse.write("conf/base/globals.yml", "task: regression\n")
    lakehouse.write("conf/houses/parameters.yml", "{}\n")
    files = lakehouse.json("deliveries", "declare", file, "--target", "price")["files"]
    assert len(files) == 2


def test_a_table_that_is_there_is_declared_without_a_schema(lakehouse, tmp_path):
    """By its path; what no model takes is left out, and files in its place take its own away."""
    place = tmp_path / "warehouse/trips"
    place.parent.mkdir()
    rows = {
        "trip_id": range(40),
        "city": ["Bern", "Zürich"] * 20,
        "day": [dt.date(2026, 1, 1)] * 40,
        "stops": [["a"]] * 40,
        "price": [number * 0.5 for number in range(40)],
    }
    pl.DataFrame(rows).write_delta(place)
    lakehouse.write("conf/base/globals.yml", "task: classification\n")
    lakehouse.write("conf/base/parameters.yml", "train: {estimators: {mine: {class: a.B}}}\n")
    said = lakehouse.run("deliveries", "declare", str(place)).stdout
    assert "By it, 40 rows are read" in said
    assert "stops: no model takes values of that type" in said
    assert "Then: git add conf && git commit, and kedro run --env trips" in said
    assert lakehouse.read("conf/trips/globals.yml").splitlines()[1:] == [
        "example: trips",
        f'table: "{place}"',
        "key: trip_id",
        "target: price",
        "task: regression",
    ]
    assert "but: [day, stops]" in lakehouse.read("conf/trips/parameters_feature.yml")
    assert "RandomForestRegressor" in lakehouse.read("conf/trips/parameters_train.yml")
    file = str(lakehouse.write("data/01_raw/trips/a.csv", "trip_id,price\n1,2.5\n"))
    lakehouse.run("deliveries", "declare", file)
    assert "table:" not in lakehouse.read("conf/trips/globals.yml")


def test_a_table_of_which_nothing_tells_rows_apart_wants_a_key(lakehouse, tmp_path):
    """No key can be made of content there; one that is named is taken."""
    place = tmp_path / "twice"
    pl.DataFrame({"a": [1, 1, 2], "b": [1.5, 1.5, 2.5]}).write_delta(place)
    said = lakehouse.run("deliveries", "declare", str(place), code=2).output
    assert "tells its rows apart" in said
    assert "--key" in said
    told = lakehouse.json("deliveries", "declare", str(place), "--key", "a", "--dry-run")
    assert told["declared"]["key"] == "a"
    assert "There is no column 'x'; there are a, b" in (
        lakehouse.run("deliveries", "declare", str(place), "--key", "x", code=2).output
    )
