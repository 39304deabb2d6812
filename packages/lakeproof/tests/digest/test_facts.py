"""Facts add up, subtract, and survive JSON; damaged or foreign ones are refused."""

import pyarrow as pa
import pytest

from lakeproof.digest import FactsMismatchError, TableFacts, digest_table


@pytest.fixture
def table():
    return pa.table({"a": [1, None, 3, 4, 4], "s": ["x", "y", None, "", ""]})


def test_facts_of_parts_add_up_to_those_of_the_whole(table):
    """What was appended is added."""
    parts = digest_table(table.slice(0, 2)) + digest_table(table.slice(2))
    assert parts == digest_table(table)


def test_facts_of_removed_rows_subtract(table):
    """What was deleted is subtracted, one of two equal rows at a time."""
    rest = digest_table(table) - digest_table(table.slice(4))
    assert rest == digest_table(table.slice(0, 4))


def test_another_order_of_columns_needs_no_row(table):
    """A row adds up by names."""
    turned = digest_table(table.select(["s", "a"]))
    assert digest_table(table).in_order(["s", "a"]) == turned
    assert turned.digest != digest_table(table).digest


def test_more_than_there_is_cannot_be_removed(table):
    """Facts never go below zero rows or nulls."""
    with pytest.raises(FactsMismatchError, match="5 rows cannot be removed from 2"):
        digest_table(table.slice(0, 2)) - digest_table(table)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"a": [1]}, "2 columns here, 1 there"),
        ({"a": [1], "t": ["x"]}, r"'s' \(string\) here, 't' \(string\) there"),
        ({"a": [1.0], "s": ["x"]}, r"'a' \(long\) here, 'a' \(double\) there"),
    ],
)
def test_facts_of_different_columns_do_not_add_up(table, other, sentence):
    """Name, type and number of the columns must agree."""
    with pytest.raises(FactsMismatchError, match=sentence):
        digest_table(table) + digest_table(pa.table(other))


def test_facts_survive_json(table):
    """What was stored is what is read, names beyond ASCII unescaped."""
    facts = digest_table(table.rename_columns(["Grün", 'say "s"']))
    assert "Grün" in facts.to_json()
    assert TableFacts.from_json(facts.to_json()) == facts


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"rs1"', '"rs2"', "reads 'rs1' only"),
        ('"rows":5', '"rows":-1', "damaged"),
        ('"rows":5', '"rows":5,"more":1', "damaged"),
        ('"rows":5,', "", "damaged"),
        ('"total":"', '"total":"0', "damaged"),
        ('"total":"', '"total":"-', "damaged"),
        ("{", "", "not table facts"),
    ],
)
def test_foreign_or_damaged_facts_are_refused(table, old, new, sentence):
    """Facts of another algorithm, or with a part missing, added or broken, are not read."""
    text = digest_table(table).to_json()
    assert old in text
    with pytest.raises(FactsMismatchError, match=sentence):
        TableFacts.from_json(text.replace(old, new, 1))
