"""`kedro erase` takes rows of the named table and of what was made of it; others are only told."""

import re
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from filelock import FileLock, Timeout

from lakeproof.commands.erasure import erase
from lakeproof.commands.leases import keep, vacuum
from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.commands.project import RunProject
from lakeproof.delta import DeltaTable
from lakeproof.erasure.lineage import lineage_of, same_kind
from lakeproof.errors import LakeproofError
from lakeproof.leases import held
from lakeproof.leases.store import LeaseStore
from lakeproof.record.facts import InputFacts, OutputFacts, Record

from ..reproduce.builders import a_node, a_record, a_table_read, a_table_written, crossing

OTHERS = """
products: {type: lakeproof.delta.DeltaTable, filepath: data/products, key: [id, shop]}
shops: {type: lakeproof.delta.DeltaTable, filepath: data/shops, key: id}
"""
ERASE = ("erase", "samples", "4711")


@dataclass(frozen=True)
class NoStore:
    """Knows a run, and takes what is told of it."""

    known: Record

    @property
    def client(self) -> "NoStore":
        return self

    def of(self, run_id: str) -> "NoStore":
        return self

    def record(self, run_id: str) -> Record:
        return self.known

    def log_text(self, run_id: str, text: str, place: str) -> None:
        assert "4711" not in text

    def set_tag(self, run_id: str, name: str, value: str) -> None:
        assert run_id == self.known.run.run_id


def _rows(project, name: str) -> pl.DataFrame:
    return DeltaTable(filepath=str(project.path / "data" / name)).load().collect()


def _holds(copy: Path, person: str) -> bool:
    """Whether a file has the text as Parquet or JSON keep one: an id may have these digits."""
    found = b"".join(path.read_bytes() for path in copy.rglob("*.parquet"))
    return re.search(rb"(\x04(\0\0\0)?|\")" + person.encode(), found) is not None


def _made(*names: str, table_id: str):
    """A run whose nodes made tables of `samples`, one after the other; and a table beside them."""
    read = replace(a_table_read("samples"), table_id=table_id)
    steps = ["samples", "rows", *names]
    nodes = [
        a_node(f"make_{after}", [crossing(before)], [crossing(after)])
        for before, after in pairwise(steps)
    ]
    nodes.append(a_node("count", [crossing("deliveries"), crossing("prices")], [crossing("shops")]))
    nodes.append(a_node("take", [crossing("deliveries@raw")], [crossing("samples")]))
    written = tuple(a_table_written(one) for one in (*names, "shops"))
    record = a_record(nodes=tuple(nodes))
    inputs = InputFacts((read,), record.inputs.files, record.inputs.values)
    return replace(record, inputs=inputs, outputs=OutputFacts(written, ()))


def test_what_nodes_made_of_a_table_is_followed_over_steps_and_runs():
    """Through what is in no table, and into a later run; what another node made is not."""
    later = _made("reports", table_id="id of predictions")
    later = replace(
        later, nodes=(a_node("report", [crossing("samples")], [crossing("reports@pandas")]),)
    )
    records = [later, _made("features", "predictions", table_id="1")]
    found = lineage_of(records, "1", "data/none")
    named = {f"id of {one}" for one in ("features", "predictions", "reports")}
    assert found.tables == {"1", *named}
    assert "deliveries" in found.sources
    assert "prices" not in found.sources
    assert lineage_of(records, "2", "data/samples").tables == {"1", "2", *named}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (pl.Int32(), pl.Int64(), True),
        (pl.Int64(), pl.String(), False),
        (pl.Decimal(10, 2), pl.Decimal(12, 2), True),
        (pl.Datetime("us"), pl.Datetime("us", "UTC"), True),
        (pl.Date(), pl.Datetime("us"), False),
    ],
)
def test_types_are_the_same_however_wide(one, other, is_same):
    assert same_kind(one, other) is is_same


@pytest.fixture
def project(lakehouse, monkeypatch):
    """`samples` and `features` with a person; products with that number, shops with that text.

    A run made `features` of `samples`, and `products` of another type of key, too.
    """
    catalog = lakehouse.read("conf/base/catalog.yml")
    lakehouse.write("conf/base/catalog.yml", f"{catalog}{OTHERS}")
    lakehouse.table("samples").save(pl.DataFrame({"id": ["4711", "w2"]}))
    lakehouse.table("features").save(pl.DataFrame({"id": ["4711", "w2"], "x": [1.0, 2.0]}))
    for name, rows in {
        "products": {"id": [4711, 4712, 4711], "shop": ["a", "a", "b"]},
        "shops": {"id": ["4711", "4712"]},
    }.items():
        table = DeltaTable(filepath=str(lakehouse.path / "data" / name))
        table.save(pl.DataFrame(rows))
    ids = {name: lakehouse.table(name).open().table_id for name in ("samples", "features")}
    ids["products"] = DeltaTable(filepath=str(lakehouse.path / "data/products")).open().table_id
    record = _made("features", "products", table_id=ids["samples"])
    written = tuple(
        replace(one, table_id=ids.get(one.dataset, one.table_id)) for one in record.outputs.tables
    )
    record = replace(record, outputs=OutputFacts(written, ()))
    run = SimpleNamespace(record=record, run_id=record.run.run_id, tags={})
    monkeypatch.setattr(RunProject, "stored_runs", [run])
    monkeypatch.setattr(LeasedProject, "decide_all", lambda _: None)
    monkeypatch.setattr(LeasedProject, "in_service", set())
    monkeypatch.setattr(RunProject, "records", NoStore(record))
    return lakehouse


