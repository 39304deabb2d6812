"""What lies about at the end: bytes, what nobody needs, and what must be nowhere."""

import gzip
import re
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from lakeproof.delta.log.opening import open_table, open_to_read
from lakeproof.leases.bill import make_bill
from lakeproof.leases.needed_files import lying_files
from lakeproof.leases.store import LeaseStore
from lakeproof.record.code.bundle import SEAL_BYTES
from lakeproof.versioned.location import Location
from years.world import World

# Of a person: key, note and score (see `nights`).
_VALUE = re.compile(rb"xq[0-9a-f]{12}|9\d{8}\.5")
# Beside the tables, what Lakeproof has on its way begins with a point, or ends so.
_HIDDEN_BY_RIGHT = (".gitignore", ".lock")
_ON_THE_WAY = (".tmp", ".new", ".secret", ".arrow", ".partial")


def storage(world: World) -> tuple[int, int]:
    """Add up the bytes that lie there, and those that are live or leased: each file once."""
    lying, needed = 0, 0
    for name, folder in world.tables.items():
        if folder.is_dir():
            location = Location(name, str(folder))
            files = lying_files(location)
            lying += sum(file.size for file in files.values())
            stay = _needed(world, location)
            needed += sum(file.size for path, file in files.items() if path in stay)
    for path in _of_copies(world):
        # A link to a file that the table has costs nothing.
        if path.stat().st_nlink == 1:
            lying += path.stat().st_size
            needed += path.stat().st_size
    return lying, needed


def orphans(world: World) -> list[str]:
    """Name the files that no version, lease or copy needs, and what a killed command has left."""
    found = []
    for name, folder in world.tables.items():
        if folder.is_dir():
            location = Location(name, str(folder))
            stay = _needed(world, location)
            found += [f"{name}/{path}" for path in lying_files(location) if path not in stay]
    for project in world.projects:
        for path in (project.path / ".lakeproof").rglob("*"):
            is_hidden = path.name.startswith(".") and path.name not in _HIDDEN_BY_RIGHT
            if is_hidden or path.name.endswith(_ON_THE_WAY):
                found.append(str(path.relative_to(world.path)))
    for path in world.lake.glob("*/_lakeproof/**/*"):
        if path.is_file() and (path.name.startswith(".") or path.name.endswith(_ON_THE_WAY)):
            found.append(str(path.relative_to(world.path)))
    return [one for one in found if "/.lakeproof/held" not in one or "/_delta_log/" not in one]


def hits(world: World, values: list[str]) -> Iterator[str]:
    """Yield the places in which one of some values stands: as bytes, packed, or in a column."""
    wanted = {value.encode() for value in values}

    def holds(content: bytes) -> bool:
        return not wanted.isdisjoint(_VALUE.findall(content))

    for path in sorted(world.path.rglob("*")):
        if path.is_file() and path.parent != world.path and any(map(holds, _contents(path))):
            yield str(path.relative_to(world.path))
    for project in world.projects:
        if holds(_of_git(project.path)):
            yield f"{project.path.name}: what git has"


def opening(world: World, count: int = 20) -> float:
    """Give the seconds that it takes to open a pin of `visits`: the median of some."""
    location = Location("visits", str(world.tables["visits"]))
    newest = open_table(location).version
    took = []
    for number in range(count):
        began = time.perf_counter()
        open_to_read(location, newest * number // count)
        took.append(time.perf_counter() - began)
    return sorted(took)[count // 2]


def _needed(world: World, location: Location) -> set[str]:
    stores = [LeaseStore(project.path) for project in world.projects]
    return make_bill(
        location,
        lambda table_id: [
            one for store in stores for one in store.of_table(table_id, location) if one.is_ours
        ],
        lambda _: True,
    ).needed


def _of_copies(world: World) -> Iterator[Path]:
    for project in world.projects:
        for path in (project.path / ".lakeproof/held").rglob("*.parquet"):
            if "_delta_log" not in path.parts:
                yield path


def _contents(path: Path) -> Iterator[bytes]:
    yield path.read_bytes()
    if path.suffix == ".parquet":
        yield _columns(path)
    elif path.suffix == ".gz":
        yield gzip.decompress(path.read_bytes())
    elif path.suffix == ".bundle":
        yield _of_bundle(path)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                yield packed.read(name)


def _columns(path: Path) -> bytes:
    return repr(pq.ParquetFile(path).read().to_pylist()).encode()


def _of_bundle(path: Path) -> bytes:
    data = path.read_bytes()
    if path.parent.name == ".lakeproof":
        data = data[:-SEAL_BYTES]
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder, "it")
        bundle.write_bytes(data)
        for words in (("init", "--quiet", "--bare", folder), ("bundle", "unbundle", str(bundle))):
            subprocess.run(("git", *words), cwd=folder, check=True, capture_output=True)
        return _of_git(Path(folder))


def _of_git(folder: Path) -> bytes:
    words = ("git", "cat-file", "--batch", "--batch-all-objects")
    return subprocess.run(words, cwd=folder, check=True, capture_output=True).stdout
