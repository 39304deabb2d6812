"""What `parameters_*.yml` may say: a dataclass for each pipeline that has one, read strictly."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lakeproof.frames import (
    ALL,
    CALENDAR,
    NUMERIC,
    WHOLE,
    columns_of,
    in_ten_thousandths,
    require_share,
)

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


@dataclass(frozen=True, kw_only=True)
class TableSettings:
    """Say what a row is, and what is to be predicted of it.

    Args:
        key: The column, or the columns, that tell rows apart; no feature.
        target: The column to predict.
    """

    key: str | list[str]
    target: str

    @property
    def keys(self) -> list[str]:
        """The columns of the key."""
        return columns_of(self.key)


@dataclass(frozen=True, kw_only=True)
class FeatureSettings(TableSettings):
    """Say what goes into the table `features`.

    Args:
        columns: The measurements to use: their names, `numeric`, or `all`.
        but: Names that `numeric` and `all` do not mean.
        calendar: What is made of dates and times.
        ratios: New columns, each by its numerator and denominator.
        split: Which rows are kept for the test.
        declared: The columns that deliveries may have; without them no name is held to be misspelt.
    """

    columns: str | tuple[str, ...]
    ratios: dict[str, tuple[str, str]]
    split: SplitSettings
    but: tuple[str, ...] = ()
    calendar: tuple[str, ...] = CALENDAR
    declared: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two columns of one name, and the target among what it is predicted from."""
        if isinstance(self.columns, str) and self.columns not in (NUMERIC, ALL):
            raise ValueError(
                f"'feature.columns' is {self.columns!r}; it must be a list of names, '{NUMERIC}' "
                f"or '{ALL}'."
            )
        if unknown := [part for part in self.calendar if part not in CALENDAR]:
            raise ValueError(
                f"'feature.calendar' has {unknown[0]!r}; there are: {', '.join(CALENDAR)}."
            )
        for name in (*self.keys, self.target):
            if name in self.columns and not isinstance(self.columns, str):
                what = "target" if name == self.target else "key"
                raise ValueError(
                    f"'feature.columns' names '{name}', which is the {what}: a model is given "
                    f"neither. Take it out of `columns` in conf/*/parameters_feature.yml."
                )
        self.require_own_names(() if isinstance(self.columns, str) else self.columns)
        for name, pair in self.ratios.items():
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise ValueError(
                    f"'feature.ratios.{name}' is {pair!r}; it must be [numerator, denominator]."
                )
            if {self.target, *self.keys} & {*pair}:
                raise ValueError(
                    f"The ratio '{name}' is made of {pair[0]} and {pair[1]}: a feature must not be "
                    "made of the target or the key. Correct conf/*/parameters_feature.yml."
                )

    def require_own_names(self, features: Iterable[str]) -> None:
        """Refuse two columns of one name in the table `features`.

        Args:
            features: What is made of the columns, beside the ratios.

        Raises:
            ValueError: A name is there twice.
        """
        names = Counter([*self.keys, self.target, IS_TEST, *features, *self.ratios])
        if repeated := [name for name, times in names.items() if times > 1]:
            raise ValueError(
                f"The features would hold the column '{repeated[0]}' twice. '{IS_TEST}', the key "
                f"'{', '.join(self.keys)}', the target '{self.target}', the columns, the parts of "
                "their dates and the ratios need names of their own: correct "
                "conf/*/parameters_feature.yml."
            )


@dataclass(frozen=True, kw_only=True)
class ModelSettings(TableSettings):
    """Say what is predicted.

    Args:
        task: `classification` or `regression`.
        sample_fraction: The share of the rows to take, in steps of 0.0001.
    """

    pipeline: ClassVar[str]

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
        estimator: A name under `estimators`, or the import path of a class.
        estimators: By a name of one's own, the `class` of an estimator and its arguments; with
            `preprocessing` what it wants otherwise than the rest.
        preprocessing: By kind of column, what is done to it before, in steps.
        seed: Where every random choice of the fit starts.
    """

    pipeline: ClassVar[str] = "train"

    estimator: str
    estimators: dict[str, dict[str, Any]]
    preprocessing: dict[str, Any]
    seed: int

    def __post_init__(self) -> None:
        """Refuse a name that stands for nothing, and a seed that is none."""
        super().__post_init__()
        if self.estimator not in self.estimators and "." not in str(self.estimator):
            raise ValueError(
                f"'train.estimator' is {self.estimator!r}, neither a name under "
                f"'train.estimators', which has {', '.join(self.estimators) or 'none'}, nor the "
                "import path of a class, as in sklearn.svm.SVC."
            )
        is_number = isinstance(self.seed, int) and not isinstance(self.seed, bool)
        if not is_number or not 0 <= self.seed < 2**32:
            raise ValueError(
                f"'train.seed' is {self.seed!r}; without a whole number from 0 to 4294967295 every "
                "fit would be another."
            )

    @property
    def own(self) -> dict[str, Any]:
        """The class and the arguments of the estimator that is used."""
        return self.estimators.get(self.estimator, {"class": self.estimator})


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings(ModelSettings):
    """Say which column was predicted, and by what kind of model.

    Args:
        metrics: What is measured, by name; see `pipelines.evaluate.scores`.
    """

    pipeline: ClassVar[str] = "evaluate"

    metrics: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a key whose name the predictions need."""
        super().__post_init__()
        taken = [
            name
            for name in self.keys
            if name in ("actual", "predicted") or name.startswith("probability_")
        ]
        if taken:
            raise ValueError(
                f"The key is named '{taken[0]}', as a column of the predictions is. Rename it "
                "where it is ingested."
            )


METHODS = ("grid", "optuna")


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """Say which hyperparameters are tried, and how a trial is measured.

    Args:
        method: `grid`, each combination; or `optuna`, whose sampler chooses.
        folds: Into as many parts the training rows are divided, each of which is left out once.
        trials: How often Optuna is asked; a grid has as many as it has.
        metrics: As of `evaluate`; the first one decides.
        spaces: By estimator, the values of its arguments: a list, or for Optuna a range of `low`
            and `high` with `step` or `log`.
    """

    method: str
    folds: int
    trials: int = 20
    metrics: tuple[str, ...] = ()
    spaces: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a method that is none, and numbers too small."""
        if self.method not in METHODS:
            raise ValueError(
                f"'search.method' is {self.method!r}; it must be one of: {', '.join(METHODS)}."
            )
        for name, value, least in (("folds", self.folds, 2), ("trials", self.trials, 1)):
            if type(value) is not int or value < least:
                raise ValueError(
                    f"'search.{name}' is {value!r}; it must be a whole number from {least} on."
                )
