"""What `parameters_feature.yml` may say."""

from collections import Counter
from dataclasses import dataclass

from lakeproof.frames import WHOLE, in_ten_thousandths, require_share

from winery.rows import IS_TEST


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
