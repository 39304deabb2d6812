"""The usual reasons behind a divergence, where the records show them."""

from dataclasses import replace

import pytest

from lakeproof.record.facts import Distribution, Library
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.verdict_report import render

from .builders import a_record, a_rerun, with_content


def hints(expected, dataset="model"):
    actual = with_content(a_rerun(expected), dataset, "other")
    found = compare(expected, actual, is_rerun=True)
    for hint in found.divergences[0].hints:
        assert f"- {hint}" in render(found)
    return found.divergences[0].hints


def with_settings(**settings):
    return a_record(models=(replace(a_record().models[0], settings=settings),))


def with_compute(record=None, **changes):
    record = record or a_record()
    return replace(record, compute=replace(record.compute, **changes))


def test_a_node_of_which_nothing_is_known_has_no_hint():
    """None is made up."""
    assert hints(a_record()) == ()
    assert hints(with_settings(random_state=7, n_jobs=None, forest__n_jobs=1)) == ()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"random_state": None}, "'model' has random_state=None: it draws other"),
        ({"forest__random_state": None}, "'model' has forest__random_state=None"),
        ({"random_state": "RandomState"}, "random_state of type RandomState"),
        ({"n_jobs": 4}, "'model' has n_jobs=4: threads add up"),
        ({"boost__thread_count": -1}, "boost__thread_count=-1"),
    ],
)
def test_an_estimator_that_draws_or_has_threads_is_suspected(settings, told):
    """Behind its own divergence alone."""
    (hint,) = hints(with_settings(**settings))
    assert told in hint
    assert hints(with_settings(**settings), "features") == ()


def test_numbers_that_nobody_seeded_are_suspected():
    """As `data.sample(frac=1)` draws them; of an estimator without a seed it is said once."""
    (fit,) = (node for node in a_record().nodes if "model" in [one.dataset for one in node.outputs])

    def drawing(**record):
        nodes = (replace(one, moves_random=one.name == fit.name) for one in a_record().nodes)
        return replace(a_record(**record), nodes=tuple(nodes))

    (hint,) = hints(drawing())
    assert hint.startswith(f"'{fit.name}' drew from the random state that all nodes share")
    model = replace(a_record().models[0], settings={"random_state": None})
    (hint,) = hints(drawing(models=(model,)))
    assert "has random_state=None" in hint


def test_what_holds_the_time_of_the_run_is_suspected():
    """Where the output that is another is the one that holds it."""
    nodes = list(a_record().nodes)
    nodes[-1] = replace(nodes[-1], clocks=("metrics: made_at", "aside: it"))
    (hint,) = hints(a_record(nodes=tuple(nodes)), "metrics")
    assert hint.startswith("'metrics' holds the time of the run (made_at).")
    assert hints(a_record(nodes=tuple(nodes)), "model") == ()


@pytest.mark.parametrize("seed", [None, "", "random"])
def test_an_unset_hash_seed_is_suspected(seed):
    """By which sets of text are ordered."""
    (hint,) = hints(with_compute(threads={"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": seed}))
    assert "hash seed was not set" in hint


def test_polars_with_several_threads_is_suspected():
    """An old record does not say how many there were."""
    (library,) = a_record().compute.libraries
    polars = Library("polars", "polars", "1.44", None, 4)
    (hint,) = hints(with_compute(libraries=(library, polars)))
    assert "Polars had 4 threads" in hint
    assert hints(with_compute(libraries=(library, replace(polars, threads=1)))) == ()
    environment = replace(a_record().environment, distributions=(Distribution("polars", "1.44"),))
    (hint,) = hints(a_record(environment=environment))
    assert "not in a record of schema 1" in hint
    assert hints(a_record(environment=environment, lakeproof="0.2.0")) == ()
    assert hints(with_compute(a_record(environment=environment), cores=1)) == ()
