"""What text means: nothing but the strict default, and what a catalog says beside it."""

import datetime as dt

import polars as pl
import pytest

from lakeproof.deliveries import DeliveryError, Dialect
from lakeproof.deliveries.rows.text_values import value_of_text
from lakeproof.deliveries.rows.values import POLARS

NUMBERS = ("byte", "short", "integer", "long")
X = {"id": {"type": "string"}, "x": {"type": "string"}}


def of(kind, **more):
    return {"id": {"type": "string"}, "x": {"type": kind, **more}}


@pytest.fixture
def taken(delivery):
    """Read a file of `id` and `x`, and give the values of `x`."""

    def read(content, kind="double", csv=None, **more):
        arrived = delivery(content, schema=of(kind, **more), key="id", csv=csv)
        return arrived.rows().collect()["x"].to_list()

    return read


# In other digits, other bases, with other marks, too large, or no number.
NO_NUMBERS = [
    *("0x1F", "0xFF", "0XFFFFFFFFFFFFFFFF", "0b1", "0o7", "1_000", "1'000", "1 000", "1,000"),
    *("１", "٣", "−5", "--5", "+-5", "5-", "1e", "nan", "NaN", "-nan", "inf", "Infinity", "∞"),  # noqa: RUF001
    *("1e400", "9" * 400, "true", "None", "5\u00a0", "#", "1.5f", "0x1p3", "1L", "+", ".", " "),
]


@pytest.mark.parametrize("kind", [*NUMBERS, "double", "float"])
def test_no_other_text_passes_for_a_number(refused, kind):
    """Whatever a reader of another program takes for one; named with its line in a file."""
    texts = pl.DataFrame({"x": NO_NUMBERS})
    taken = texts.select(value_of_text(pl.col("x"), kind, POLARS[kind], Dialect())).to_series()
    assert texts["x"].filter(taken.is_not_null()).to_list() == []
    said = refused("id,x\nA,1\nB,0xFF\n", schema=of(kind), key="id")
    assert "line 3, column 'x': '0xFF' is not a" in said


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        (kind, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        for kind, bits in zip(NUMBERS, (8, 16, 32, 64), strict=True)
    ],
)
def test_a_whole_number_within_its_bounds_and_not_beyond(taken, refused, kind, least, most):
    """The least and the greatest are taken; one more is refused, and so is a point."""
    assert taken(f"id,x\nA,{least}\nB,{most}\nC,+5\nD, 007 \nE,-0\n", kind) == [
        least,
        most,
        5,
        7,
        0,
    ]
    for beyond in (least - 1, most + 1, "1.0", "1e1", "1.", ".0", hex(most)):
        assert "is not a whole number" in refused(f"id,x\nA,{beyond}\n", schema=of(kind), key="id")


def test_numbers_with_a_point_have_the_same_bits_whoever_converts_them(taken):
    """Arrow converts what the dialect leaves alone, Polars the rest; both round to the nearest."""
    texts = ["0.1", "1e-3", ".5", "5.", "+1.5", "1E5", "9007199254740993", "1e-400", "4.9e-324"]
    texts += ["1.7976931348623157e308", "2.2250738585072011e-308", "-0.0", "0.30000000000000004"]
    plain = "id,x\n" + "".join(f"{i},{text}\n" for i, text in enumerate(texts))
    for kind in ("double", "float"):
        usable = texts if kind == "double" else [t for t in texts if "e308" not in t]
        plain = "id,x\n" + "".join(f"{i},{text}\n" for i, text in enumerate(usable))
        marked = taken(plain, kind, null_values=["never"])
        assert [str(one) for one in taken(plain, kind)] == [str(one) for one in marked]
    assert taken("id,x\nA,0.1\n") == [0.1]


@pytest.mark.parametrize(
    ("texts", "csv", "values"),
    [
        (
            ["1.234,5", "-1.234.567", "12,5", ",5"],
            {"decimal": ",", "thousands": "."},
            [1234.5, -1234567, 12.5, 0.5],
        ),
        (["1'234.5", "999"], {"thousands": "'"}, [1234.5, 999]),
        (["1\u202f234,5"], {"decimal": ",", "thousands": "\u202f"}, [1234.5]),
    ],
)
def test_marks_of_a_language(taken, texts, csv, values):
    """A decimal comma, and groups of three digits."""
    lines = "".join(f"{i};{text}\n" for i, text in enumerate(texts))
    assert taken("id;x\n" + lines, csv={"separator": ";", **csv}) == values


