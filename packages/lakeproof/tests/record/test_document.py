"""A record as a document: one of schema 1 is read for ever, and nothing else is guessed at."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakeproof.digest import digest_model
from lakeproof.record.documents.document import (
    RecordError,
    from_bytes,
    to_bytes,
)
from lakeproof.record.documents.migrations import ADDED, EACH, migrate
from lakeproof.record.documents.spelled_values import spelled_back, spelled_out
from lakeproof.record.facts import SCHEMA, Metric, Record

NAME = "The record of run 13b431cd"
# Of a run of the example with an edited and an untracked file and a few odd parameters.
CONTENT = Path(__file__).with_name("schema-1.json").read_bytes()
# Whatever came after it.
NEW = {path: value for added in ADDED.values() for path, value in added.items()}


@pytest.fixture(scope="module")
def record() -> Record:
    """The record that was committed when schema 1 was the newest."""
    return from_bytes(CONTENT, NAME)


def changed(change: Any) -> bytes:
    """The document after a change by hand."""
    document = json.loads(CONTENT)
    change(document)
    return json.dumps(document).encode()


def test_a_record_of_schema_1_is_read_for_ever(record):
    """What it says of the run is there under the names that every later reader uses."""
    assert (record.schema, record.lakeproof) == (SCHEMA, None)
    assert (record.run.run_id[:8], record.run.status) == ("13b431cd", "FINISHED")
    assert record.run.pipelines == ("__default__",)
    assert record.run.options["params"] == {
        "train": {"hyperparameters": {"random_forest": {"n_estimators": 5}}}
    }
    assert len(record.code.commit) == 40
    assert record.code.is_dirty
    assert "+Edited." in record.code.diff.text
    assert [(file.path, file.text) for file in record.code.untracked] == [("scratch.py", "x = 1\n")]
    assert "base/catalog.yml" in [file.path for file in record.configuration.files]
    assert [(file.dataset, file.size > 0) for file in record.inputs.files] == [
        ("deliveries", True),
        ("deliveries", True),
    ]
    assert [(t.dataset, t.version, t.rows) for t in record.outputs.tables] == [
        ("samples", 1, 178),
        ("features", 0, 178),
        ("predictions", 0, 46),
    ]
    assert [node.name for node in record.nodes][:2] == ["ingest_deliveries", "build_features"]
    (model,) = record.models
    assert model.digest.startswith("model1:")
    assert model.predictions.startswith("frame1:")
    assert set(record.metrics) == {"accuracy", "log_loss", "macro_f1"}
    assert "polars" in [one.name for one in record.environment.distributions]
    assert record.compute.engine == "embedded"
    assert record.problems == ()


def test_a_record_is_written_back_to_the_same_bytes(record):
    """To the last one: equal facts are equal bytes."""
    content = to_bytes(record)
    assert to_bytes(from_bytes(content, NAME)) == content


def test_nothing_that_a_record_of_schema_1_says_is_lost_or_changed(record):
    """Today's schema says the same, and of what it adds that nobody looked."""
    old, new = json.loads(CONTENT), json.loads(to_bytes(record))
    assert new.pop("schema") == SCHEMA
    for path, value in NEW.items():
        *way, key = path.split(".")
        for place in places(new, way):
            assert place.pop(key) == value
    old.pop("schema")
    assert new == old


@pytest.mark.parametrize("schema", range(1, SCHEMA + 1))
def test_a_record_of_every_schema_is_read(schema, record):
    """Each has the keys of its own time, and comes out as today's."""
    document = migrate(json.loads(CONTENT), schema)
    later = {path for number in ADDED if number > schema for path in ADDED[number]}
    for path in later:
        *way, key = path.split(".")
        assert not [place for place in places(document, way) if key in place]
    assert from_bytes(json.dumps(document).encode(), NAME) == record


