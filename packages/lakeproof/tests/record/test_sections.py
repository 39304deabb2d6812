"""Sections that records have in common are read once, and nothing gets in by it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.record.documents import sections
from lakeproof.record.documents.document import RecordError, from_bytes, to_bytes
from lakeproof.record.facts import Record

NAME = "The record of run 13b431cd"


@pytest.fixture(scope="module")
def record() -> Record:
    """A record as this version writes it."""
    return from_bytes(Path(__file__).with_name("schema-4.json").read_bytes(), NAME)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    """No section was read before."""
    monkeypatch.setattr(sections, "_known", {})


def test_the_environment_of_two_records_is_one(record):
    """A list of a thousand runs holds it once, and reads it once."""
    first = from_bytes(to_bytes(record), NAME)
    other = replace(record, run=replace(record.run, run_id="0" * 32))
    second = from_bytes(to_bytes(other), NAME)
    assert (first, second) == (record, other)
    assert second.environment is first.environment
    assert second.parameters.values is not first.parameters.values


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"implementation": "CPython"', b'"implementation": "../sh"'),
        (b'"python": "3', b'"python": "-3'),
        (b'"is_watched": ', b'"is_watched": 1, "x": '),
        (b'\n "environment": {', b'\n "environment": {\n  "extra": 1,'),
        (b'"started_at": "2', b'"started_at": "x'),
        (b'\n "problems": [', b'\n "problems": [1, '),
        (b'\n "schema": ', b'\n "schema": 1'),
        (b'{\n "schema"', b'{\n "metrics": {},\n "schema"'),
        (b'\n "environment": {', b'\n "environmen": {'),
    ],
)
def test_what_is_wrong_is_said_as_ever_after_the_same_was_right(record, old, new):
    """The next record may be anybody's, though all its other sections are known."""
    content = to_bytes(record)
    wrong = content.replace(old, new, 1)
    assert wrong != content
    with pytest.raises(RecordError) as at_first:
        from_bytes(wrong, NAME)
    from_bytes(content, NAME)
    with pytest.raises(RecordError) as afterwards:
        from_bytes(wrong, NAME)
    assert str(afterwards.value) == str(at_first.value)


def test_a_known_section_inside_of_another_is_none_of_the_record(record):
    """Cut out of where it stands, it would be taken for what the record lacks."""
    content = to_bytes(record)
    from_bytes(content, NAME)
    members = content[4:-3].split(b',\n "')
    (environment,) = (one for one in members if one.startswith(b'environment"'))
    (parameters,) = (one for one in members if one.startswith(b'parameters"'))
    assert environment in sections._known
    others = [one for one in members if not one.startswith((b'environment"', b'problems"'))]
    inside = b'"values": {\n "x": 1,\n "' + environment + b',\n "problems": 1,'
    forged = parameters.replace(b'"values": {', inside) + b', "problems": []'
    others[others.index(parameters)] = forged
    document = b'{\n "' + b',\n "'.join(others) + b"\n}\n"
    assert json.loads(document).keys() == json.loads(content).keys() - {"environment"}
    with pytest.raises(RecordError, match="environment: Field required"):
        from_bytes(document, NAME)


def test_a_section_that_two_texts_could_be_is_kept_for_neither(record):
    """Another layout of the same facts is read as a whole, and nothing of it is kept."""
    from_bytes(json.dumps(json.loads(to_bytes(record))).encode(), NAME)
    assert not sections._known