@pytest.mark.parametrize(
    ("text", "csv"),
    [
        ("1.5", {"decimal": ","}),
        ("1.5", {"decimal": ",", "thousands": "."}),
        ("12.34,5", {"decimal": ",", "thousands": "."}),
        ("1,5,2", {"decimal": ","}),
        ("1'23", {"thousands": "'"}),
        ("1'234.5'6", {"thousands": "'"}),
    ],
)
def test_marks_in_wrong_places(refused, text, csv):
    """A number of another language is not read as another number."""
    assert f"{text!r} is not a finite number" in refused(
        f"id;x\nA;{text}\n", schema=of("double"), key="id", csv={"separator": ";", **csv}
    )


def test_a_quoted_decimal_comma_beside_a_separator_that_is_one(taken, refused):
    """In quotes it is a number, without them a field too many."""
    csv = {"decimal": ","}
    assert taken('id,x\nA,"1,5"\n', csv=csv) == [1.5]
    assert "it has 3 fields" in refused("id,x\nA,1,5\n", schema=of("double"), key="id", csv=csv)
    assert 'csv: {decimal: ","}' in refused('id,x\nA,"1,5"\n', schema=of("double"), key="id")


def test_missing_values_are_what_the_catalog_says(taken, refused):
    """For all columns or for one; a blank beside a marker matters for text alone."""
    text = "id,x\nA,NA\nB,-\nC,\nD,1\nE, NA\n"
    assert taken(text, nullable=True, csv={"null_values": ["NA", "-"]}) == [
        None,
        None,
        None,
        1,
        None,
    ]
    assert taken(text, nullable=True, null_values=["NA", "-"]) == [None, None, None, 1, None]
    text_values = taken(text, "string", nullable=True, null_values=["NA", "-"])
    assert text_values == [None, None, None, "1", " NA"]
    assert taken("id,x\nA,NA\nB,-\n", "string") == ["NA", "-"]
    assert 'csv: {null_values: ["NA"]}' in refused(text, schema=of("double"), key="id")
    said = refused(text, schema=of("double", null_values=["NA"]), key="id")
    assert "line 2, column 'x': a value is missing" in said
    said = refused("id,x\nNA,1\n", schema=of("long"), key="id", csv={"null_values": ["NA"]})
    assert "line 2, column 'id': the key is missing" in said


def test_words_for_true_and_false(taken, refused):
    """Those that are declared, and no others."""
    words = {"true_values": ["ja", "J"], "false_values": ["nein"]}
    assert taken("id,x\nA,ja\nB,nein\nC,J\n", "boolean", **words) == [True, False, True]
    assert "'true' is not true or false" in refused(
        "id,x\nA,true\n", schema=of("boolean", **words), key="id"
    )
    assert "true_values: […]" in refused("id,x\nA,yes\n", schema=of("boolean"), key="id")


def test_dates_as_they_are_written(taken, refused):
    """By a declared format; a year of two digits is none of four, and no date is made up."""
    swiss = {"format": "%d.%m.%Y"}
    assert taken("id,x\nA,31.1.2026\nB,01.02.2026\n", "date", **swiss) == [
        dt.date(2026, 1, 31),
        dt.date(2026, 2, 1),
    ]
    for text in ("31.02.2026", "01.02.26", "2026-01-31", "1.2.2026 0:00", "1.2."):
        said = refused(f"id,x\nA,{text}\n", schema=of("date", **swiss), key="id")
        assert f"{text!r} is not a date as %d.%m.%Y" in said
    assert taken("id,x\nA,1.2.26\n", "date", csv={"date_format": "%d.%m.%y"}) == [
        dt.date(2026, 2, 1)
    ]


