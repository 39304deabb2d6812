"""`kedro compare`: what differs between two recorded runs."""

from dataclasses import dataclass, field, replace

import pytest

from lakeproof.commands import compare
from lakeproof.record.documents.document import RecordError
from lakeproof.record.facts import Record

from ..reproduce.builders import (
    RERUN,
    RUN,
    a_content,
    a_metric,
    a_record,
    a_rerun,
    digest,
    with_content,
)


@dataclass(frozen=True)
class Shelf:
    """Records in memory, found as the store finds them."""

    records: dict[str, Record]
    edited: dict[str, float] = field(default_factory=dict)

    def resolve(self, run: str) -> str:
        """Turn a prefix into an id."""
        found = [run_id for run_id in self.records if run_id.startswith(run)]
        if not found:
            raise RecordError(f"There is no run {run} in this project. List them: kedro runs")
        return found[0]

    def record(self, run_id: str) -> Record:
        """Give a record."""
        return self.records[run_id]

    def metrics(self, run_id: str) -> dict[str, float]:
        """Give what the store says: of one metric another value."""
        found = self.records[run_id].metrics
        return {name: metric.number for name, metric in found.items()} | self.edited


def gather(tmp_path, actual, expected=None):
    shelf = Shelf({RUN: expected or a_record(), RERUN: actual})
    return compare.gather(shelf, tmp_path, RUN[:8], RERUN[:8])


def test_a_metric_that_the_store_has_otherwise_is_said_of_its_run(tmp_path):
    """It decides nothing: the record counts."""
    shelf = Shelf({RUN: a_record(), RERUN: a_rerun()}, {"accuracy": 0.5})
    found = compare.gather(shelf, tmp_path, RUN[:8], RERUN[:8])
    assert found.comparison.verdict == "SAME"
    assert [note.partition(":")[0] for note in found.comparison.notes] == [
        f"Run {RUN[:8]}",
        f"Run {RERUN[:8]}",
    ]
    assert "another value of the metric 'accuracy', 0.5;" in compare.render(found)


@pytest.fixture
def changed():
    """Another run: parameter, code, configuration, model and metric are others."""
    record = a_record()
    actual = with_content(a_rerun(), "model", "other")
    return replace(
        actual,
        run=replace(actual.run, reproduces=None),
        parameters=replace(record.parameters, values={**record.parameters.values, "seed": 2}),
        code=replace(record.code, tree=digest("other", "sha256"), commit="f" * 40),
        configuration=replace(
            record.configuration, files=(a_content("base/catalog.yml", "samples: 2\n"),)
        ),
        metrics={"accuracy": a_metric(0.875)},
    )


def test_equal_runs_are_the_same(tmp_path):
    """Exit code 0."""
    found = gather(tmp_path, a_rerun())
    assert compare.document(found)["verdict"] == "SAME"
    assert compare.exit_code(found) == 0
    assert "No factor is known to differ." in compare.render(found)


def test_what_differs_is_named_in_json(tmp_path, changed):
    """Exit code 1; the lines are those of the factors."""
    found = gather(tmp_path, changed)
    document = compare.document(found)
    assert (document["verdict"], compare.exit_code(found)) == ("DIFFERENT", 1)
    factors = {one["factor"]: one for one in document["factors"]}
    assert list(factors) == ["parameter:seed", "code", "configuration:base/catalog.yml"]
    assert "no git repository here" in factors["code"]["lines"]
    assert factors["configuration:base/catalog.yml"]["lines"] == [
        "base/catalog.yml:1  - samples: 1",
        "base/catalog.yml:1  + samples: 2",
    ]


def test_people_read_what_went_in_before_what_came_out(tmp_path, changed):
    """Factors, lines, artifacts, then metrics with the difference."""
    text = compare.render(gather(tmp_path, changed))
    places = [
        text.index(part)
        for part in (
            "DIFFERENT (3f9c2a7b and 77aa2a7b)",
            "parameter:seed",
            "There is no git repository here",
            "base/catalog.yml:1  + samples: 2",
            "At node 'fit'",
            "artifact ",
            "metric ",
        )
    ]
    assert places == sorted(places)
    line = text.splitlines()[-1].split()
    assert line == ["accuracy", "differs", "0.75", "0.875", "+0.125"]


def test_what_proves_nothing_is_trouble(tmp_path):
    """Exit code 2."""
    record = a_record(
        nodes=(), models=(), metrics={}, outputs=replace(a_record().outputs, tables=())
    )
    record = replace(record, outputs=replace(record.outputs, files=()))
    found = gather(tmp_path, a_rerun(record), record)
    assert (found.comparison.verdict, compare.exit_code(found)) == ("INCONCLUSIVE", 2)


def test_an_unknown_run_is_trouble(tmp_path):
    """It is told before any record is read."""
    with pytest.raises(RecordError, match="There is no run ffff"):
        compare.gather(Shelf({RUN: None}), tmp_path, RUN[:8], "ffff")
