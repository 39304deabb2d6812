"""What another code makes of a recorded run's inputs, and what may be claimed of it."""

from dataclasses import replace

import pytest

from lakeproof.determinism import Recipe, RecipeError, tolerance_in
from lakeproof.record.facts import ParameterFacts
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.comparison.meant.other_code import metric_differences, with_tolerance
from lakeproof.reproduce.other_code_plan import on_inputs_of, unused_parameters

from .builders import a_metric, a_record, a_rerun, with_content, without


def verified(actual, **options):
    return compare(a_record(), actual, is_rerun=True, is_other_code=True, **options)


def other_code(record=None):
    record = record or a_rerun()
    return replace(record, code=replace(record.code, tree="sha256:" + "0" * 64))


def test_the_same_results_of_another_code_are_a_pass_that_names_it():
    """Of a re-run the same would prove nothing."""
    found = verified(other_code())
    assert found.verdict == "REPRODUCED"
    assert [(one.factor, one.is_setup) for one in found.factors] == [("code", True)]
    assert compare(a_record(), other_code(), is_rerun=True).verdict == "INCONCLUSIVE"


def test_what_the_code_no_longer_makes_is_another_result_and_what_is_new_is_none():
    """A metric that is only added changes nothing that was there."""
    assert verified(without(other_code(), "model")).verdict == "DIVERGED"
    more = replace(other_code(), metrics={**a_record().metrics, "recall": a_metric(0.5)})
    found = verified(more)
    assert found.verdict == "REPRODUCED"
    assert [one.counts for one in found.artifacts if one.name == "recall"] == [False]


def test_other_data_are_no_verification():
    """Whatever came out."""
    record = other_code()
    (table, *others) = record.inputs.tables
    tables = (replace(table, digest="rs1:" + "0" * 32), *others)
    found = verified(replace(record, inputs=replace(record.inputs, tables=tables)))
    assert found.verdict == "INCONCLUSIVE"
    assert "is not the one that was recorded" in "\n".join(found.missing)


def nudged(by, **more):
    value = a_record().metrics["accuracy"].value
    record = with_content(other_code(), "model", "other")
    return replace(record, metrics={**record.metrics, "accuracy": a_metric(value + by), **more})


@pytest.mark.parametrize(
    ("by", "tolerance", "verdict"),
    [
        (1e-10, {"accuracy": 1e-9}, "WITHIN TOLERANCE"),
        (1e-8, {"accuracy": 1e-9}, "DIVERGED"),
        (1e-10, {}, "DIVERGED"),
        (1e-10, {"recall": 1.0}, "DIVERGED"),
        (float("nan"), {"accuracy": 1e-9}, "DIVERGED"),
    ],
)
def test_a_tolerance_counts_where_it_was_declared_and_by_its_own_word(by, tolerance, verdict):
    """Every metric that differs has one, and the difference is within it."""
    found = verified(nudged(by))
    assert found.verdict == "DIVERGED"
    assert with_tolerance(found, metric_differences(found, tolerance)).verdict == verdict


def test_no_tolerance_covers_what_is_gone():
    """Nor a verdict that is none."""
    gone = verified(without(nudged(1e-10), "model"))
    metrics = metric_differences(gone, {"accuracy": 1e-9})
    assert with_tolerance(gone, metrics).verdict == "DIVERGED"
    unsure = replace(gone, verdict="INCONCLUSIVE")
    assert with_tolerance(unsure, metrics).verdict == "INCONCLUSIVE"


def test_the_runs_parameters_count_and_the_codes_own_are_added():
    """One that the code no longer has is gone, unless the run was given it."""
    recorded = ParameterFacts(
        {"train": {"seed": 7, "old": 1, "given": True}},
        {"train.seed": "base/parameters.yml", "train.old": "x", "train.given": "--params"},
    )
    record = replace(a_record(), parameters=recorded)
    today = {"train": {"seed": 8, "new": 0.5}}
    mixed = on_inputs_of(record, record.code, record.configuration, today)
    assert mixed.parameters.values == {"train": {"seed": 7, "new": 0.5, "given": True}}
    (told,) = unused_parameters(today, mixed.parameters)
    assert "'train.seed' (8); the run's, 7, was used" in told


@pytest.mark.parametrize("tolerance", [{"rmse": -1}, {"rmse": True}, {"rmse": "1"}, 0.5])
def test_a_tolerance_that_is_none_is_refused(tolerance):
    """In words."""
    with pytest.raises(RecipeError, match="such as rmse = 1e-9"):
        Recipe.read({"tolerance": tolerance})


def test_a_tolerance_is_read_from_the_table():
    """Whole numbers too."""
    assert tolerance_in({"threads": 1, "tolerance": {"rmse": 1}}) == {"rmse": 1.0}