@pytest.mark.parametrize("schema", [2, 3, 4])
def test_a_record_that_was_kept_under_an_older_schema_is_read_for_ever(schema):
    """Of the last version that wrote it, as it wrote it; today's schema says the same and more."""
    kept = Path(__file__).with_name(f"schema-{schema}.json").read_bytes()
    record = from_bytes(kept, NAME)
    assert (record.schema, record.lakeproof) == (SCHEMA, "0.2.0.dev0")
    assert record.code.snapshot is not None
    assert [table.dataset for table in record.outputs.tables][:2] == ["samples", "features"]
    old, new = json.loads(kept), json.loads(to_bytes(record))
    assert (old.pop("schema"), new.pop("schema")) == (schema, SCHEMA)
    later = [pair for number in ADDED if number > schema for pair in ADDED[number].items()]
    for path, value in later:
        *way, key = path.split(".")
        for place in places(new, way):
            assert place.pop(key) == value
    assert new == old


def places(value: Any, way: list[str]) -> list[Any]:
    if not way:
        return [value]
    items = value if way[0] == EACH else [value[way[0]]]
    items = items.values() if isinstance(items, dict) else items
    return [found for item in items for found in places(item, way[1:])]


@pytest.mark.parametrize("path", NEW)
def test_a_key_of_a_later_schema_is_damage(path):
    """The number alone says what is in a record: it was edited, or made by nobody we know."""
    way = path.split(".")

    def add(document: Any) -> None:
        for place in places(document, way[:-1]):
            place[way[-1]] = None

    with pytest.raises(RecordError, match="is damaged") as caught:
        from_bytes(changed(add), NAME)
    assert f"{path}: schema 1 has no such key" in caught.value.message


@pytest.mark.parametrize("path", NEW)
def test_a_key_that_is_not_there_is_damage(path, record):
    """What gatherers may leave out, a record may not."""
    document = json.loads(to_bytes(record))
    *way, key = path.split(".")
    found = places(document, way)
    for place in found:
        del place[key]
    if found:
        with pytest.raises(RecordError, match=f"{key}: Field required"):
            from_bytes(json.dumps(document).encode(), NAME)


def test_what_json_lacks_comes_back_as_it_was(record):
    """NaN, infinities, minus zero, and keys that are numbers."""
    unused = record.parameters.values["unused"]
    nan, infinite, negative, zero = unused["limits"]
    assert math.isnan(nan)
    assert (infinite, negative) == (math.inf, -math.inf)
    assert (zero, math.copysign(1, zero)) == (0.0, -1.0)
    assert [(key, type(key)) for key in unused["by_number"]] == [(1, int), (2.5, float)]
    assert b"NaN" not in CONTENT
    assert b"Infinity" not in CONTENT


def test_a_parameter_that_is_called_as_we_spell_things_stays_what_it_is(record):
    """Nobody knows what people write into YAML."""
    values = {"odd": {"$float": "nan", "x": 1}, "even": {"$float": "nan"}, "both": {"$pairs": []}}
    parameters = replace(record.parameters, values=values)
    content = to_bytes(replace(record, parameters=parameters))
    assert from_bytes(content, NAME).parameters.values == values


def test_a_metric_that_is_no_number_keeps_its_bits(record):
    """JSON has no NaN: the bits are the metric."""
    odd = replace(record, metrics={"loss": Metric(None, "7ff8000000000000")})
    assert from_bytes(to_bytes(odd), NAME).metrics == odd.metrics


@pytest.mark.parametrize(
    ("value", "bits"),
    [
        (0.5, "3fe8000000000000"),  # the bits of 0.75
        (0.0, "8000000000000000"),  # of -0.0
        (None, "3fe8000000000000"),
        (1.7976931348623157e308, "7ff0000000000000"),  # of infinity
        (0.75, "3fe8"),
        (0.75, "3FE8000000000000"),
        (0.75, "no hexadecimal.."),
        (None, "\u0667ff0000000000000"),
    ],
)
def test_a_metric_of_which_value_and_bits_are_two_numbers_is_refused(value, bits, record):
    """Nobody can say which of them was reached."""
    edited = replace(record, metrics={"loss": Metric(value, bits)})
    with pytest.raises(
        RecordError, match=r"'loss'(: .* are not one number|\.bits is .* not a double)"
    ):
        from_bytes(to_bytes(edited), "It")


def test_it_names_no_place_of_the_machine_that_made_it():
    """So that it can be committed, as anybody's can be shown to anybody."""
    for place in (b"/tmp/", b"/home/", b"/Users/", b"/root/", b"/private/"):
        assert place not in CONTENT


