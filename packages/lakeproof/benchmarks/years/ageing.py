"""Make tables, leases and what stands beside them older: by their files' times and their own words.

A month's ageing is written down file by file, so that it goes on where it was interrupted.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from years.clock import DAY

_TIMES = {
    "commitInfo": "timestamp",
    "add": "modificationTime",
    "remove": "deletionTimestamp",
    "metaData": "createdTime",
}
# As a log spells them: in a text, such as a note or statistics, each of these quotes is escaped.
_SPELT = re.compile(rf'("(?:{"|".join(_TIMES.values())})": ?)(\d+)'.encode())


def files_in(roots: Iterable[Path]) -> Iterator[str]:
    """Yield all files in some folders."""
    for root in roots:
        for place, _, names in os.walk(root):
            yield from (f"{place}/{name}" for name in names)


def age_files(paths: Iterable[str], days: float) -> None:
    """Have files be some days older."""
    for path in paths:
        _age(Path(path), days)


def age_all(roots: list[Path], days: float, journal: Path) -> None:
    """Have all that lies in tables, and all leases, be some days older.

    Args:
        roots: Folders of tables and of leases.
        days: How much.
        journal: What is done already; it is removed at the end.
    """
    done = set(journal.read_text().splitlines()) if journal.exists() else set()
    seen: set[tuple[int, int]] = set()
    with journal.open("a") as file:
        for path in files_in(roots):
            if path not in done:
                told = os.stat(path)
                # A held copy is made of links: once for all names.
                if (told.st_dev, told.st_ino) not in seen:
                    seen.add((told.st_dev, told.st_ino))
                    _age(Path(path), days)
                file.write(f"{path}\n")
                file.flush()
    journal.unlink()


def _age(path: Path, days: float) -> None:
    told = path.stat()
    if path.parent.name == "_delta_log":
        if path.name.endswith(".crc"):
            path.unlink()  # digests of files as they were
            return
        if path.suffix == ".json":
            _age_commit(path, days)
        elif path.suffix == ".parquet":
            _age_checkpoint(path, days)
    elif path.suffix == ".json" and "leases" in path.parts:
        _age_lease(path, days)
    shift = int(days * DAY) * 1_000_000_000
    os.utime(path, ns=(told.st_atime_ns - shift, told.st_mtime_ns - shift))


def _age_commit(path: Path, days: float) -> None:
    def aged(found: re.Match[bytes]) -> bytes:
        return b"%s%d" % (found[1], int(found[2]) - int(days * DAY) * 1000)

    path.write_bytes(_SPELT.sub(aged, path.read_bytes()))


def _age_checkpoint(path: Path, days: float) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found: Any = pq.ParquetFile(path).read()
    for kind, name in _TIMES.items():
        if kind not in found.column_names:
            continue
        column = found[kind].combine_chunks()
        place = column.type.get_field_index(name)
        if place < 0:
            continue
        fields = [column.field(number) for number in range(column.type.num_fields)]
        fields[place] = pc.subtract(fields[place], int(days * DAY) * 1000)
        told = [column.type.field(number) for number in range(column.type.num_fields)]
        aged = pa.StructArray.from_arrays(fields, fields=told, mask=column.is_null())
        found = found.set_column(found.column_names.index(kind), kind, aged)
    pq.write_table(found, path)


def _age_lease(path: Path, days: float) -> None:
    told = json.loads(path.read_text())
    for name in ("until", "taken_at"):
        if told.get(name):
            when = datetime.fromisoformat(told[name]) - timedelta(days=days)
            told[name] = when.isoformat(timespec="seconds").replace("+00:00", "Z")
    path.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n")