@pytest.mark.slow
def test_another_table_with_a_column_of_that_name_stays_and_is_named(project):
    """Nobody was asked whether product 4711 is the person; what was made of the table goes."""
    found = project.json(*ERASE, "--dry-run")
    assert [one["table"] for one in found["tables"]] == ["samples", "features"]
    reasons = {one["name"]: one["reason"] for one in found["candidates"]}
    assert reasons == {
        "products": "its 'id' is Int64, that of 'samples' String",
        "shops": "nothing says that it was made of 'samples'",
    }
    done = project.json(*ERASE, "--why", "request")
    assert [one["table"] for one in done["proven"]] == ["samples", "features"]
    assert (_rows(project, "products").height, _rows(project, "shops").height) == (3, 2)
    for name in reasons:
        assert any(f"If they are the same person's: --also {name}" in one for one in done["left"])
    told = project.run("erase", "samples", "4712", "--why", "request", code=2).stderr
    assert "which may be other things, are in products, shops" in " ".join(told.split())


@pytest.mark.slow
def test_who_says_that_it_is_the_same_has_it_erased_too(project):
    """Each table's key is read as its own type is."""
    done = project.json(*ERASE, "--why", "request", "--also", "products", "--also", "shops")
    proven = {one["table"]: one["rows"] for one in done["proven"]}
    assert proven == {"samples": 1, "features": 1, "products": 2, "shops": 1}
    assert _rows(project, "products")["id"].to_list() == [4712]
    # Its run is in no MLflow, which would have the receipt.
    assert [one for one in done["left"] if "in no chain of records" not in one] == []
    refused = project.run(*ERASE, "--why", "request", "--also", "product", code=2)
    assert "Did you mean 'products'?" in refused.stderr


@pytest.mark.slow
def test_a_table_that_a_pattern_makes_is_one_too(project, monkeypatch):
    """As runs have recorded it; that there may be others is said."""
    catalog = project.read("conf/base/catalog.yml")
    entry = '"{name}_copy": {type: lakeproof.delta.DeltaTable, filepath: "data/{name}_copy"}\n'
    project.write("conf/base/catalog.yml", f"{catalog}{entry}")
    table = DeltaTable(filepath=str(project.path / "data/a_copy"))
    table.save(pl.DataFrame({"id": ["4711", "w2"]}))
    record = _made("a_copy", table_id=project.table("samples").open().table_id)
    written = replace(a_table_written("a_copy"), table_id=table.open().table_id)
    record = replace(record, outputs=OutputFacts((written,), ()))
    run = SimpleNamespace(record=record, run_id=record.run.run_id, tags={})
    monkeypatch.setattr(RunProject, "stored_runs", [run])
    done = project.json(*ERASE, "--why", "request")
    assert [one["table"] for one in done["proven"]] == ["samples", "a_copy"]
    assert table.load().collect()["id"].to_list() == ["w2"]
    assert any(
        one.startswith("{name}_copy: not looked through: it is a pattern") for one in done["left"]
    )


@pytest.mark.parametrize(
    ("room", "work", "command"),
    [
        (erase, "erase", (*ERASE, "--why", "request")),
        (vacuum, "run", ("vacuum",)),
        (keep, "release", ("release", "3f9c2a7b")),
        (keep, "keep", ("keep", "last", "--why", "audit")),
    ],
)
def test_of_commands_that_change_what_is_held_one_works(project, monkeypatch, room, work, command):
    """The other waits and says so, and holds the lock itself then."""
    other, held_by = ExitStack(), []

    def asked(*_, **__):
        with pytest.raises(Timeout):
            FileLock(project.path / ".lakeproof/held/.lock").acquire(timeout=0)
        held_by.append(work)
        raise LakeproofError("that is all.")

    other.enter_context(held.changing_alone(project.path))
    monkeypatch.setattr(held.logger, "warning", lambda said: (held_by.append(said), other.close()))
    monkeypatch.setattr(room, work, asked)
    assert "that is all." in project.run(*command, code=2).stderr
    said, worked = held_by
    assert "waiting for its end" in said
    assert worked == work


@pytest.mark.slow
def test_a_held_copy_of_another_table_stays(project):
    """Also where it would be given up with its lease."""
    shops = DeltaTable(filepath=str(project.path / "data/shops"))
    lease = replace(project.lease(0, "1" * 32), table="shops", table_id=shops.open().table_id)
    LeaseStore(project.path).take(replace(lease, is_held=True), shops.location)
    copy = held.hold(project.path, lease.table_id, [0], shops, print)
    assert _holds(copy, "4711")
    done = project.json(*ERASE, "--why", "request")
    assert copy.is_dir()
    assert [one.table for one in LeaseStore(project.path).own()] == ["shops"]
    assert any("it is held of 'shops'" in one for one in done["left"])
    gone = project.json("erase", "shops", "4711", "--why", "request")
    assert [one["table"] for one in gone["rewritten"]] == ["shops"]
    assert not _holds(copy, "4711")


@pytest.mark.slow
def test_raw_files_of_another_table_stay(project):
    """Their folder has a key of that name; who took its files says whose they are."""
    what = "key: id, schema: {id: {type: string}, shop: {type: string, optional: true}}"
    kind = "type: lakeproof.deliveries.DeliveryFolder"
    entry = f"raw: {{{kind}, path: {project.path}/raw, {what}}}\n"
    catalog = project.read("conf/base/catalog.yml")
    project.write("conf/base/catalog.yml", f"{catalog}{entry}")
    project.write("raw/1.csv", "id\n4711\n4712\n")
    done = project.json(*ERASE, "--why", "request")
    assert project.read("raw/1.csv") == "id\n4711\n4712\n"
    assert any("--also raw" in one and one.startswith("raw: ") for one in done["left"])
    project.json("erase", "shops", "4711", "--why", "request", "--also", "raw")
    assert project.read("raw/1.csv") == "id\n4712\n"
