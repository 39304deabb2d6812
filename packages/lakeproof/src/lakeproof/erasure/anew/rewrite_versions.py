"""Older versions written anew without some rows: tables of their own, under the same numbers.

A version N that a lease keeps becomes N', which is N less the rows, and N goes. How it flows:

1. The version is linked into a folder of its own (`delta.write.scratch_copy`), its log cleaned of
   bounds, sums and predicates.
2. There the engine deletes the rows, as from any table: files that held some are written anew, the
   others stay links. Where a file could keep the bytes of a row that is deleted (deletion vectors,
   mapped columns), all rows that are left are written anew. Deliveries that the version took, and
   that were written anew, count as taken.
3. The result becomes a checkpoint with the number N, without the tombstones of what it replaces:
   both engines then open N' as version N of the same table id, and no version before or after.
4. Versions that one run needs of one table are put into one folder, as held copies are.

Proven is facts(N) - facts(rows) = facts(N'), by reading all three. Not for which versions are
written anew, nor for where they are kept (`leases.held`).
"""

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakeproof.delta.diff.own_files import is_plain
from lakeproof.delta.log.commit_metadata import CommitNote
from lakeproof.delta.log.data_files import data_files, require_files, vector_files
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.scan import scan
from lakeproof.delta.read.versions import compute_digest
from lakeproof.delta.write.engine import Engine, SaveArgs, Write
from lakeproof.delta.write.scratch_copy import start_table
from lakeproof.digest import TableFacts, digest_table
from lakeproof.erasure.anew.taken_files import mark_taken
from lakeproof.erasure.key_rows import ErasureError, Keys
from lakeproof.erasure.receipts import Rewritten, RewrittenFile
from lakeproof.errors import LakeproofError, PinError, UnsupportedError
from lakeproof.leases.clean_log import clean_log
from lakeproof.versioned.contract import Say
from lakeproof.versioned.location import Location

_NODE = "kedro erase"
_LOG = "_delta_log"
# What a note says of the whole version is of N.
_OF_THE_ROWS = ("content", "digest", "follows", "rows")


class NotWrittenAnewError(LakeproofError):
    """A version cannot be written anew, now or later: it is not whole, or no engine here does."""


@dataclass(frozen=True)
class Less:
    """A version without the rows.

    Args:
        folder: A table of its own, in which it is the newest version.
        table_version: Its number there.
        version: The number of the version that it was made of.
        rewritten: What was proven; `None` where no row went.
    """

    folder: Path
    table_version: int
    version: int
    rewritten: Rewritten | None


def without_rows(
    source: Location,
    version: int,
    keys: Keys,
    engine: Engine,
    personal: frozenset[str],
    folder: Path,
    files: Sequence[RewrittenFile] = (),
    accepted: Collection[str] = (),
    say: Say = lambda _: None,
) -> Less:
    """Write one version anew without the rows of keys.

    Args:
        source: The table, or a copy of it: it is only read.
        version: The version.
        keys: Whose rows go.
        engine: What writes.
        personal: The columns of which the log is told no value.
        folder: Where to; it is not there yet.
        files: The raw files that were written anew.
        accepted: The digests that the version may have; any where none is known.
        say: Gets a sentence before anything is copied: of a store, all of the version.

    Raises:
        NotWrittenAnewError: If the version is not whole or another one, or has a feature that the
            engine does not write.
        ErasureError: If what was written is not the version less the rows.
        LakeproofError: If it cannot be written this time.
    """
    with _for_good(PinError, UnsupportedError):
        start_table(source, version, folder, say)
    clean_log(folder)
    current = open_table(Location(source.name, str(folder)))
    with _for_good(PinError):
        require_files(current)
    schema = scan(current).collect_schema()
    is_there = set(keys.columns) <= set(current.columns)
    fitting = keys.that_fit(schema) if is_there else None
    gone = fitting.rows(schema, source.name) if fitting is not None else None
    with _readable(source, version):
        going = None if gone is None else _digest_of(current, gone)
        has_rows = going is not None and going.rows > 0
        before = digest_table(scan(current)) if has_rows or accepted else None
    if before is not None and accepted and before.digest not in accepted:
        raise NotWrittenAnewError(
            f"version {version} in {source.uri} holds other rows than the run had, {before.digest}."
        )
    if gone is None:
        return Less(folder, version, version, None)
    if before is None or going is None or not going.rows:
        marked = mark_taken(current, files, gone, engine, personal)
        return Less(folder, marked.version, version, None)
    with _for_good(UnsupportedError):
        written = _write(current, gone, engine, personal)
    expected, found = (before - going).digest, compute_digest(written)
    if found != expected:
        raise ErasureError(
            f"Table '{source.name}' at version {version} came out with other rows than it had less "
            f"{going.rows}. It stays as it was, and the erasure has not ended; report this."
        )
    written = mark_taken(written, files, gone, engine, personal)
    told = Rewritten(*(source.name, current.table_id, version, before.digest, going.rows, expected))
    return Less(folder, written.version, version, told)


