"""A sample of what `benchmarks/verdicts.py` counts: nothing is false either way."""

import random
from typing import Any

import pytest
from verdict import records, values
from verdict.facts import Trial

from .builders import a_record, a_rerun

CHANCE = random.Random(20)


def sample(trials: list[Trial]) -> list[Any]:
    """Take twenty, the same each time."""
    return [pytest.param(one, id=one.what) for one in CHANCE.sample(trials, 20)]


@pytest.mark.parametrize("trial", sample(list(values.mutations())))
def test_a_value_that_was_changed_has_another_digest(trial):
    """In whichever place."""
    assert trial.verdict == "differs"


@pytest.mark.parametrize("trial", sample(list(values.repeats(2))))
def test_a_value_that_was_made_again_has_the_same(trial):
    """However it was copied."""
    assert trial.verdict == "same", trial.said


@pytest.mark.parametrize("trial", sample(list(records.mutations(a_record(), a_rerun()))))
def test_a_fact_that_was_changed_is_no_pass_or_a_factor(trial):
    """And the cause is named."""
    assert not trial.is_false_pass
    assert trial.is_named, trial.said
