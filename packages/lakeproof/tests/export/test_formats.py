"""What others are given: the same file for the same record, and nothing that it does not say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.cli.others import FORMATS as OFFERED
from lakeproof.export import FORMATS
from lakeproof.record.facts import InputFacts

from ..reproduce.builders import a_record, a_table_read
from .written import real, small

GOLDEN = Path(__file__).with_name("golden")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_record_is_the_same_file_for_ever(kind):
    """Whoever keeps such a file can make it again; see `written` where it is meant to change."""
    record, seal = small()
    assert FORMATS[kind](record, seal) == (GOLDEN / f"small.{kind}").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_real_record_says_what_it_says(kind):
    """The digests of its tables and its own are there, and no digest that the record lacks."""
    record, seal = real()
    text = FORMATS[kind](record, seal)
    assert seal.removeprefix("sha256:") in text
    for table in record.outputs.tables:
        assert table.digest.partition(":")[2] in text
    assert all(file.sha256 in text for file in record.inputs.files)


def test_every_format_is_offered():
    """The command names them without importing them."""
    assert tuple(FORMATS) == OFFERED


def test_what_the_run_made_is_no_material_of_it():
    """A table that it wrote before it read it is an output alone."""
    record, seal = small()
    statement = json.loads(FORMATS["in-toto"](record, seal))
    of = [
        one.get("name") for one in statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    ]
    assert "data/samples@3" in of
    assert "data/features@1" not in of
    assert "data/features@1" in [one["name"] for one in statement["subject"]]


def test_a_failed_run_is_no_success_anywhere():
    """Its end is a failure to each reader."""
    record = a_record()
    record = replace(record, run=replace(record.run, status="FAILED", error="ValueError: no"))
    seal = "sha256:" + "0" * 64
    events = FORMATS["openlineage"](record, seal).splitlines()
    assert json.loads(events[-1])["eventType"] == "FAIL"
    assert "ValueError: no" in events[-1]
    assert "FailedActionStatus" in FORMATS["ro-crate"](record, seal)


def test_a_table_of_a_store_is_where_its_store_is():
    """OpenLineage tells stores apart by namespace."""
    record = a_record(inputs=InputFacts(tables=(a_table_read(uri="s3://bucket/wine/samples"),)))
    event = json.loads(FORMATS["openlineage"](record, "sha256:" + "0" * 64).splitlines()[0])
    assert [(one["namespace"], one["name"]) for one in event["inputs"]] == [
        ("s3://bucket", "wine/samples")
    ]
