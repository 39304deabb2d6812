"""A sample of what `benchmarks/verdicts.py` counts: nothing is false either way."""

import random
from collections.abc import Callable, Iterable
from functools import cache

import pytest

from verdict import records, values
from verdict.facts import Trial

from .builders import a_record, a_rerun

SOURCES: dict[str, Callable[[], Iterable[Trial]]] = {
    "values": values.mutations,
    "copies": lambda: values.repeats(2),
    "records": lambda: records.mutations(a_record(), a_rerun()),
}
TWENTY = pytest.mark.parametrize("number", range(20))


@cache
def sample(name: str) -> list[Trial]:
    """Take twenty, the same each time."""
    return random.Random(20).sample(list(SOURCES[name]()), 20)


@TWENTY
def test_a_value_that_was_changed_has_another_digest(number):
    """In whichever place."""
    trial = sample("values")[number]
    assert trial.verdict == "differs", trial


@TWENTY
def test_a_value_that_was_made_again_has_the_same(number):
    """However it was copied."""
    trial = sample("copies")[number]
    assert trial.verdict == "same", trial


@TWENTY
def test_a_fact_that_was_changed_is_no_pass_or_a_factor(number):
    """And the cause is named."""
    trial = sample("records")[number]
    assert not trial.is_false_pass, trial
    assert trial.is_named, trial
