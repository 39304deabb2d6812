"""What others wrote is shown and steers nothing: not a terminal, not a page, not a shell."""

import json
import shlex

import click
import pytest

from lakeproof.commands.output import remark, to_json
from lakeproof.errors import LakeproofError
from lakeproof.spelling import first_of, spelled, spelled_around_colours, steers, typed

# Escape and its sequences, their 8-bit forms, bell, return, backspace, turns of direction, lines.
CHARACTERS = "\x1b\x07\x9b\r\b\x7f\x00\u202e\u2066\u2028\u061c"
STEERING = "\x1b[2J\x1b]0;title\x07\x9b31m\r\b\x7f\x00\u202e\u2066\u2028\u061c"


def test_what_cannot_be_seen_is_spelled_out():
    """As Python spells it; lines and tabs stay where they are wanted."""
    assert spelled("a\x1b[2Jb\u202e\n\t") == "a\\x1b[2Jb\\u202e\n\t"
    assert spelled("a\n\tb", kept="") == "a\\n\\tb"
    assert spelled("\ud800\x9b") == "\\ud800\\x9b"


@pytest.mark.parametrize("text", ["ぶどう", "weiß", "שלום", "👩 a\u0301", "x = 1\n\ty"])
def test_letters_stay(text):
    """Of every script, also of those from right to left."""
    assert spelled(text) == text


def test_an_error_spells_out_what_it_quotes(capsys):
    """Git's words, the name of a file, a value of a record."""
    LakeproofError(f"'{STEERING}' is none.\nAnother line.").show()
    said = capsys.readouterr().err
    assert "\\x1b[2J" in said
    assert not set(said) & set(CHARACTERS)
    assert "none.\nAnother" in said


def test_a_remark_spells_out_what_it_says(capsys):
    """Progress of a re-run too: lines of the recorded code."""
    remark(f"20:00 INFO {STEERING}")
    assert not set(capsys.readouterr().err) & set(CHARACTERS)


def test_json_says_the_same_and_steers_nothing():
    """Escaped as JSON escapes, so that a reader gets the very value."""
    text = to_json({"a": STEERING, "ü": "é", "b": "\ufeff\U000e0001"})
    assert not set(text) & set(CHARACTERS)
    assert "é" in text
    assert json.loads(text) == {"schema": 1, "a": STEERING, "ü": "é", "b": "\ufeff\U000e0001"}
    assert text.replace("\n", "").isprintable()
    assert to_json({"a": "\x7f"}) == '{\n  "schema": 1,\n  "a": "\\u007f"\n}\n'


def test_our_own_colours_stay_and_others_are_spelled_out():
    """Headings are bold and verdicts coloured, by us alone."""
    ours = click.style("REPEATED", bold=True, fg="green")
    assert (
        spelled_around_colours(f"{ours} a\x1b[8mhidden\x1b[5m") == f"{ours} a\\x1b[8mhidden\\x1b[5m"
    )


@pytest.mark.parametrize("name", ["a", "params:x", "ぶどう 一", "a\u200db", "a\u00a0b"])
def test_names_may_hold_what_shows_nothing_but_steers_nothing(name):
    """Joiners and blanks of other scripts."""
    assert not steers(name)


@pytest.mark.parametrize("character", CHARACTERS)
def test_names_hold_nothing_that_steers(character):
    """Each of them alone."""
    assert steers(f"a{character}b")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("samples", "kedro history samples"),
        ("a b; rm -rf x", "kedro history 'a b; rm -rf x'"),
        ("$(x)`y`", "kedro history '$(x)`y`'"),
        ("it's", "kedro history 'it'\"'\"'s'"),
        ("--json", "kedro history -- --json"),
    ],
)
def test_a_command_that_we_advise_gives_a_name_as_it_is(value, told):
    """To a shell it is one word, and to the command no option."""
    assert typed("kedro history", value) == told
    assert shlex.split(told)[-1] == value


@pytest.mark.parametrize(
    ("most", "told"), [(1, "a and 2 more"), (2, "a, b and 1 more"), (3, "a, b, c"), (9, "a, b, c")]
)
def test_of_many_names_the_first_few_and_how_many_more(most, told):
    assert first_of(["a", "b", "c"], most) == told
    assert first_of([], most) == ""
