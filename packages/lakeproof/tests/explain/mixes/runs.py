"""A small run with a model, as a record, and others like it."""

from dataclasses import replace

from lakeproof.record.facts import FileFacts, InputFacts, OutputFacts

from ...reproduce.builders import (
    RERUN,
    a_node,
    a_record,
    a_table_read,
    a_table_written,
    crossing,
    sha,
)


def a_run(**changes):
    """A run whose model is asked about other rows of the table that it learnt from."""
    features, params = crossing("features"), crossing("params:train", "value", "model2")
    train, test = crossing("train_rows", "frame"), crossing("test_rows", "frame")
    model = crossing("model", "model", "model2")
    nodes = (
        a_node("build", [crossing("samples")], [features]),
        a_node("select_train", [features], [train]),
        a_node("select_test", [features], [test]),
        a_node("fit", [train, params], [model]),
        a_node("predict", [model, test, crossing("params:report", "value")], [crossing("scores")]),
    )
    inputs = InputFacts(tables=(a_table_read(), a_table_read("features", is_own=True)))
    files = (FileFacts("model", "data/model.skops", sha("model"), 9),)
    outputs = OutputFacts(
        tables=(a_table_written(node="build"), a_table_written("scores", node="predict")),
        files=files,
    )
    return replace(a_record(), nodes=nodes, inputs=inputs, outputs=outputs, **changes)


def another(record, **changes):
    return replace(record, run=replace(record.run, run_id=RERUN), **changes)


def with_parameters(record, values):
    return another(record, parameters=replace(record.parameters, values=values))