def test_times_are_instants(taken, refused):
    """A zone comes from the text or from the catalog, and what a clock shows twice is refused."""
    local = {"format": "%d.%m.%Y %H:%M", "zone": "Europe/Zurich"}
    summer = dt.datetime(2026, 7, 1, 10, 0, tzinfo=dt.UTC)
    assert taken("id,x\nA,1.7.2026 12:00\n", "timestamp", **local) == [summer]
    iso = "id,x\nA,2026-07-01T12:00\nB,2026-07-01 10:00:00.0Z\nC,2026-07-01T12+02\n"
    assert taken(iso, "timestamp", zone="Europe/Zurich") == [summer] * 3
    offset = "id,x\nA,01.07.2026 12:00 +0200\n"
    assert taken(offset, "timestamp", format="%d.%m.%Y %H:%M %z") == [summer]
    for text in ("25.10.2026 02:30", "29.03.2026 02:30", "1.7.2026", "1.7.26 12:00"):
        schema = of("timestamp", **local)
        assert "is not a time as" in refused(f"id,x\nA,{text}\n", schema=schema, key="id")
    for schema in (of("timestamp"), of("timestamp", format="%d.%m.%Y %H:%M")):
        for text in ("2026-07-01T12:00:00", "1.7.2026 12:00", "2026-07-01T12:00:00.1234567Z"):
            assert "with its zone" in refused(f"id,x\nA,{text}\n", schema=schema, key="id")
    for text in ("2026-07-01T24:00Z", "2026-07-01T12:00:60Z", "2026-07-01T12:00+24:00"):
        assert "with its zone" in refused(f"id,x\nA,{text}\n", schema=of("timestamp"), key="id")


def test_whole_numbers_written_with_a_point(taken, refused):
    """As a spreadsheet or pandas writes them, where a value is missing beside them."""
    text = "id,n\nA,1.0\nB,\n".replace("n\n", "x\n", 1)
    assert taken(text, "long", nullable=True, point_zero=True) == [1, None]
    assert "csv: {point_zero: true}" in refused(text, schema=of("long", nullable=True), key="id")
    for wrong in ("1.5", "1.0000001", "1e0", ".0"):
        schema = of("long", point_zero=True)
        assert "is not a whole number" in refused(f"id,x\nA,{wrong}\n", schema=schema, key="id")


def test_a_line_that_names_the_separator(taken, refused):
    """Passed over where it is declared and true; else it says what to declare."""
    text, csv = "\ufeffsep=;\r\nid;x\r\nA1;1\r\n", {"separator": ";", "sep_line": True}
    assert taken(text, csv=csv) == [1]
    assert taken("id;x\nA1;1\n", csv=csv) == [1]
    assert "line 3, column 'x': 'one'" in refused(
        "sep=;\nid;x\nA;one\n", schema=of("double"), key="id", csv=csv
    )
    for given in (None, {"separator": ";"}):
        said = refused(text, schema=of("double"), key="id", csv=given)
        assert 'csv: {separator: ";", sep_line: true}' in said
    wrong = {"separator": ",", "sep_line": True}
    assert 'separator: ";"' in refused(text, schema=of("double"), key="id", csv=wrong)


def test_rows_of_nothing_but_separators(taken, refused):
    """A spreadsheet's empty rows, wherever they are; a row that has something is a row."""
    text, csv = "id;x\n;\nA;1\n;\n;\n", {"separator": ";", "empty_rows": True}
    assert taken(text, csv=csv) == [1]
    assert "line 5, column 'id': the key is missing" in refused(
        "id;x\n;\nA;1\n;\n;2\n", schema=of("double"), key="id", csv=csv
    )
    assert "the key is missing" in refused(
        text, schema=of("double"), key="id", csv={"separator": ";"}
    )
    assert "it has a header and no rows" in refused(
        "id;x\n;\n", schema=of("double"), key="id", csv=csv
    )


def test_a_separator_too_many_at_the_end_of_each_line(taken, refused):
    """In the header as well or in the rows alone; what stands behind it is refused."""
    csv = {"trailing_separator": True}
    assert taken("id,x,\nA,1,\nB,2,\n", csv=csv) == [1, 2]
    assert taken("id,x\nA,1,\nB,2,\n", csv=csv) == [1, 2]
    assert taken('"id",x\n"A",1\n', csv=csv) == [1]
    assert "it has 3 fields" in refused(
        "id,x\nA,1,\nB,2,3\n", schema=of("double"), key="id", csv=csv
    )
    for text in ("id,x,\nA,1,\n", "id,x\nA,1,\n"):
        assert "csv: {trailing_separator: true}" in refused(text, schema=of("double"), key="id")


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("utf-16", None),
        ("utf-16-le", None),
        ("cp1252", None),
        ("shift_jis", "id\tx\n酒\t1\n".encode("shift_jis")),
    ],
)
def test_another_encoding(delivery, encoding, data):
    """The same rows as in UTF-8, block by block."""
    data = data or "id\tx\nZürich\t1.5\n".encode(encoding)
    arrived = delivery(
        data, schema=of("double"), key="id", csv={"separator": "\t", "encoding": encoding}
    )
    assert arrived.rows().collect()["id"].to_list() == [
        data.decode(encoding).split("\n")[1].split("\t")[0]
    ]


