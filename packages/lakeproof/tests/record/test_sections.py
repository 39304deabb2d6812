"""Sections that records have in common are read once, and nothing gets in by it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.record.documents import parsing, sections
from lakeproof.record.documents.document import RecordError, from_bytes, to_bytes
from lakeproof.record.documents.spelled_values import may_spell
from lakeproof.record.facts import BundleFacts, Record

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


def with_bundle(record: Record, run_id: str) -> Record:
    """The record of another run of the same code, whose bundle is its own."""
    place = f"runs:/{run_id}/lakeproof/code.bundle"
    bundle = BundleFacts(place, "1" * 40, "2" * 40, 3)
    snapshot = replace(record.code.snapshot, bundle=bundle)
    run = replace(record.run, run_id=run_id)
    return replace(record, run=run, code=replace(record.code, snapshot=snapshot))


def test_the_code_of_two_records_is_read_once_and_each_has_its_own_bundle(record):
    """Its place holds the id of the run, and nothing else of the code does."""
    one, other = (with_bundle(record, digit * 32) for digit in "ab")
    first, second = (from_bytes(to_bytes(each), NAME) for each in (one, other))
    assert (first, second) == (one, other)
    assert second.code.files is first.code.files


@pytest.mark.parametrize(
    "forge",
    [
        # Another place than a run's own, none, a byte that is no JSON, and the place elsewhere.
        lambda code, place: code.replace(place, b'"artifact": "runs:/../../code.bundle"'),
        lambda code, place: code.replace(place, b""),
        lambda code, place: code.replace(place, b"\0"),
        lambda code, place: code.replace(place + b",", b"", 1).replace(
            b"{", b"{" + place + b",", 1
        ),
        lambda code, place: code.replace(place, b"\0", 1) + place,
        lambda code, place: code.replace(place, b"") + place,
    ],
)
def test_a_place_that_is_no_bundles_is_refused_though_the_code_is_known(record, forge):
    """Only where it stood may the place be another."""
    content = to_bytes(with_bundle(record, "a" * 32))
    place = b'"artifact": "runs:/' + b"a" * 32 + b'/lakeproof/code.bundle"'
    (code,) = (one for one in content[4:-3].split(b',\n "') if one.startswith(b'code"'))
    assert place in code
    forged = content.replace(code, forge(code, place))
    assert forged != content
    from_bytes(content, NAME)
    with pytest.raises(RecordError):
        from_bytes(forged, NAME)


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
        # What one reader would read so, and another otherwise; and what has a default.
        (b'"duration_s": ', b'"duration_s": 0.5, "duration_s": '),
        (b'\n "metrics": {', b'\n "metrics": {"a": {"value": NaN, "bits": "' + b"0" * 16 + b'"},'),
        (b'"values": {', b'"values": {"a": 1e999,'),
        (b'"values": {', b'"values": {"a": {"b": 1, "b": 1},'),
        (b'"values": {', b'"values": {"a": ' + b"[" * 101 + b"]" * 101 + b","),
        (b'"values": {', b'"values": {"a": {"$float": "one"},'),
        (b'"clocks"', b'"clock"'),
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


@pytest.mark.parametrize("sign", [b"$", rb"\u0024"])
def test_a_value_that_json_lacks_is_read_however_its_sign_is_written(record, sign):
    """Where a document has no such sign, nothing of it is gone through for one."""
    assert may_spell(b'{"' + sign + b'float": "-inf"}')
    assert not may_spell(b'{"float": "-inf"}')
    value = b'"values": {"a": {"' + sign + b'float": "-inf"},'
    found = from_bytes(to_bytes(record).replace(b'"values": {', value, 1), NAME)
    assert found.parameters.values == {"a": float("-inf"), **record.parameters.values}


def test_a_known_section_inside_of_another_is_none_of_the_record(record):
    """Cut out of where it stands, it would be taken for what the record lacks."""
    content = to_bytes(record)
    from_bytes(content, NAME)
    members = content[4:-3].split(b',\n "')
    (environment,) = (one for one in members if one.startswith(b'environment"'))
    (parameters,) = (one for one in members if one.startswith(b'parameters"'))
    assert (environment, False) in sections._known
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


def test_a_document_of_other_than_a_record_s_members_is_not_parsed_member_by_member(monkeypatch):
    """Half a million of them would each be begun by itself, to be refused in the end."""
    monkeypatch.setattr(sections, "keys_of_each", None)
    assert sections.read_in_parts(b'{\n "' + b',\n "'.join([b'a": 1'] * 99) + b"\n}\n") is None


def test_texts_without_end_are_refused_before_each_is_a_piece_of_memory(monkeypatch):
    """Nothing parts them, so that no comma and no bracket tells how many there are."""
    monkeypatch.setattr(parsing, "MOST_VALUES", 3)
    assert parsing.parse(b'{"a":"b","c":"d","e":"f"}') == {"a": "b", "c": "d", "e": "f"}
    with pytest.raises(parsing.ParsingError, match="more than 3 values"):
        parsing.parse(b'["ab"' + b'"ab"' * 7 + b"]")


@pytest.mark.parametrize("content", [b"]", b"[]}", b'{"a": [1]]]}'])
def test_what_closes_more_than_it_opens_is_not_gone_through(content):
    """Brackets that close are none of the values that are counted: there may be 192 MB of them."""
    with pytest.raises(ValueError, match="closes more than it opens"):
        parsing.parse(content)
