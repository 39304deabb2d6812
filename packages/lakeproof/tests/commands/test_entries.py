"""A pin in a catalog's text: its line changes, and no other byte."""

import pytest

from lakeproof.commands.catalog_edits.entries import copy_entry, read_entries, with_pin
from lakeproof.commands.command_errors import CatalogError

# Each: what is there, and what it is with version 3 pinned. Taking the pin away gives it back.
ABSENT = {
    "block": (
        "a: 1\ns:\n  type: T # why\n  filepath: x\n  # how\n  save_args: {m: 1}\n\n# end\nb: 2\n",
        "a: 1\ns:\n  type: T # why\n  filepath: x\n  load_args: {version: 3}\n  # how\n"
        "  save_args: {m: 1}\n\n# end\nb: 2\n",
    ),
    "flow on one line": (
        "s: {type: T, filepath: x, save_args: {m: 1}} # c\n",
        "s: {type: T, filepath: x, load_args: {version: 3}, save_args: {m: 1}} # c\n",
    ),
    "carriage returns": (
        "s:\r\n  type: T\r\n  filepath: x # é\r\nb: 1\r\n",
        "s:\r\n  type: T\r\n  filepath: x # é\r\n  load_args: {version: 3}\r\nb: 1\r\n",
    ),
    "no line end": (
        "s:\n  type: T\n  filepath: x",
        "s:\n  type: T\n  filepath: x\n  load_args: {version: 3}",
    ),
    "no line end, carriage returns": (
        "s:\r\n  type: T\r\n  key: x",
        "s:\r\n  type: T\r\n  key: x\r\n  load_args: {version: 3}",
    ),
    "merged": (
        "_d: &d\n  type: T\n\ns:\n    <<: *d\n    filepath: x\n",
        "_d: &d\n  type: T\n\ns:\n    <<: *d\n    filepath: x\n    load_args: {version: 3}\n",
    ),
    "merged and nothing else": (
        "_d: &d {type: T}\ns:\n  <<: *d\nb: {<<: *d}\n",
        "_d: &d {type: T}\ns:\n  <<: *d\n  load_args: {version: 3}\nb: {<<: *d}\n",
    ),
    "a key that is a list": (
        "s:\n  type: T\n  key:\n  - a\n  # one more\n  - b  # b\n\n  save_args:\n",
        "s:\n  type: T\n  key:\n  - a\n  # one more\n  - b  # b\n  load_args: {version: 3}\n\n"
        "  save_args:\n",
    ),
    "a block scalar": (
        "s:\n  type: T\n  filepath: >-\n    x\n\n  # c\n  metadata: {}\n",
        "s:\n  type: T\n  filepath: >-\n    x\n  load_args: {version: 3}\n\n  # c\n"
        "  metadata: {}\n",
    ),
    "interpolations and quotes": (
        "s:\n  'type': \"T\"\n  filepath: ${globals:x, ${y}}\n",
        "s:\n  'type': \"T\"\n  filepath: ${globals:x, ${y}}\n  load_args: {version: 3}\n",
    ),
    "JSON": (
        '{"a": {"type": "T"}, "s": {"type": "T", "filepath": "x"}}\n',
        '{"a": {"type": "T"}, "s": {"type": "T", "filepath": "x", "load_args": {"version": 3}}}\n',
    ),
}


@pytest.mark.parametrize(("text", "pinned"), ABSENT.values(), ids=ABSENT)
def test_a_pin_is_one_insertion_and_taking_it_away_gives_the_text_back(text, pinned):
    """Whatever the style, to the byte."""
    assert with_pin(text, "s", 3) == pinned
    assert with_pin(pinned, "s", None) == text
    assert with_pin(pinned, "s", 4) == pinned.replace("3", "4")


