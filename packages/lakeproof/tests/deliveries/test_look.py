"""What is guessed of files, each guess held against every value by the rules of deliveries."""

import datetime as dt
import hashlib
import io

import polars as pl
import pytest

from lakeproof.deliveries import Delivery, DeliveryError, Schema
from lakeproof.deliveries.formats import parse
from lakeproof.deliveries.look.guessed_columns import guess_column, table_names
from lakeproof.deliveries.look.proposal import propose


@pytest.fixture
def look(tmp_path):
    """Write files and propose what to declare of them."""

    def at(*contents, name="a.csv", **known):
        files = []
        for number, content in enumerate(contents):
            path = tmp_path / f"{number}{name}"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            files.append(Delivery(path.name, digest, path, Schema((), ()), parse))
        return propose(files, **known)

    return at


@pytest.mark.parametrize(
    ("texts", "kind", "own"),
    [
        (["1", "-2", "+3"], "long", {}),
        (["1", "2.5", "1e3"], "double", {}),
        (["007", "012"], "string", {}),
        (["9223372036854775808"], "double", {}),
        (["0x1F", "1"], "string", {}),
        (["1,5", "2"], "double", {"decimal": ","}),
        (["1.234,5", "7"], "double", {"decimal": ",", "thousands": "."}),
        (["1'234", "1'234'567"], "long", {"thousands": "'"}),
        (["true", "false"], "boolean", {}),
        (["ja", "nein"], "boolean", {"true_values": ["ja"], "false_values": ["nein"]}),
        (["2026-01-31"], "date", {}),
        (["31.1.2026", "1.2.2026"], "date", {"format": "%d.%m.%Y"}),
        (["1/31/2026", "2/1/2026"], "date", {"format": "%m/%d/%Y"}),
        (["1/2/2026"], "string", {}),
        (["2026-01-31T10:00Z"], "timestamp", {}),
        (["2026-01-31 10:00"], "timestamp", {"zone": "UTC"}),
        (["31.01.2026 10:00"], "timestamp", {"format": "%d.%m.%Y %H:%M", "zone": "UTC"}),
        (["a", "1"], "string", {}),
    ],
)
def test_the_type_of_a_column(texts, kind, own):
    """The strictest that takes every value; a text where two readings fit."""
    found = guess_column("x", pl.Series(texts))
    assert (found.kind, found.own, found.is_nullable) == (kind, own, False)
    marked = guess_column("x", pl.Series([*texts, "NA", None]))
    assert (marked.kind, marked.is_nullable, marked.markers) == (kind, True, ("NA",))


def test_two_readings_of_a_date_are_said():
    """Which one it is, only a person knows."""
    (remark,) = guess_column("x", pl.Series(["1/2/2026"])).remarks
    assert "reads as a date by %d/%m/%Y and by %m/%d/%Y" in remark


def test_a_file_of_a_spreadsheet(look):
    """Every part of its dialect, and rows that are read by it."""
    text = (
        "sep=;\r\nOrder Nr;sold;Amount (CHF);ZIP;paid\r\n7;31.01.2026;1.234,50;01234;ja\r\n"
        "8;1.2.2026;-;80331;nein\r\n;;;;\r\n"
    )
    found = look(text.encode("cp1252"), target="Amount (CHF)")
    assert found.csv == {
        "separator": ";",
        "decimal": ",",
        "null_values": ["-"],
        "sep_line": True,
        "empty_rows": True,
    }
    assert found.schema == {
        "Order_Nr": {"type": "long", "header": "Order Nr"},
        "sold": {"type": "date", "format": "%d.%m.%Y"},
        "Amount_CHF": {
            "type": "double",
            "header": "Amount (CHF)",
            "thousands": ".",
            "nullable": True,
        },
        "ZIP": {"type": "string"},
        "paid": {"type": "boolean", "true_values": ["ja"], "false_values": ["nein"]},
    }
    assert (found.key, found.target, found.task) == ("Order_Nr", "Amount_CHF", "regression")
    assert found.rows == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encodings_and_separators(look, encoding, separator):
    """Found alike, whatever else stands in the text."""
    rows = [["id", "größe"], ["Ä1", '"a, b; c"'], ["Ö2", "d"]]
    text = "\n".join(separator.join(row) for row in rows) + "\n"
    found = look(text.encode(encoding))
    assert found.csv.get("encoding", "utf-8") == encoding.replace("-sig", "")
    assert found.csv.get("separator", ",") == separator
    assert list(found.schema) == ["id", "größe"]


@pytest.mark.parametrize("text", ["id,x,\nA,1,\nB,2,\n", "id,x\nA,1,\nB,2,\n"])
def test_a_separator_too_many(look, text):
    """In all lines, or in the rows alone."""
    found = look(text)
    assert found.csv == {"trailing_separator": True}
    assert (found.key, found.rows) == ("id", 2)


def test_a_key_is_one_column_or_two_or_made_of_content(look):
    """What looks like a key and tells all rows apart; never the target."""
    assert look("x,customer_id\n1,7\n2,8\n").key == "customer_id"
    two = look("city,no,x\nA,1,1\nA,2,1\nB,1,1\n")
    assert two.key == ["city", "no"]
    none = look("x,y\n1,1\n1,1\n")
    assert none.key == "row_key"
    assert none.schema["row_key"] == {"type": "string", "from": "content"}
    assert look("id,x\nA,1\nB,2\n", target="id").key == "row_key"
    assert look("id,x\nA,1\nB,2\n", key=["x"]).key == "x"


