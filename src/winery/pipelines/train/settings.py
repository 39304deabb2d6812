"""What `parameters_train.yml` may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from winery.parameters import (
    WHOLE,
    basis_points,
    checked,
    require_fraction,
    require_task,
)
from winery.pipelines.train.estimators import NAMES


@dataclass(frozen=True)
class TrainSettings:
    """Say what is fitted to which column.

    Args:
        key: The column that tells rows apart; no feature.
        target: The column to predict.
        task: `classification` or `regression`.
        estimator: One of the names in `estimators`.
        hyperparameters: By estimator, the arguments of its class.
        seed: Where every random choice of the fit starts.
        sample_fraction: The share of the training rows to fit to, in steps of 0.0001.
    """

    key: str
    target: str
    task: str
    estimator: str
    hyperparameters: dict[str, dict[str, Any]]
    seed: int
    sample_fraction: float = 1.0

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> TrainSettings:
        """Make the settings of the dict that Kedro hands to a node.

        Args:
            values: `params:train`. A null instead of hyperparameters stands for none.

        Returns:
            The settings.

        Raises:
            ValueError: They are not what the class takes.
        """
        given = checked(cls, values, "train")
        given["hyperparameters"] = {
            name: own or {} for name, own in (given["hyperparameters"] or {}).items()
        }
        return cls(**given)

    def __post_init__(self) -> None:
        """Refuse names that stand for nothing, and numbers that would not be what they say."""
        require_task(self.task, "train")
        require_fraction(self.sample_fraction, "train.sample_fraction", most=WHOLE)
        for name in (self.estimator, *self.hyperparameters):
            if name not in NAMES:
                raise ValueError(
                    f"'{name}' in 'train' is no estimator; there are: {', '.join(NAMES)}. "
                    "Hyperparameters are given by estimator: "
                    "train.hyperparameters.random_forest.n_estimators"
                )
        for name, own in self.hyperparameters.items():
            if not isinstance(own, Mapping):
                raise ValueError(
                    f"'train.hyperparameters.{name}' is {own!r}, not a mapping of names to values."
                )
        is_number = isinstance(self.seed, int) and not isinstance(self.seed, bool)
        if not is_number or not 0 <= self.seed < 2**32:
            raise ValueError(
                f"'train.seed' is {self.seed!r}; without a whole number from 0 to 4294967295 every "
                "fit would be another."
            )

    @property
    def own_hyperparameters(self) -> dict[str, Any]:
        """The arguments for the estimator that is used."""
        return self.hyperparameters.get(self.estimator, {})

    @property
    def sample(self) -> int:
        """The share of the rows that is taken, in ten-thousandths."""
        return basis_points(self.sample_fraction)