# What is there, with version 3, and without a pin.
PRESENT = {
    "version in flow": (
        "s: {type: T, load_args: {version: 0}, b: 1}\n",
        "s: {type: T, load_args: {version: 3}, b: 1}\n",
        "s: {type: T, b: 1}\n",
    ),
    "version in flow, first": (
        "s: {load_args: {version: 0}, type: T}\n",
        "s: {load_args: {version: 3}, type: T}\n",
        "s: {type: T}\n",
    ),
    "version in a block with comments": (
        "s:\n  type: T\n  load_args:  # audit\n    # the one\n    version: 0  # zero\n  b: 1\n",
        "s:\n  type: T\n  load_args:  # audit\n    # the one\n    version: 3  # zero\n  b: 1\n",
        "s:\n  type: T\n  b: 1\n",
    ),
    "a quoted version": (
        "s:\n  type: T\n  load_args: {'version': \"0\"}\n",
        "s:\n  type: T\n  load_args: {'version': 3}\n",
        "s:\n  type: T\n",
    ),
    "an interpolated version": (
        "s:\n  type: T\n  load_args:\n    version: ${globals:v}\n",
        "s:\n  type: T\n  load_args:\n    version: 3\n",
        "s:\n  type: T\n",
    ),
    "timestamp in flow": (
        's:\n  type: T\n  load_args: {timestamp: "2026-01-31T00:00:00Z"} # then\n',
        "s:\n  type: T\n  load_args: {version: 3} # then\n",
        "s:\n  type: T\n",
    ),
    "timestamp in a block": (
        "s:\n  load_args:\n    timestamp: 2026-01-31T00:00:00Z\n  type: T\n",
        "s:\n  load_args:\n    version: 3\n  type: T\n",
        "s:\n  type: T\n",
    ),
    "timestamp with comments": (
        "s:\n  load_args:  # a\n    # b\n    timestamp: 2026-01-31  # c\n    # d\n  # e\n  t: T\n",
        "s:\n  load_args:  # a\n    # b\n    version: 3  # c\n    # d\n  # e\n  t: T\n",
        "s:\n    # d\n  # e\n  t: T\n",
    ),
    "both": (
        "s:\n  type: T\n  load_args:\n    version: 1\n    timestamp: 2026-01-31\n",
        "s:\n  type: T\n  load_args:\n    version: 3\n",
        "s:\n  type: T\n",
    ),
    "empty braces": (
        "s:\n  type: T\n  load_args: {}\n",
        "s:\n  type: T\n  load_args: {version: 3}\n",
        "s:\n  type: T\n",
    ),
    "nothing behind the colon": (
        "s:\n  type: T\n  load_args:  # none yet\n  b: 1\n",
        "s:\n  type: T\n  load_args: {version: 3}  # none yet\n  b: 1\n",
        "s:\n  type: T\n  b: 1\n",
    ),
    "null": (
        "s: {type: T, load_args: ~}\n",
        "s: {type: T, load_args: {version: 3}}\n",
        "s: {type: T}\n",
    ),
    "something else in flow": (
        "s: {type: T, load_args: {other: 1, version: 0}}\n",
        "s: {type: T, load_args: {other: 1, version: 3}}\n",
        "s: {type: T, load_args: {other: 1}}\n",
    ),
    "something else in a block": (
        "s:\n  type: T\n  load_args:\n    other: 1\n",
        "s:\n  type: T\n  load_args:\n    other: 1\n    version: 3\n",
        None,
    ),
    "merged load_args": (
        "_d: &d {load_args: {version: 1}}\ns:\n  type: T\n  <<: *d\nb: {<<: *d}\n",
        "_d: &d {load_args: {version: 1}}\ns:\n  type: T\n  <<: *d\n  load_args: {version: 3}\n"
        "b: {<<: *d}\n",
        "_d: &d {load_args: {version: 1}}\ns:\n  type: T\n  <<: *d\n  load_args: {}\nb: {<<: *d}\n",
    ),
    "an alias as load_args": (
        "_p: &p {version: 1}\ns:\n  type: T\n  load_args: *p\nb: {load_args: *p}\n",
        "_p: &p {version: 1}\ns:\n  type: T\n  load_args: {version: 3}\nb: {load_args: *p}\n",
        "_p: &p {version: 1}\ns:\n  type: T\nb: {load_args: *p}\n",
    ),
}


@pytest.mark.parametrize(("text", "pinned", "unpinned"), PRESENT.values(), ids=PRESENT)
def test_a_pin_that_is_there_is_replaced_or_taken_away(text, pinned, unpinned):
    """A time gives way to a version; what else is there stays."""
    assert with_pin(text, "s", 3) == pinned
    if unpinned is not None:
        assert with_pin(text, "s", None) == unpinned