def edit_run(key: str, value: Any) -> Any:
    return lambda document: document["run"].update({key: value})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (edit_run("verdict", "REPEATED"), "run.verdict"),
        (edit_run("run_id", 7), "run.run_id"),
        (edit_run("status", "SUCCEEDED"), "run.status"),
        (edit_run("duration_s", "12"), "run.duration_s"),
        (edit_run("pipelines", "__default__"), "run.pipelines"),
        (lambda document: document.update(more={}), "more"),
        (lambda document: document["run"].pop("options"), "run.options"),
        (lambda document: document.pop("code"), "code"),
        (lambda document: document["compute"].update(cores=None), "compute.cores"),
        (lambda document: document["models"].append({}), "models.1"),
        (lambda document: document["metrics"].update(loss=0.5), "metrics.loss"),
    ],
)
def test_a_key_or_type_that_is_not_of_the_schema_is_refused_by_its_place(change, told):
    """More, less, or something else: nothing is filled in and nothing is converted."""
    with pytest.raises(RecordError, match="is damaged") as caught:
        from_bytes(changed(change), NAME)
    assert f"{NAME} is damaged: {told}" in caught.value.message
    assert "Nothing was run." in caught.value.message


@pytest.mark.parametrize("length", [1, 2, 20, 1_000, len(CONTENT) // 2, len(CONTENT) - 3])
def test_a_truncated_document_is_refused(length):
    """Wherever it ends."""
    with pytest.raises(RecordError, match=r"truncated, or something else\. Nothing was run"):
        from_bytes(CONTENT[:length], NAME)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"[]", "is not a record"),
        (b"null", "is not a record"),
        (b"{}", "is not a record"),
        (b"\xff\xfe", "is not a record"),
        (CONTENT[:-2] + b',"schema":1}x', "is not a record"),
        (b'{"schema": 1}', "is damaged"),
        (b'{"schema": "1"}', "has the schema '1', not a number from 1"),
        (b'{"schema": true}', "has the schema True, not a number from 1"),
        (b'{"schema": 0}', "has the schema 0, not a number from 1"),
        (b'{"schema": 99, "anything": "else"}', "by a newer Lakeproof: it has schema 99, and"),
        (b'{"schema": 99, "lakeproof": "7.1.0"}', "by a newer Lakeproof (7.1.0): it has schema"),
    ],
)
def test_what_is_no_record_is_refused_in_a_sentence(content, told):
    """A newer one too, before anything else of it is looked at."""
    with pytest.raises(RecordError, match="Nothing was run") as caught:
        from_bytes(content, NAME)
    assert told in caught.value.message


def deeply(depth: int) -> bytes:
    return changed(
        lambda document: document["parameters"]["values"].update(
            deep=json.loads("[" * depth + "]" * depth)
        )
    )


def test_a_document_nested_beyond_reason_is_refused():
    """Python's own limit is no reason for a traceback."""
    content = deeply(20)
    assert from_bytes(content, NAME).parameters.values["deep"] != []
    bottomless = content.replace(b'"deep": ', b'"deep": ' + b"[" * 100_000, 1)
    with pytest.raises(RecordError, match="Nothing was run"):
        from_bytes(bottomless, NAME)


@pytest.mark.parametrize(
    "value",
    [{"$float": "much"}, {"$float": None}, {"$pairs": [[1]]}, {"$pairs": 7}, {"$pairs": [[[], 1]]}],
)
def test_what_spells_out_no_value_is_refused(value):
    """An escape that was edited by hand is damage like any other."""
    content = changed(lambda document: document["parameters"]["values"].update(odd=value))
    with pytest.raises(RecordError, match="is damaged"):
        from_bytes(content, NAME)


def test_both_kinds_of_nan_come_back_as_they_were(record):
    """YAML's has the sign bit set: a re-run that got the other had another parameter."""
    values = {"yaml": yaml.safe_load(".nan"), "python": math.nan}
    parameters = replace(record.parameters, values=values)
    stored = from_bytes(to_bytes(replace(record, parameters=parameters)), NAME).parameters.values
    told = spelled_back(json.loads(json.dumps(spelled_out(values))))
    for found in (stored, told):
        assert {name: math.copysign(1, value) for name, value in found.items()} == {
            "yaml": -1.0,
            "python": 1.0,
        }
        assert digest_model(found["yaml"]) == digest_model(values["yaml"])
