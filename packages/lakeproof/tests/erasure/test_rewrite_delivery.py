"""A raw file without the rows of keys: every other byte as it was, or refused with a reason."""

import gzip
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from lakeproof.checksum import sha256_of
from lakeproof.deliveries.delivery import Delivery
from lakeproof.deliveries.dialect import Dialect
from lakeproof.deliveries.formats import parse
from lakeproof.deliveries.schema import Schema
from lakeproof.erasure.anew.rewrite_delivery import delivery_without
from lakeproof.erasure.key_rows import ErasureError, Keys
from lakeproof.errors import LakeproofError

SCHEMA = Schema.from_config(
    {"id": {"type": "string"}, "x": {"type": "string", "nullable": True}}, "id"
)
KEYS = Keys(["b", "nobody"], ["id"])


def a_delivery(path: Path, content: bytes, schema: Schema = SCHEMA, **dialect) -> Delivery:
    path.write_bytes(content)
    told = Dialect.from_config(dialect or None)
    return Delivery(path.name, sha256_of(path), path, schema, parse, told)


def less(delivery: Delivery, keys: Keys = KEYS) -> bytes:
    target = delivery.path.with_name("target")
    assert delivery_without(delivery, keys, target) == 1
    return target.read_bytes()


@pytest.mark.parametrize(
    ("before", "after", "dialect"),
    [
        (b"id,x\na,1\nb,2\nc,3\n", b"id,x\na,1\nc,3\n", {}),
        (b"id,x\r\na,1\r\nb,2", b"id,x\r\na,1\r\n", {}),
        (b'\xef\xbb\xbfx,id\n"1\n\n1",a\n"2\n2","b"\n3,c\n', None, {}),
        ("id;x\nb;é\nc;ü\n".encode("cp1252"), "id;x\nc;ü\n".encode("cp1252"), None),
    ],
    ids=["plain", "last line", "lines within quotes", "of Windows"],
)
def test_text_loses_the_lines_of_the_rows_and_nothing_else(tmp_path, before, after, dialect):
    """Ends of lines, quotes and marks at the start stay."""
    after = before.replace(b'"2\n2","b"\n', b"") if after is None else after
    given = {"separator": ";", "encoding": "cp1252"} if dialect is None else dialect
    assert less(a_delivery(tmp_path / "d.csv", before, **given)) == after


def test_other_formats(tmp_path):
    """JSON lines as text, compressions unpacked, Parquet with its types."""
    lines = b'{"id": "a"}\n\n{"x": "2", "id": "b"}\n{"id": "c", "x": null}\n'
    found = less(a_delivery(tmp_path / "d.jsonl", lines))
    assert found == lines.replace(b'{"x": "2", "id": "b"}\n', b"")
    packed = gzip.compress(b"id,x\na,1\n") + gzip.compress(b"b,2\n")
    assert gzip.decompress(less(a_delivery(tmp_path / "d.csv.gz", packed))) == b"id,x\na,1\n"
    frame = pl.DataFrame({"x": ["1", None], "id": ["a", "b"]})
    frame.write_parquet(tmp_path / "d.parquet")
    less(a_delivery(tmp_path / "d.parquet", (tmp_path / "d.parquet").read_bytes()))
    assert pl.read_parquet(tmp_path / "target").equals(frame.head(1))


def test_what_would_not_be_the_same_without_the_rows_is_refused(tmp_path):
    """Keys that are numbers of rows, a file without another row, one that has changed."""
    numbered = Schema.from_config(
        {"id": {"type": "string", "from": "row"}, "x": {"type": "string"}}, "id"
    )
    delivery = a_delivery(tmp_path / "d.csv", b"x\n1\n2\n3\n", numbered)
    with pytest.raises(ErasureError, match="other rows would not be the same"):
        less(delivery, Keys(["d-000002"], ["id"]))
    assert less(delivery, Keys(["d-000003"], ["id"])) == b"x\n1\n2\n"
    with pytest.raises(ErasureError, match="no row left"):
        less(a_delivery(tmp_path / "d.csv", b"id,x\nb,2\n"))
    with pytest.raises(LakeproofError, match="the file changed"):
        less(replace(a_delivery(tmp_path / "d.csv", b"id,x\na,\nb,\n"), sha256="0" * 64))
