from pathlib import Path

import polars as pl
import pytest

DELIVERIES = sorted((Path(__file__).parents[4] / "data/01_raw/wine").glob("*.csv"))


@pytest.fixture
def wines() -> pl.DataFrame:
    """Both deliveries, as the table `samples` holds them."""
    return pl.concat([pl.read_csv(path) for path in DELIVERIES])


def test_the_deliveries_are_scikit_learns_wines_to_the_last_bit(wines):
    """Undoing the shuffle and the new names gives `load_wine()` back."""
    import numpy as np
    from sklearn.datasets import load_wine

    published = load_wine()
    order = np.random.RandomState(0).permutation(178)
    measurements = wines.drop("sample_id", "cultivar")
    assert measurements.to_numpy().tobytes() == published.data[order].tobytes()
    assert measurements.columns[-2:] == ["od280_od315", "proline"]
    assert [int(name[-1]) - 1 for name in wines["cultivar"]] == published.target[order].tolist()


def test_each_delivery_has_all_cultivars_and_keys_of_its_own(wines):
    """Either version of the table is enough to train on."""
    tables = [pl.read_csv(path) for path in DELIVERIES]
    assert [path.name for path in DELIVERIES] == ["2026-01-delivery.csv", "2026-02-delivery.csv"]
    assert [(len(table), table["cultivar"].n_unique()) for table in tables] == [(120, 3), (58, 3)]
    assert wines["sample_id"].to_list() == [f"W{number:03d}" for number in range(1, 179)]
