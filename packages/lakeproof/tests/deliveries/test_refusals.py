"""Every refusal fires, with the file and the line; beside each stands what is let through."""

import gzip

import pytest

from lakeproof.deliveries import DeliveryError
from lakeproof.deliveries.csv import content

HEAD = "sample_id,alcohol,hue\n"
ALL_KINDS = {
    "sample_id": {"type": "string"},
    "count": {"type": "byte"},
    "amount": {"type": "float"},
    "is_red": {"type": "boolean"},
    "day": {"type": "date"},
    "time": {"type": "timestamp"},
    "note": {"type": "string", "nullable": True},
}
GOOD_KINDS = ("A", "1", "1.5", "true", "2026-01-31", "2026-01-31T00:00:00Z", "")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "it is empty (0 bytes)"),
        ("\n\r\n", "it has 3 bytes and no header"),
        (HEAD, "it has a header and no rows"),
        (HEAD.rstrip("\n"), "it has a header and no rows"),
        (HEAD + "\n\n", "it has a header and no rows"),
    ],
)
def test_a_file_without_rows(refused, data, said):
    """An empty file is more likely a broken transfer than a delivery of nothing."""
    assert said in refused(data)


def test_a_missing_column(refused):
    """A declared column that is not optional must be there; a close stranger is guessed."""
    said = refused("sample_id,alcohl,hue\nA1,1,1\n")
    assert "line 1: it has no column 'alcohol', which the schema declares" in said
    assert "it has 'sample_id', 'alcohl', 'hue'" in said
    assert "Did you mean 'alcohl'?" in said


def test_another_separator_than_the_declared_one(refused):
    """One column where several are declared: the separator is the likeliest cause."""
    assert 'csv: {separator: ";"}' in refused("sample_id;alcohol;hue\nA1;1;1\n")


def test_an_undeclared_column(refused):
    """A column nobody declared is refused, not dropped: somebody meant something by it."""
    said = refused("sample_id,alcohol,hue,ash\nA1,1,1,1\n")
    assert "line 1: it has the column 'ash', which the schema does not declare" in said
    assert "Declare it under `schema`" in said
    said = refused("sample_id,alcohol,hue,prolin\nA1,1,1,1\n")
    assert "Did you mean 'proline'?" in said


def test_a_column_that_the_schema_makes_itself(refused):
    """A file that has a column of a computed one's name would be shadowed silently."""
    schema = {"sample_id": {"type": "long"}, "wine": {"type": "string", "from": "file"}}
    said = refused("sample_id,wine\n1,red\n", schema=schema)
    assert "it has the column 'wine', which the schema makes from the file" in said


def test_a_repeated_header(refused):
    """Two columns of one name: nobody can tell which is meant."""
    said = refused("\nsample_id,alcohol,hue,alcohol\nA1,1,1,2\n")
    assert "line 2: its header names 'alcohol' 2 times" in said


@pytest.mark.parametrize(
    ("place", "text", "wanted"),
    [
        (1, "128", "a whole number within the bounds of its type (byte)"),
        (1, "1.0", "a whole number within the bounds of its type (byte)"),
        (1, "nan", "a whole number within the bounds of its type (byte)"),
        (2, "n/a", "a finite number (float)"),
        (2, "nan", "a finite number (float)"),
        (2, "NaN", "a finite number (float)"),
        (2, "-inf", "a finite number (float)"),
        (2, "1e39", "a finite number (float)"),
        (2, "1,5", "a finite number (float)"),
        (2, " ", "a finite number (float)"),
        (2, "null", "a finite number (float)"),
        (3, "yes", "true or false (boolean)"),
        (4, "31.01.2026", "a date such as 2026-01-31 (date)"),
        (4, "2026-02-30", "a date such as 2026-01-31 (date)"),
        (5, "2026-01-31T00:00:00", "a time with its zone such as 2026-01-31T00:00:00Z"),
        (5, "2026-01-31", "a time with its zone such as 2026-01-31T00:00:00Z"),
    ],
)
def test_text_where_a_value_of_a_type_belongs(refused, delivery, place, text, wanted):
    """The line, the column and the text are named, and what should have been there."""

    def lines(bad):
        rows = [list(GOOD_KINDS) for _ in range(4)]
        for number, row in enumerate(rows):
            row[0] = f"A{number}"
        rows[1][6] = "two\nlines"
        rows[2][place] = bad
        quoted = [",".join(f'"{field}"' for field in row) for row in rows]
        return "\n".join([",".join(ALL_KINDS), *quoted, ""])

    said = refused(lines(text), schema=ALL_KINDS)
    column = list(ALL_KINDS)[place]
    assert f"line 5, column '{column}': {text!r} is not {wanted}" in said
    good = delivery(lines(GOOD_KINDS[place]), schema=ALL_KINDS)
    assert good.rows().collect().height == 4


