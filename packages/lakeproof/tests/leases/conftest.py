"""A table of some versions, each of them one file of its own, and leases on it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from aging import age
from lakeproof.delta import DeltaTable
from lakeproof.leases.bill import Bill, make_bill
from lakeproof.leases.facts import Lease, moment
from lakeproof.leases.store import LeaseStore
from lakeproof.leases.vacuum import VacuumPlan, vacuum
from object_store import ObjectStore

AGE = 40


def run_id(number: int) -> str:
    return f"{number:032x}"


@dataclass
class Shelf:
    """A project with a table in it, and what is done to them."""

    path: Path
    table: DeltaTable

    @property
    def table_id(self) -> str:
        return self.table.open().table_id

    @property
    def files(self) -> set[str]:
        place = Path(self.table.location.uri)
        found = (one for one in place.rglob("*") if one.suffix in (".parquet", ".bin"))
        return {str(one.relative_to(place)) for one in found if "_delta_log" not in one.parts}

    def lease(self, version: int, run: int = 1, **given: object) -> Lease:
        told = {"until": None, "why": "a test", "is_held": False, **given}
        return Lease(
            table_id=self.table_id,
            version=version,
            run_id=run_id(run),
            table="samples",
            uri="data/samples",
            env="local",
            taken_at=moment(datetime.now(UTC)),
            **told,
        )

    def take(self, version: int, run: int = 1, **given: object) -> Lease:
        lease = self.lease(version, run, **given)
        self.store.take(lease, self.table.location)
        return lease

    @property
    def store(self) -> LeaseStore:
        return LeaseStore(self.path)

    def bill(self) -> Bill:
        location = self.table.location
        return make_bill(location, lambda table_id: self.store.of_table(table_id, location))

    def vacuum(
        self,
        min_age: int = 7,
        pins: tuple[int, ...] = (),
        is_dry: bool = False,
        reckon: Callable[[], Bill] | None = None,
    ) -> VacuumPlan:
        return vacuum(
            self.table.location, reckon or self.bill, pins, timedelta(days=min_age), is_dry
        )

    def rows(self, version: int) -> list[str]:
        found = DeltaTable(filepath=self.table.location.uri, load_args={"version": version})
        return sorted(found.load().collect()["id"].to_list())


def make_shelf(path: Path, versions: int = 4, place: str = "data/samples") -> Shelf:
    table = DeltaTable(
        filepath=str(path / place), save_args={"skip_unchanged": False, "mode": "overwrite"}
    )
    path.mkdir(parents=True, exist_ok=True)
    _fill(table, versions)
    return Shelf(path, table)


def make_far_shelf(store: ObjectStore, path: Path, versions: int) -> Shelf:
    """A project, which is not there, with a table in a store."""
    table = DeltaTable(
        filepath=f"{store.uri}/{path.name}/samples",
        credentials=store.options,
        save_args={"skip_unchanged": False, "mode": "overwrite"},
    )
    _fill(table, versions)
    return Shelf(path / "project", table)


def _fill(table: DeltaTable, versions: int) -> None:
    for number in range(versions):
        table.save(pl.DataFrame({"id": [f"v{number}", "x"]}))


@pytest.fixture(scope="session")
def _old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("old") / "project"
    age(Path(make_shelf(path).table.location.uri), AGE)
    return path


@pytest.fixture
def shelf(_old: Path, tmp_path: Path) -> Shelf:
    """A table with versions 0 to 3, forty days old."""
    path = tmp_path / "project"
    shutil.copytree(_old, path)
    return Shelf(path, DeltaTable(filepath=str(path / "data/samples")))
