"""How far a difference went: what reached nothing is told apart, and other test rows are said."""

from dataclasses import replace

from lakeproof.commands.compare import Compared, render
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.comparison.factors import factors

from .builders import (
    a_metric,
    a_node,
    a_record,
    a_table_read,
    a_table_written,
    crossing,
    digest,
    with_content,
)

HEADING = "changed, but did not reach what differs"


def other(record=None, *, parameters=None, tables=None, **contents):
    """A record in which datasets of these names hold another content, from the node on."""
    record = record or a_record(metrics={"accuracy": a_metric(0.5)})
    for dataset, content in contents.items():
        record = with_content(record, dataset, content)
    if parameters is not None:
        record = replace(record, parameters=replace(record.parameters, values=parameters))
    return record


def reach(actual, expected=None):
    found = compare(expected or a_record(), actual, is_rerun=False)
    return {one.factor: one.reached for one in found.factors}


def test_what_every_node_that_reads_it_has_absorbed_did_not_reach_what_differs():
    """The table is another one, the features of it are the same: the model is not its doing."""
    actual = other(samples="another", model="another", parameters={"train": {"rate": 0.7}})
    found = reach(actual)
    assert found.pop("data:samples") is False
    # `params:train` is read by `select`, whose rows are the same.
    assert found == {
        "parameter:train.trees": False,
        "parameter:train.rate": False,
        "parameter:seed": True,
    }


def test_what_a_node_has_passed_on_reached_what_differs():
    """And so may have what enters by nobody knows where: code, packages, a parameter unread."""
    actual = other(samples="another", features="another", parameters={"seed": 2})
    actual = replace(actual, code=replace(actual.code, tree=digest("other", "sha256")))
    assert reach(actual)["data:samples"] is True
    assert reach(actual)["parameter:seed"] is True
    assert reach(actual)["code"] is True


def test_what_has_no_digest_may_have_been_another():
    """Only what is known to be the same has absorbed anything."""
    expected = with_content(a_record(), "features", None)
    assert reach(other(expected, samples="another"), expected)["data:samples"] is True


def test_people_read_it_apart_and_only_where_something_differs():
    """A factor that did nothing does not stand among those that may have."""
    actual = other(samples="another", model="another")
    text = render(Compared(compare(a_record(), actual, is_rerun=False), None, ()))
    assert "data:samples" in text.partition(HEADING)[2]
    assert "data:samples" not in text.partition(HEADING)[0]
    same = compare(a_record(), other(a_record(), samples="another"), is_rerun=False)
    assert same.verdict == "SAME"
    text = render(Compared(same, None, ()))
    assert HEADING not in text
    assert "data:samples" in text


def test_metrics_of_other_rows_are_said_to_be():
    """Beside them: which of the two it was, model or rows, the numbers cannot tell."""
    nodes = (
        a_node(
            "predict",
            [crossing("model", "model", "model2"), crossing("rows", "frame", "frame2")],
            [crossing("predictions")],
        ),
    )
    outputs = replace(a_record().outputs, tables=(a_table_written("predictions", rows=46),))
    expected = a_record(nodes=nodes, outputs=outputs)
    fewer = replace(outputs, tables=(a_table_written("predictions", rows=31),))
    actual = with_content(replace(expected, outputs=fewer), "rows", "another")
    actual = replace(actual, metrics={"accuracy": a_metric(0.5)})
    found = compare(expected, actual, is_rerun=False)
    (said,) = found.measured
    assert "'rows', which node 'predict' asked the model about, differs (46 and 31 rows)" in said
    text = render(Compared(found, None, ()))
    assert text.index("accuracy") < text.index(said)
    assert compare(expected, replace(expected, metrics=actual.metrics), False).measured == ()


def built(version: int, found: int | None):
    """A run that takes a delivery into a table and reads the version that came of it."""
    record = a_record()
    start = {"started_at": found, "started_digest": found is not None and digest(f"v{found}")}
    written = a_table_written(
        "samples",
        mode="merge",
        version=version,
        digest=digest(f"v{version}"),
        **({"started_at": None} if found is None else start),
    )
    read = a_table_read(is_own=True, version=version, digest=digest(f"v{version}"))
    return replace(
        record,
        inputs=replace(record.inputs, tables=(read,)),
        outputs=replace(record.outputs, tables=(written,)),
    )


def test_of_a_table_that_a_run_builds_upon_what_it_read_is_shown():
    """From nothing to version 0, then upon that to version 1: the nodes had 0 and 1."""
    (factor,) = factors(built(0, None), built(1, 0))
    assert factor.factor == "data:samples"
    assert (factor.expected["version"], factor.actual["version"]) == (0, 1)