def test_a_long_text_is_cut_in_the_message(refused):
    """An error stays readable whatever is in the file."""
    said = refused(HEAD + "A1," + "x" * 5_000 + ",\n")
    assert "… (5000 characters) is not a finite number" in said


def test_the_first_bad_line_is_named_whatever_is_wrong_further_down(refused):
    """Faults of all kinds in one file: whoever corrects it starts at the top."""
    bad = ["A2,x,", "A3,,", ",1,", "A4,1", "A5,1,2,3", "A6,1,nan"]
    for shift in range(len(bad)):
        turned = bad[shift:] + bad[:shift]
        said = refused(HEAD + "A1,1,\n" + "\n".join(turned) + "\n")
        assert "line 3" in said


def test_a_bad_value_far_down(refused):
    """Beyond the first chunk of the slow pass, after quoted newlines, with the exact line."""
    good = "".join(f'"A\n{number}",1,\n' for number in range(12_000))
    said = refused(HEAD + good + "Z,one,\n")
    assert "line 24002, column 'alcohol': 'one' is not a finite number (double)" in said


@pytest.mark.parametrize(("row", "count"), [("A2,1", 2), ("A2,1,1,1", 4), ("A2", 1)])
def test_a_ragged_line(refused, row, count):
    """Too few fields or too many."""
    said = refused(HEAD + f"A1,1,1\n\n{row}\nA3,1,1\n")
    assert f"line 4: it has {count} fields where the header has 3" in said


@pytest.mark.parametrize(
    "bad",
    [b"A\xff2,1,1\n", b"A2,1\xfc,1\n", b"A2,1,1\n\xed\xa0\x80,1,1\n", b'"A\x00",1,1\n'],
    ids=["in-text", "in-a-number", "surrogate", "nul"],
)
def test_a_broken_encoding(refused, bad):
    """Bytes that are no text are named by line, wherever they are."""
    data = HEAD.encode() + "Ä1,1,1\n".encode() + bad
    line = 3 if bad.count(b"\n") == 1 else 4
    assert f"line {line}: it has bytes that are not UTF-8" in refused(data)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_header_in_another_encoding(refused, encoding):
    """UTF-16, as a spreadsheet's "Unicode text" is, and Latin-1."""
    data = "sample_id,alcohol,hüe\nA1,1,1\n".encode(encoding)
    assert "line 1: it has bytes that are not UTF-8 text. Nothing" in refused(data)


@pytest.mark.parametrize("name", ["wine-1.csv", "wine-1.csv.gz"])
def test_wide_characters_are_told_also_where_they_are_packed(refused, name):
    """The encoding that is named is the one to write down."""
    data = "sample_id,alcohol,hüe\nA1,1,1\n".encode("utf-16-le")
    packed = gzip.compress(data) if name.endswith(".gz") else data
    assert "csv: {encoding: utf-16-le}" in refused(packed, name=name)


def test_a_missing_key(refused):
    """A row without its key, quoted or not."""
    assert "line 3, column 'sample_id': the key is missing" in refused(HEAD + "A1,1,\n,1,\n")
    assert "line 3, column 'sample_id': the key is missing" in refused(HEAD + 'A1,1,\n"",1,\n')


def test_a_missing_value(refused, delivery):
    """A value may be missing only where the schema says so."""
    said = refused(HEAD + "A1,1,1\nA2,,1\n")
    assert "line 3, column 'alcohol': a value is missing" in said
    assert "`nullable: true`" in said
    assert delivery(HEAD + "A1,1,1\nA2,1,\n").rows().collect()["hue"].null_count() == 1


