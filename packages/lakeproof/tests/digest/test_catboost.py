"""CatBoost's models: what they learned, without the identifier and the time of each fit.

No lock names CatBoost: without it these are skipped and counted; `make test-models` has it.
"""

import pickle

import numpy as np
import pytest

from lakeproof.digest import digest_model

pytestmark = pytest.mark.models
catboost = pytest.importorskip("catboost", reason="CatBoost is not installed")


def fitted(seed=1, **arguments):
    x = np.random.default_rng(3).normal(size=(60, 3))
    model = catboost.CatBoostClassifier(
        iterations=5, verbose=False, allow_writing_files=False, random_seed=seed, **arguments
    )
    return model.fit(x, (x[:, 0] > 0).astype(int))


def test_a_model_that_is_fitted_twice_is_the_same_and_stays_so_in_a_pickle():
    first = fitted()
    assert digest_model(first) == digest_model(fitted())
    assert digest_model(first) == digest_model(pickle.loads(pickle.dumps(first)))


def test_another_seed_depth_or_attribute_is_another_model():
    added = fitted()
    added.note = "mine"
    models = [fitted(), fitted(seed=2), fitted(depth=2), added, catboost.CatBoostClassifier()]
    assert len({digest_model(model) for model in models}) == len(models)