# Around an entry that is pinned: what no YAML library writes back as it was, or only if told to.
AROUND = {
    "words and numbers": "a: {b: True, c: no, d: 0x1F, e: 1_000, f: 1e3, g: 012}\nb: ~\nc:\n",
    "times": "a: 2026-01-31\nb: 2026-01-31T00:00:00Z\n",
    "long lines": f"a: {'x ' * 200}x\n",
    "a folded text": "a: one\n  two\n\n  three\n",
    "a text in quotes over lines": 'a: "one\n  two"\n',
    "lists not indented": "a:\n- b\n- c: 1\n  d: 2\n",
    "lists indented": "a:\n  - b\n  - c: 1\n    d: 2\n",
    "lists indented by four": "a:\n    - b\n    - c: 1\n      d: 2\n",
    "lists both ways": "a:\n  - b\nb:\n- c\n",
    "comments in columns": "a: 1      # one\nbcd: 23   # two\n",
    "wide gaps": "a:    1\nb: { c: 1,d: 2 }\ne: [ 1,2 ]   \n",
    "a start of the document": "%YAML 1.1\n---\na: 1\n",
    "flow over lines": "a: {\n  b: 1,\n  c: 2\n}\n",
    "mixed line ends": "a: 1\r\nb: 2\nc: 3\r\n",
    "anchors nobody uses": "a: &a\n  b: 1\n",
    "tags": "a: !!str 1\n",
    "literal texts": "a: |\n  one\n   # no comment\n\nb: >-\n  two\n",
}
ENTRY = "s:\n{0}type: T\n{0}# how\n{0}save_args:\n{0}{0}mode: append\n"


@pytest.mark.parametrize("indent", [2, 4])
@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_what_stands_around_an_entry_stays_to_the_byte(around, indent):
    """Also where a round trip would write it in another way."""
    entry = ENTRY.format(" " * indent)
    line = " " * indent + "load_args: {version: 3}" + ("\r\n" if "\r" in around else "\n")
    pinned = around + entry.replace("T\n", f"T\n{line}", 1) + "# end\n"
    assert with_pin(around + entry + "# end\n", "s", 3) == pinned
    assert with_pin(pinned, "s", None) == around + entry + "# end\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("s: {\n  type: T, # t\n  filepath: x,\n}\n", "line 1 ('s: {')"),
        ("a: 1\ns: { type: T }\n", "line 2 ('s: { type: T }')"),
        ('{"s": {\n  "type": "T"\n}}\n', "line 1 ('{\"s\": {')"),
    ],
    ids=["flow on lines", "gaps in braces", "JSON on lines"],
)
def test_a_line_that_would_be_written_in_another_way_is_refused(text, line):
    """Named, and with what to write by hand."""
    with pytest.raises(CatalogError) as caught:
        with_pin(text, "s", 3)
    assert f"{line} would be written in another way. Write version: 3" in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "s: &s {type: T, filepath: x}\nb:\n  <<: *s\n",
        "s:\n  type: T\n  load_args: &p {version: 1}\nb: {load_args: *p}\n",
        "_e: &e {type: T, load_args: {version: 1}}\ns: *e\nb: *e\n",
        "s: ${_template}\n_template: {type: T}\n",
    ],
    ids=[
        "an anchor others merge",
        "load_args others alias",
        "an alias as the entry",
        "an interpolation as the entry",
    ],
)
def test_an_edit_that_would_change_other_entries_is_refused(text):
    """The check of the edited text fires."""
    with pytest.raises(CatalogError, match=r"entry 's'.*by hand"):
        with_pin(text, "s", 3)


def test_a_copy_of_an_entry_with_aliases_has_them_written_out():
    """An anchor is known in its own file alone."""
    source = "_d: &d {type: T}\ns:\n  <<: *d\n  filepath: ${x}/s\n"
    copy = copy_entry(source, "s", "# mine\r\nb: 1", "conf/base/catalog.yml")
    assert read_entries(copy) == {"b": 1, "s": {"type": "T", "filepath": "${x}/s"}}
    assert copy.startswith("# mine\r\nb: 1\r\n\r\n# Copied by")
    assert "\n" not in copy.replace("\r\n", "")


def test_a_file_that_cannot_take_a_copy_refuses_it():
    """Lines behind a document in JSON are no part of it."""
    with pytest.raises(CatalogError):
        copy_entry("s:\n  type: T\n", "s", '{"b": {"type": "T"}}\n', "conf/base/catalog.yml")
