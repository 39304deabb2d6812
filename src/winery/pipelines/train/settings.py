"""What `parameters_train.yml` may say."""

from dataclasses import dataclass
from typing import Any, ClassVar

from winery.pipelines.model_settings import ModelSettings
from winery.pipelines.train.estimators import NAMES


@dataclass(frozen=True, kw_only=True)
class TrainSettings(ModelSettings):
    """Say what is fitted to which column.

    Args:
        estimator: One of the names in `estimators`.
        hyperparameters: By estimator, the arguments of its class.
        seed: Where every random choice of the fit starts.
    """

    pipeline: ClassVar[str] = "train"

    estimator: str
    hyperparameters: dict[str, dict[str, Any]]
    seed: int

    def __post_init__(self) -> None:
        """Refuse names that stand for nothing, and a seed that is none."""
        super().__post_init__()
        for name in (self.estimator, *self.hyperparameters):
            if name not in NAMES:
                raise ValueError(
                    f"'{name}' in 'train' is no estimator; there are: {', '.join(NAMES)}. "
                    "Hyperparameters are given by estimator: "
                    "train.hyperparameters.random_forest.n_estimators"
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