def test_a_file_of_one_column(refused):
    """With one column an empty line is no row, and an empty quoted field is a missing value."""
    said = refused('sample_id\n1\n\n""\n', schema={"sample_id": {"type": "long"}})
    assert "line 4, column 'sample_id': the key is missing" in said


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ('A1,1,\n"A2,1,\nA3,1,\n', 3),
        ('A1,1,\n"A2,1,\nA3",1,\n"A4"x,1,\n', 5),
        ('A1,1,\n5" pipe,1,\n', 3),
        ('A1,1,\n "A2",1,\n', 3),
        ('A1,1,\nA2,"1"",\nA3,1,\n', 3),
    ],
    ids=["never-closed", "text-after", "within-text", "blank-before", "closed-too-late"],
)
def test_a_quote_out_of_place(refused, rows, line):
    """A stray quote swallows whole rows into one value without any error; it is refused."""
    said = refused(HEAD + rows)
    assert f"line {line}: a quote is out of place" in said


def test_a_last_quote_that_never_closes(refused, delivery):
    """The one case that every parser takes: the rest of the file as the last row's last value."""
    schema = {"sample_id": {"type": "long"}, "note": {"type": "string"}}
    text = 'sample_id,note\n1,"good"\n2,"bad\n3,lost\n4,lost\n'
    assert "line 3: a quote is out of place" in refused(text, schema=schema)
    assert delivery(text.replace('"bad', "bad"), schema=schema).rows().collect().height == 4


def test_a_swallowed_row_between_two_open_quotes(refused):
    """Two wrong quotes make an even number: counting them would not do."""
    schema = {"sample_id": {"type": "long"}, "note": {"type": "string"}}
    text = 'sample_id,note\n1,"a\n2,"b\n3,c\n'
    assert "line 3: a quote is out of place" in refused(text, schema=schema)


def test_a_row_longer_than_a_block(refused, monkeypatch):
    """Memory is bounded, so a row is too; nothing is cut."""
    monkeypatch.setattr(content, "BLOCK_SIZE", 1024)
    said = refused(HEAD + "A1,1,\n" + "x" * 5_000 + ",1,\n")
    assert "line 3: its row is longer than 1,024 bytes" in said


def test_a_value_with_a_lone_carriage_return_is_not_blamed(refused):
    """The slow pass must not find fault with what the fast one took."""
    said = refused(HEAD + '"A\r1",1,\nA2,one,\n')
    assert "column 'alcohol': 'one' is not a finite number" in said


def test_a_long_value_is_not_blamed_for_what_is_wrong_elsewhere(refused):
    """Python's own reader takes no field beyond 131,072 characters unless told to."""
    schema = {"sample_id": {"type": "long"}, "note": {"type": "string"}}
    said = refused("sample_id,note\n1," + "x" * 200_000 + "\ntwo,y\n", schema=schema)
    assert "line 3, column 'sample_id': 'two' is not a whole number" in said


def test_a_fault_is_found_though_nobody_asks_for_its_column(delivery):
    """What is refused does not hang on which columns and rows a query wants."""
    import polars as pl

    arrived = delivery(HEAD + "A1,1,\nA2,nan,\n")
    query = arrived.rows().filter(pl.col("sample_id") == "A1").select("hue")
    with pytest.raises(DeliveryError, match="line 3, column 'alcohol'"):
        query.collect()


def test_a_file_that_cannot_be_read(delivery):
    """What the operating system says is handed on; a folder in the file's place will do."""
    arrived = delivery(HEAD + "A1,1,\n")
    arrived.path.unlink()
    arrived.path.mkdir()
    with pytest.raises(DeliveryError, match=r"cannot be read \(Is a directory\)"):
        arrived.rows()


@pytest.mark.parametrize(
    ("key", "rows"),
    [("id", "Huber,4711x\n"), ("name", "Huber,1\nHuber,2\n")],
)
def test_what_is_personal_is_not_shown(refused, key, rows):
    """Where it is, and what is wrong with it, is."""
    schema = {"name": {"type": "string", "personal": True}, "id": {"type": "long"}}
    schema["id"]["personal"] = True
    said = refused(f"name,id\n{rows}", schema=schema, key=key)
    assert "personal" in said
    assert "Huber" not in said
    assert "4711x" not in said
