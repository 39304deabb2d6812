"""The declared schema: what can be said, and what is refused instead of ignored."""

import re

import pytest

from lakeproof.deliveries import Column, DeliveryError, Dialect, Schema

ID = {"sample_id": {"type": "string"}}


def test_every_form_of_a_column():
    """Each key of a column's declaration arrives, and what is left out has its default."""
    schema = Schema.from_config(
        {
            "sample_id": {"type": "string"},
            "hue": {"type": "double", "nullable": True},
            "proline": {"type": "integer", "optional": True},
            "fixed_acidity": {"type": "float", "header": "fixed acidity"},
            "wine": {"type": "string", "from": "file"},
            "sample_no": {"type": "string", "from": "row"},
        },
        "sample_id",
    )
    assert schema.columns == (
        Column("sample_id", "string", "sample_id"),
        Column("hue", "double", "hue", is_nullable=True),
        Column("proline", "integer", "proline", is_nullable=True, is_optional=True),
        Column("fixed_acidity", "float", "fixed acidity"),
        Column("wine", "string", "wine", origin="file"),
        Column("sample_no", "string", "sample_no", origin="row"),
    )
    assert schema.key == ("sample_id",)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "must map each column's name"),
        ({**ID, "hue": "double"}, "`schema: hue` must be a mapping"),
        ({**ID, "hue": {"type": "double", "nulable": True}}, "Did you mean 'nullable'?"),
        ({**ID, "hue": {"type": "dubble"}}, "Did you mean 'double'?"),
        ({**ID, "hue": {}}, "`schema: hue` lacks the key 'type'"),
        (
            {**ID, "hue": {"type": "double", "nullable": "yes"}},
            "nullable: 'yes', which must be true",
        ),
        (
            {**ID, "hue": {"type": "double", "optional": True, "nullable": False}},
            "`schema: hue` is optional and not nullable",
        ),
        (
            {**ID, "wine": {"type": "string", "from": "folder"}},
            "'folder', which must be 'file', 'row' or 'content'",
        ),
        ({**ID, "wine": {"type": "long", "from": "file"}}, "{type: string, from: file}"),
        (
            {**ID, "wine": {"type": "string", "from": "row", "nullable": True}},
            "{type: string, from: row}",
        ),
        ({**ID, "a": {"type": "long", "header": "sample_id"}}, "of the one header 'sample_id'"),
        ({**ID, 7: {"type": "long"}}, "names are text"),
        ({**ID, "a": {"type": "long", "format": "%d"}}, "is a long and has a `format`"),
        ({**ID, "a": {"type": "date", "format": "d.m.y"}}, "`schema: a: date_format`"),
        ({**ID, "a": {"type": "long", "null_values": "NA"}}, "`schema: a` has null_values: 'NA'"),
    ],
)
def test_a_wrong_declaration_is_refused(config, said):
    """A declaration that would be ignored or contradicts itself is refused by name."""
    with pytest.raises(DeliveryError) as caught:
        Schema.from_config(config, "sample_id")
    assert said in str(caught.value)
    assert "catalog.yml" in str(caught.value)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ({"type": "string", "nullable": True}, "is the key and may be missing"),
        ({"type": "string", "optional": True}, "is the key and may be missing"),
        ({"type": "double"}, "is the key and a double"),
    ],
)
def test_a_key_that_tells_no_rows_apart_is_refused(column, said):
    """A key is never missing and never a float."""
    with pytest.raises(DeliveryError, match=said):
        Schema.from_config({"sample_id": column}, "sample_id")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ([], "it names a column, or several"),
        (["sample_id", "sample_id"], "each once"),
        (["sample_id", "x"], "`key` is 'x', and `schema` has no such column"),
        (7, "`key` is '7'"),
        ({"sample_id": 1}, """`key` is "{'sample_id': 1}", and `schema` has no such column"""),
        (None, "`key` is empty: it names the column, or a list of columns, that tells rows apart"),
        ("", "`key` is empty"),
        (["sample_id", None], "`key` is empty"),
    ],
)
def test_a_key_of_several_columns_names_each_once(key, said):
    """Whatever is no list of names is refused by what it is."""
    with pytest.raises(DeliveryError, match=re.escape(said)):
        Schema.from_config(ID, key)


def test_a_key_that_is_no_column_is_refused():
    """The key must be declared, and a misspelt one is guessed."""
    with pytest.raises(DeliveryError, match="Did you mean 'sample_id'"):
        Schema.from_config(ID, "sampel_id")


def test_the_dialect_of_a_folder():
    """Separator and decimal mark are declared, with English defaults."""
    assert Dialect.from_config(None) == Dialect(",", ".")
    assert Dialect.from_config({"separator": ";", "decimal": ","}) == Dialect(";", ",")
    assert Dialect.from_config({"separator": "\t"}) == Dialect("\t", ".")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"seperator": ";"}, "Did you mean 'separator'?"),
        ({"separator": ";;"}, "must be one character"),
        ({"separator": '"'}, "must be one character"),
        ({"separator": "e"}, "must be one character"),
        ({"separator": 5}, "must be text: put quotes"),
        ({"decimal": "x"}, "the decimal mark must be"),
        ({"thousands": "."}, "nor the decimal mark '.'"),
        ({"thousands": "  "}, "must be one character"),
        ({"quote": "|"}, "`csv: quote` is '|'"),
        ({"encoding": "utf8-mac"}, "which Python does not know"),
        ({"encoding": "base64"}, "which Python does not know"),
        ({"zone": "Europe/Zürich"}, "which is no time zone"),
        ({"date_format": "dd.mm.yyyy"}, "a format names its parts"),
        ({"null_values": ["NA", False]}, "must be text: put quotes"),
        ({"true_values": ["x"], "false_values": ["x"]}, "has 'x' among `true_values`"),
        ("tab", "`csv` must be a mapping"),
    ],
)
def test_a_wrong_dialect_is_refused(config, said):
    """Marks that cannot be told apart are refused before a file is opened."""
    with pytest.raises(DeliveryError) as caught:
        Dialect.from_config(config)
    assert said in str(caught.value)
