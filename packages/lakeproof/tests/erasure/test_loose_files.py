"""Files that are no table: a key is found in what shows it, and no other file is called free."""

import bz2
import gzip
import io
import lzma
import pickle
import sqlite3
import zlib
from contextlib import closing

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lakeproof.erasure.file_kinds import pickled_texts
from lakeproof.erasure.key_rows import Keys
from lakeproof.erasure.loose_files import LooseFiles, UnreadError

ROWS = {"k": ["W0012", "W001", "abc"], "n": [1, 2, 3]}
OTHER = {"k": ["V0012", "V001", "abc"], "n": [1, 2, 3]}
PICKLE, BINARY = "it is a pickle, which is not opened", "it is no text, and of no kind that is read"


def npy(rows: dict) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(rows["k"]))
    return file.getvalue()


def stream(rows: dict) -> bytes:
    sink, table = io.BytesIO(), pa.table(rows)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def packed(pack):
    return lambda rows: pack(pickle.dumps(pd.DataFrame(rows)))


def zlib_of(level):
    return packed(lambda content: zlib.compress(content, level))


def lz4(content: bytes) -> bytes:
    sink = io.BytesIO()
    with pa.CompressedOutputStream(sink, "lz4") as file:
        file.write(content)
        file.flush()
        return sink.getvalue()


def csv(encoding: str):
    return lambda rows: pl.DataFrame(rows).write_csv().encode(encoding)


@pytest.mark.parametrize(
    ("write", "with_key", "without"),
    [
        (lambda rows: pickle.dumps(pd.DataFrame(rows)), "text", PICKLE),
        (lambda rows: pickle.dumps(np.array(rows["k"])), "text", PICKLE),
        (npy, "text", BINARY),
        (
            lambda rows: b"\x00patient" + rows["k"][1].encode() + b"aaf",
            "text",
            BINARY,
        ),
        (stream, "rows", None),
        (csv("utf-8"), "text", None),
        (csv("utf-8-sig"), "text", None),
        (csv("utf-16"), "text", None),
        (csv("utf-16-le"), "text", BINARY),
        (csv("utf-32-be"), "text", BINARY),
        (lambda rows: f"Zoë;{rows['k'][1]}".encode("cp1252"), "text", None),
        *(
            (write, f"it is packed ({what})", f"it is packed ({what})")
            for write, what in (
                *((zlib_of(level), "zlib") for level in (1, 3, 6, 9)),
                (packed(lambda one: lzma.compress(one, lzma.FORMAT_ALONE)), "lzma"),
                (packed(lzma.compress), "xz"),
                (packed(bz2.compress), "bzip2"),
                (packed(gzip.compress), "gzip"),
                (packed(lz4), "lz4"),
            )
        ),
    ],
)
def test_a_key_is_found_in_what_shows_it_and_no_other_file_is_called_free(
    tmp_path, write, with_key, without
):
    """Between other letters, in two or four bytes each; what is packed is named either way."""
    assert look(tmp_path, write(ROWS)) == with_key
    assert look(tmp_path, write(OTHER)) == without


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le"])
def test_a_database_is_read_by_its_cells(tmp_path, encoding):
    """SQLite puts columns side by side; a number is found as one, and within a word nothing is."""
    for cells, told in (
        (("patient", "W001", "aaf2e5e"), "text"),
        (("patient", "W0012", "xW001"), None),
        (("patient", b"\x00W001", 1), "text"),
        (("patient", b"\x00", 1), f"of a cell in it, {BINARY}"),
    ):
        (tmp_path / "base").unlink(missing_ok=True)
        with closing(sqlite3.connect(tmp_path / "base")) as base:
            base.execute(f"PRAGMA encoding = '{encoding}'")
            base.execute('CREATE TABLE "a ""t" (a, b, c)')
            base.execute('INSERT INTO "a ""t" VALUES (?, ?, ?)', cells)
            base.commit()
        assert look(tmp_path, None) == told
    (tmp_path / "base").write_bytes((tmp_path / "base").read_bytes()[:5000])
    assert "it cannot be read" in look(tmp_path, None)


def test_text_that_begins_like_something_packed_is_text(tmp_path):
    """A formula, and the name of a station."""
    for start in ("x^2", "PK", "ORC"):
        assert look(tmp_path, f"{start} W001".encode()) == "text"
        assert look(tmp_path, f"{start} W0012".encode()) is None


def look(folder, content: bytes | None) -> str | None:
    """Tell how such a file holds the key, or why that is not known."""
    if content is not None:
        (folder / "base").write_bytes(content)
    try:
        return LooseFiles(Keys(["W001"], ["k"]), pl.Schema({"k": pl.String}), "t").look(
            folder / "base"
        )
    except UnreadError as error:
        return str(error)


@pytest.mark.parametrize("key", ["W001", "Šimek", "Hämmerli", "😀 Anna"])
@pytest.mark.parametrize("is_array", [False, True])
def test_a_pickle_of_protocol_0_is_text_that_spells_letters_out(tmp_path, key, is_array):
    """A text in it by itself, and one in an array of letters, each of four bytes."""
    loose = LooseFiles(Keys([key], ("k",)), pl.Schema({"k": pl.String}), "samples")
    value = np.array(["V", key]) if is_array else ["V", key]
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(value, protocol=0))
    assert loose.look(path) == "text"
    path.write_bytes(pickle.dumps(["nobody"], protocol=0))
    assert loose.look(path) is None


def test_a_number_without_end_hides_nothing_that_follows_it_in_a_pickle():
    """Python makes no text of it: what comes after is looked at all the same."""
    endless = b"\x8b" + (4000).to_bytes(4, "little") + b"\x01" * 4000 + b"0"
    assert "Šimek" in pickled_texts(endless + pickle.dumps(["Šimek"], protocol=0))
