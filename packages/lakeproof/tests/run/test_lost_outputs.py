"""An output whose entry is misspelt is kept in memory alone: it is said, with the entry meant."""

from kedro.pipeline import node, pipeline

from lakeproof.record.run.ending.lost_outputs import misspelt_outputs


def test_an_entry_that_nothing_uses_and_that_is_called_nearly_so_is_named():
    """Not one that another pipeline uses, and none for rows that belong in memory."""
    run = pipeline(
        [
            node(len, "samples", "metrics", name="score"),
            node(len, "metrics", "training_rows", name="select"),
        ]
    )
    entries = ["samples", "metricss", "training_row", "_shared", "{name}_metrics"]
    used = run.datasets() | {"training_row"}
    (said,) = misspelt_outputs(run, entries, used)
    assert said.startswith("The catalog has no 'metrics', which node 'score' gives")
    assert "Nothing uses the entry 'metricss': is it meant?" in said
    assert list(misspelt_outputs(run, ["metrics", "metricss"], used)) == []