def test_several_files_are_one_table(look):
    """A column that one lacks is optional; a type is that of all their values."""
    found = look("id,x\nA,1\n", "id,x,y\nB,1.5,u\n")
    assert found.schema["x"] == {"type": "double"}
    assert found.schema["y"] == {"type": "string", "optional": True}
    assert found.rows == 2


def test_a_file_with_types(look, tmp_path):
    """Parquet says most of it itself."""
    rows = pl.DataFrame(
        {
            "id": ["A", "B"],
            "n": pl.Series([1, None], dtype=pl.UInt8),
            "x": [float("nan"), 1.0],
            "t": [dt.datetime(2026, 1, 1)] * 2,
        }
    )
    rows.write_parquet(tmp_path / "p")
    found = look((tmp_path / "p").read_bytes(), name="a.parquet")
    assert found.schema == {
        "id": {"type": "string"},
        "n": {"type": "long", "nullable": True},
        "x": {"type": "double", "nullable": True},
        "t": {"type": "timestamp", "zone": "UTC"},
    }
    assert found.csv == {"null_values": ["NaN"]}


def test_columns_of_which_nothing_is_learnt(look):
    """A text of its own in each row, and one value in all."""
    lines = "".join(f"{i},note {i},same,{i % 3}\n" for i in range(30))
    assert look("id,note,one,x\n" + lines).no_features == ["note", "one"]


def test_names_that_delta_takes():
    """Words joined by underscores, told apart where they meet."""
    headers = ["a b", "a-b", "A_b", "gro\u0308ße", "x", "", "(%)"]
    assert list(table_names(headers)) == [
        "a_b",
        "a_b_2",
        "A_b_3",
        "größe",
        "x",
        "column",
        "column_2",
    ]


def test_what_is_not_there_is_refused(look):
    """A column that no file has, a file without rows."""
    with pytest.raises(DeliveryError, match="no column 'z'"):
        look("id,x\nA,1\n", target="z")
    with pytest.raises(DeliveryError, match="is empty"):
        look("")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x1f\x8b\x08\x00rest", "compressed by gzip (.csv.gz)"),
        (b"(\xb5/\xfdrest", "compressed by zstd"),
        (b"PAR1\x15\x04rest", "a Parquet file"),
        (b"PK\x03\x04rest", "a zip archive, as workbooks (.xlsx) are"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "an old workbook"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "`git lfs pull`"),
        ("\ufeff<!DOCTYPE html><html>404</html>\n", "a page (HTML or XML)"),
        ('[{"id": 1}, {"id": 2}]', "one object a line are read (.jsonl)"),
    ],
)
def test_what_is_no_text_of_rows_is_called_what_it_is(look, tmp_path, content, said):
    """By its first bytes, whatever its ending says; also where a schema is declared."""
    with pytest.raises(DeliveryError) as caught:
        look(content)
    assert said in caught.value.message
    path = tmp_path / "0a.csv"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    schema = Schema.from_config({"id": {"type": "string"}}, "id")
    with pytest.raises(DeliveryError) as caught:
        parse(Delivery(path.name, digest, path, schema, parse))
    assert said in caught.value.message


def test_names_that_begin_alike_are_no_other_file(look):
    """Only what no line of names begins with."""
    assert look("PAR1,PK\nA,1\n").schema.keys() == {"PAR1", "PK"}
    assert look("<x>,[y]\nA,1\n").schema["x"] == {"type": "string", "header": "<x>"}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32"])
def test_wide_characters_are_told_with_a_mark_and_without(look, encoding):
    """Of one byte a character, it is said that it is a guess."""
    found = look("id,ville\nA,Genève\nB,Zürich\n".encode(encoding))
    assert found.csv == {"encoding": encoding}
    assert not any("is a guess, look at those" in remark for remark in found.remarks)
    guessed = look("id,ville\nA,Genève\n".encode("mac-roman"))
    assert "its letters are latin-1 is a guess, look at those beyond A to Z" in guessed.remarks[0]


def test_the_index_that_pandas_writes_is_a_column_without_a_name(look):
    """It is declared as one, and read."""
    found = look(",id,x\n0,A,1\n1,B,2\n")
    assert found.schema["column"] == {"type": "long", "header": ""}
    assert (found.key, found.rows) == ("id", 2)
    ended = look(",id,x,\n0,A,1,\n1,B,2,\n")
    assert (ended.csv, ended.rows) == ({"trailing_separator": True}, 2)


def test_what_cannot_be_unpacked_is_said(look):
    """In a sentence."""
    with pytest.raises(DeliveryError, match="it cannot be unpacked"):
        look("id,x\nA,1\n", name="a.csv.gz")


def test_a_workbook_is_looked_at_as_one(look):
    """Its punctuation is none of text, and an archive is what it is."""
    written = io.BytesIO()
    pl.DataFrame({"id": ["A", "B"], "x": [1.5, 2.5]}).write_excel(written)
    found = look(written.getvalue(), name="a.xlsx")
    assert (found.csv, found.rows) == ({}, 2)
    assert found.schema == {"id": {"type": "string"}, "x": {"type": "double"}}