def _digest_of(current: OpenedTable, keys: Any) -> TableFacts:
    """Digest the rows of keys."""
    return digest_table(scan(current).join(keys.lazy(), on=list(keys.columns), how="semi"))


@contextmanager
def _readable(source: Location, version: int) -> Iterator[None]:
    """Tell a version that is damaged, so that nobody can write it anew."""
    try:
        yield
    except LakeproofError:
        raise
    except Exception as error:  # Polars, PyArrow and the digest have none in common
        raise NotWrittenAnewError(
            f"the files of version {version} in {source.uri} cannot be read: {str(error)[:200]}"
        ) from error


@contextmanager
def _for_good(*kinds: type[LakeproofError]) -> Iterator[None]:
    """Tell troubles that stay, however often it is tried, from those that pass."""
    try:
        yield
    except kinds as error:
        raise NotWrittenAnewError(error.message) from error


def _write(
    current: OpenedTable, gone: Any, engine: Engine, personal: frozenset[str]
) -> OpenedTable:
    columns = tuple(gone.columns)
    args, rows = SaveArgs(mode="delete"), gone
    if not is_plain(current):
        args = SaveArgs(mode="overwrite", skip_unchanged=False)
        # Before the files are another version's.
        rows = scan(current).join(gone.lazy(), on=list(columns), how="anti").collect()
    write = Write(
        *(current.location, current, args, columns, CommitNote(node=_NODE)),
        believes_commits=False,
        personal=personal,
    )
    return engine.write(rows, write).opened


def assemble(parts: Sequence[Less], target: Path) -> dict[int, str]:
    """Make one table of versions that were written anew, each under the number that it had.

    Args:
        parts: The versions.
        target: Its folder, which is not there yet.

    Returns:
        The digest of each version.

    Raises:
        ErasureError: If it does not open at each of them with the same rows.
    """
    (target / _LOG).mkdir(parents=True)
    for part in parts:
        opened = open_table(Location(target.name, str(part.folder)))
        names = [one.path for one in data_files(opened)]
        _link({*names, *vector_files(opened)}, part.folder, target)
        _checkpoint(part, opened, target / _LOG)
    clean_log(target)
    return {part.version: _require_same(part, target) for part in parts}


def _link(names: Iterable[str], origin: Path, target: Path) -> None:
    for name in names:
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            os.link(os.path.realpath(origin / name), place)


def _checkpoint(part: Less, opened: OpenedTable, log: Path) -> None:
    """Write what a version is as a checkpoint of its number, and who wrote it beside."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    opened.table.create_checkpoint()
    # One file, not a data set: the folder is none.
    actions = pq.ParquetFile(_named(part, "checkpoint.parquet")).read()
    if "remove" in actions.column_names:
        actions = actions.filter(pc.is_null(actions["remove"]))
    sink = pa.BufferOutputStream()
    pq.write_table(actions, sink)
    (log / f"{part.version:020d}.checkpoint.parquet").write_bytes(sink.getvalue().to_pybytes())
    commit = part.folder / _LOG / f"{part.version:020d}.json"
    if commit.is_file():
        place = log / commit.name
        place.write_text(_who_wrote(commit), encoding="utf-8")
        told = os.stat(commit)
        # Spark dates a version by its file in the log.
        os.utime(place, ns=(told.st_atime_ns, told.st_mtime_ns))


def _named(part: Less, suffix: str) -> Path:
    return part.folder / _LOG / f"{part.table_version:020d}.{suffix}"


def _who_wrote(commit: Path) -> str:
    """Keep of a commit what it says of its writer, and of no row."""
    lines = [json.loads(line) for line in commit.read_bytes().splitlines() if line]
    told: Mapping[str, Any] = next((one for one in lines if "commitInfo" in one), {})
    info = dict(told.get("commitInfo") or {})
    info.pop("operationMetrics", None)
    try:
        note = json.loads(info["userMetadata"])
        info["userMetadata"] = json.dumps(
            {key: one for key, one in note.items() if key not in _OF_THE_ROWS}, sort_keys=True
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    return f"{json.dumps({'commitInfo': info})}\n"


def _require_same(part: Less, target: Path) -> str:
    was = open_table(Location(target.name, str(part.folder)))
    now = open_table(Location(target.name, str(target)), part.version)
    digest = compute_digest(now)
    same = now.version, now.table_id, digest
    if same != (part.version, was.table_id, compute_digest(was)):
        raise ErasureError(
            f"Version {part.version} of table {was.table_id} does not open as it was written. It "
            "stays as it was, and the erasure has not ended; report this."
        )
    return digest
