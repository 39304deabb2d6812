"""The record of a re-run as the user's store gets it."""

from dataclasses import replace
from pathlib import Path

from lakeproof.record.documents.document import from_bytes, to_bytes
from lakeproof.record.facts import SCHEMA
from lakeproof.reproduce.store_rerun import as_run

from .builders import a_record, a_rerun


def with_places(record, place):
    """Give a record in which all places begin otherwise."""

    def led(facts, field):
        return tuple(replace(one, **{field: f"{place}/x"}) for one in facts)

    return replace(
        record,
        run=replace(record.run, options={"conf_source": f"{place}/conf"}),
        configuration=replace(record.configuration, source=f"{place}/conf"),
        inputs=replace(
            record.inputs,
            files=led(record.inputs.files, "path"),
            tables=led(record.inputs.tables, "uri"),
        ),
        outputs=replace(
            record.outputs,
            files=led(record.outputs.files, "path"),
            tables=led(record.outputs.tables, "uri"),
        ),
    )


def test_places_of_older_code_lead_straight_to_where_they_led():
    """What was recorded with `..` is repeated by code that writes it so, and then kept by ours."""
    for place, straight in (("data/../data", "data"), ("../beside", "/home/beside")):
        recorded = with_places(a_record(), place)
        rerun = with_places(a_rerun(a_record()), place)
        kept = as_run(replace(rerun, schema=SCHEMA), "b" * 32, recorded, Path("/home/project"))
        assert from_bytes(to_bytes(kept), "It") == kept
        found = kept.inputs, kept.outputs
        places = [file.path for side in found for file in side.files]
        places += [table.uri for side in found for table in side.tables]
        assert set(places) == {f"{straight}/x"}
        assert kept.configuration.source == kept.run.options["conf_source"] == f"{straight}/conf"
