"""`kedro deliveries`: what it writes, says and refuses."""

from lakeproof.deliveries import DeliveryFolder
from lakeproof.delta import DeltaTable


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
