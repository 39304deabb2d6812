"""The change that the project's README asks about."""

import pytest

from lakeproof.explain.mixes.facts import CommonRows
from planted.plain import PlainMixes, player

LEARNT, SCORED = "84 → 132 rows", "36 → 46 rows"


@pytest.fixture
def wine():
    """The change of the issue: two versions of a table, learnt from and scored on, and a seed."""
    effects = {
        "learnt from samples": -0.0436,
        "scored on samples": -0.0117,
        "parameter train.seed": -0.0049,
    }
    return PlainMixes(
        [
            player("learnt from samples", "samples 0", "samples 1", "data", "learnt", LEARNT),
            player("scored on samples", "samples 0", "samples 1", "data", "scored", SCORED),
            player("parameter train.seed", "2026", "7"),
        ],
        lambda taken: {"log_loss": 0.1703 + sum(effects[one] for one in taken), "accuracy": 0.5},
        common=CommonRows(36, {"log_loss": 0.1703}, {"log_loss": 0.1187}),
    )
