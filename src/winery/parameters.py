"""What `parameters_*.yml` may say: a dataclass for each pipeline that has one, read strictly."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

from lakeproof.frames import WHOLE, in_ten_thousandths, require_share

from winery.estimators import NAMES
from winery.rows import IS_TEST

TASKS = ("classification", "regression")


@dataclass(frozen=True)
class SplitSettings:
    """Say which rows are kept for the test.

    Args:
        salt: Text or an integer that goes into the hash; another salt is another split.
        test_fraction: The share of the test rows, between 0 and 1, in steps of 0.0001.
    """

    salt: str | int
    test_fraction: float

    def __post_init__(self) -> None:
        """Refuse what would leave one side empty or the split undefined."""
        if isinstance(self.salt, bool) or not isinstance(self.salt, str | int):
            raise ValueError(f"'feature.split.salt' is {self.salt!r}, neither text nor an integer.")
        require_share(self.test_fraction, "feature.split.test_fraction", most=WHOLE - 1)

    @property
    def basis_points(self) -> int:
        """The share of the test rows in ten-thousandths."""
        return in_ten_thousandths(self.test_fraction)


@dataclass(frozen=True)
class FeatureSettings:
    """Say what goes into the table `features`.

    Args:
        key: The column that tells rows apart.
        target: The column to predict.
        columns: The measurements to use.
        ratios: New columns, each by its numerator and denominator.
        split: Which rows are kept for the test.
    """

    key: str
    target: str
    columns: tuple[str, ...]
    ratios: dict[str, tuple[str, str]]
    split: SplitSettings

    def __post_init__(self) -> None:
        """Refuse two columns of one name, and the target among what it is predicted from."""
        names = Counter([self.key, self.target, IS_TEST, *self.columns, *self.ratios])
        if repeated := [name for name, times in names.items() if times > 1]:
            raise ValueError(
                f"The features would hold the column '{repeated[0]}' twice. '{IS_TEST}', the key "
                f"'{self.key}', the target '{self.target}', the columns and the ratios need names "
                "of their own: correct conf/*/parameters_feature.yml."
            )
        for name, pair in self.ratios.items():
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise ValueError(
                    f"'feature.ratios.{name}' is {pair!r}; it must be [numerator, denominator]."
                )
            if self.target in pair or self.key in pair:
                raise ValueError(
                    f"The ratio '{name}' is made of {pair[0]} and {pair[1]}: a feature must not be "
                    "made of the target or the key. Correct conf/*/parameters_feature.yml."
                )


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Say what is predicted.

    Args:
        key: The column that tells rows apart; no feature.
        target: The column to predict.
        task: `classification` or `regression`.
        sample_fraction: The share of the rows to take, in steps of 0.0001.
    """

    pipeline: ClassVar[str]

    key: str
    target: str
    task: str
    sample_fraction: float = 1.0

    def __post_init__(self) -> None:
        """Refuse an unknown task, and a share that is none."""
        if self.task not in TASKS:
            raise ValueError(
                f"'{self.pipeline}.task' is {self.task!r}; it must be one of: {', '.join(TASKS)}."
            )
        require_share(self.sample_fraction, f"{self.pipeline}.sample_fraction")

    @property
    def is_classification(self) -> bool:
        """Whether a class is predicted, not a number."""
        return self.task == "classification"

    @property
    def sample(self) -> int:
        """The share of the rows that is taken, in ten-thousandths."""
        return in_ten_thousandths(self.sample_fraction)


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


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings(ModelSettings):
    """Say which column was predicted, and by what kind of model."""

    pipeline: ClassVar[str] = "evaluate"

    def __post_init__(self) -> None:
        """Refuse a key whose name the predictions need."""
        super().__post_init__()
        if self.key in ("actual", "predicted") or self.key.startswith("probability_"):
            raise ValueError(
                f"The key is named '{self.key}', as a column of the predictions is. Rename it "
                "where it is ingested."
            )
