"""A raw file without the rows of some keys: other bytes as they were, where the format allows.

Text loses the lines of the rows, and nothing else is touched; a compression is made anew, and so is
a Parquet file. Proven by what both files hold, read as a table takes them. Refused, with a reason,
where that does not come out: a workbook, a file whose other rows would get other keys (the number
of a row is one), a file that would be without rows. Not for where files lie, nor for who took them.
"""

import io
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from lakeproof.checksum import sha256_of
from lakeproof.deliveries.csv.csv_records import records
from lakeproof.deliveries.delivery import Delivery
from lakeproof.deliveries.dialect import is_utf8
from lakeproof.deliveries.formats import reader_of
from lakeproof.deliveries.other.excel import ExcelReader
from lakeproof.deliveries.other.json_lines import JsonLinesReader
from lakeproof.deliveries.other.parquet import ParquetReader
from lakeproof.deliveries.rows.files import COMPRESSED, opened, unpacked
from lakeproof.digest import digest_table
from lakeproof.erasure.key_rows import ErasureError, Keys
from lakeproof.errors import LakeproofError


def delivery_without(delivery: Delivery, keys: Keys, target: Path) -> int:
    """Write a delivery anew without the rows of keys.

    Args:
        delivery: It is only read.
        keys: Whose rows go.
        target: The file to write.

    Returns:
        How many rows went.

    Raises:
        LakeproofError: If it cannot be read.
        ErasureError: If it cannot be written without them.
    """
    rows = delivery.rows().collect()
    gone = (keys.that_fit(rows.schema) or keys).rows(rows.schema, delivery.name)
    going = rows.join(gone, on=gone.columns, how="semi")
    if going.height == rows.height:
        raise ErasureError("it would have no row left; delete it")
    number = "row" if "row" not in rows.columns else f"row {max(rows.columns, key=len)}"
    placed = rows.with_row_index(number).join(gone, on=gone.columns, how="semi")
    places = set(placed[number].to_list())
    reader = reader_of(delivery.name)
    if isinstance(reader, ExcelReader):
        raise ErasureError("a workbook is not written; take the rows out of it")
    if isinstance(reader, ParquetReader):
        _parquet(delivery, places, target)
    elif isinstance(reader, JsonLinesReader):
        lines = reader.lines(delivery)
        _text(
            delivery, "utf-8", [range(lines[place], lines[place] + 1) for place in places], target
        )
    else:
        given = delivery.dialect.encoding
        encoding = "utf-8" if is_utf8(given) else given
        _text(delivery, encoding, list(_lines_of(delivery, places)), target)
    _require_less(delivery, digest_table(rows) - digest_table(going), target)
    return int(going.height)


def _lines_of(delivery: Delivery, places: Collection[int]) -> Iterator[range]:
    """Yield the lines of records, each up to where the next begins: one may have several."""
    starts = [line for line, _ in records(delivery)][1:]
    ends = [*starts[1:], sys.maxsize]
    for place in places:
        yield range(starts[place], ends[place])


def _text(delivery: Delivery, encoding: str, going: Sequence[range], target: Path) -> None:
    with opened(delivery) as file:
        content = unpacked(delivery.name, file).read()
    lines = list(
        io.TextIOWrapper(
            io.BytesIO(content), encoding=encoding, errors="surrogateescape", newline=""
        )
    )
    if "".join(lines).encode(encoding, "surrogateescape") != content:
        raise ErasureError(f"as {encoding} text it does not come out as it is")
    stay = [True] * len(lines)
    for one in going:
        for number in range(one.start, min(one.stop, len(lines) + 1)):
            stay[number - 1] = False
    kept = "".join(line for line, is_kept in zip(lines, stay, strict=True) if is_kept)
    _packed(delivery.name, kept.encode(encoding, "surrogateescape"), target)


def _packed(name: str, content: bytes, target: Path) -> None:
    codec = COMPRESSED.get(PurePath(name).suffix.lower())
    if codec is None:
        target.write_bytes(content)
        return
    import pyarrow as pa

    with pa.OSFile(str(target), "wb") as sink, pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(content)


def _parquet(delivery: Delivery, places: Collection[int], target: Path) -> None:
    import pyarrow.parquet as pq

    # One file, not a data set: the folder is none.
    found = pq.ParquetFile(delivery.path).read()
    stay = [place for place in range(found.num_rows) if place not in places]
    pq.write_table(found.take(stay), target)


def _require_less(delivery: Delivery, expected: object, target: Path) -> None:
    again = replace(delivery, path=target, sha256=sha256_of(target))
    try:
        found = digest_table(again.rows().collect())
    except LakeproofError as error:
        raise ErasureError(f"without the rows it is none: {error.message}") from error
    if found != expected:
        raise ErasureError("its other rows would not be the same; take the rows out by hand")