def test_bytes_that_are_not_of_the_declared_encoding(refused):
    """Named by line, with the encoding."""
    text = "id,x\nA,1\nB,2\n".encode("utf-16") + b"C"
    said = refused(text, schema=of("double"), key="id", csv={"encoding": "utf-16"})
    assert "it has bytes that are not utf-16 text" in said
    said = refused("id,x\nä,1\n".encode("latin-1"), schema=of("double"), key="id")
    assert "line 2: it has bytes that are not UTF-8 text" in said
    assert "csv: {encoding: cp1252}" in said


def test_a_long_text_in_another_encoding(delivery, monkeypatch):
    """What is decoded is longer than what was asked for, and nothing of it is lost."""
    from lakeproof.deliveries.csv import content

    monkeypatch.setattr(content, "BLOCK_SIZE", 4096)
    text = "id,x\n" + "".join(f"ä{number},{number}\n" for number in range(9_000))
    arrived = delivery(
        text.encode("cp1252"), schema=of("long"), key="id", csv={"encoding": "cp1252"}
    )
    assert arrived.rows().collect()["x"].to_list() == list(range(9_000))


def test_other_quotes_and_none(taken, refused):
    """Quotes of another form, or files in which they mean nothing."""
    assert taken("id,x\nA,'a,\"b'\n", "string", csv={"quote": "'"}) == ['a,"b']
    assert taken('id,x\nA,5" pipe\n', "string", csv={"quote": ""}) == ['5" pipe']
    assert "a quote is out of place" in refused(
        "id,x\nA,'a'b\n", schema=X, key="id", csv={"quote": "'"}
    )


def test_a_name_in_another_unicode_form(refused, delivery):
    """Two names that look alike are told apart by what they are made of, with what to write."""
    schema = {"id": {"type": "string"}, "größe": {"type": "long"}}
    said = refused("id,gro\u0308ße\nA,1\n", schema=schema, key="id")
    assert "differ in Unicode form alone (composed and decomposed)" in said
    assert 'header: "gro\\u0308\\u00dfe"' in said
    schema["größe"] = {"type": "long", "header": "gro\u0308ße"}
    assert delivery("id,gro\u0308ße\nA,1\n", schema=schema, key="id").rows().collect().height == 1


def test_what_is_looser_than_the_default_can_be_told():
    """The commit notes it, in the words of the catalog."""
    assert Dialect.from_config({"separator": ","}).differing() == {}
    config = {"separator": ";", "null_values": ["NA"]}
    assert Dialect.from_config(config).differing() == config


def test_a_default_is_strict():
    """Nothing is loosened that nobody loosened."""
    dialect = Dialect()
    for loose in ("null_values", "point_zero", "sep_line", "empty_rows", "thousands", "zone"):
        assert not getattr(dialect, loose)
    with pytest.raises(DeliveryError):
        Dialect.from_config({"strict": False})


def test_a_key_made_of_content(delivery):
    """The same rows have the same keys under any name and in any order; a row twice has two."""
    schema = {
        "no": {"type": "string", "from": "content"},
        "x": {"type": "double"},
        "note": {"type": "string", "optional": True},
    }
    first = delivery("x\n1\n2\n1.0\n", name="a.csv", schema=schema, key="no").rows().collect()
    other = delivery("note,x\n,2\n,1\n", name="b.csv", schema=schema, key="no").rows().collect()
    assert first["no"].n_unique() == 3
    assert first["no"][2] == first["no"][0] + "-2"
    assert set(other["no"]) == set(first["no"][:2])
    more = delivery("note,x\nred,2\n", name="c.csv", schema=schema, key="no").rows().collect()
    assert more["no"][0] not in set(first["no"])
    # Written down: a table holds them.
    assert first["no"][0] == "857628e420fdb53d38621c15f4b6f762"
