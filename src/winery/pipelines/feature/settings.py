"""What `parameters_feature.yml` may say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from winery.parameters import (
    WHOLE,
    basis_points,
    checked,
    require_fraction,
)
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
        require_fraction(self.test_fraction, "feature.split.test_fraction", most=WHOLE - 1)

    @property
    def basis_points(self) -> int:
        """The share of the test rows in ten-thousandths."""
        return basis_points(self.test_fraction)


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

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> FeatureSettings:
        """Make the settings of the dict that Kedro hands to a node.

        Args:
            values: `params:feature`. A ratio whose value is null is not there: that is how an
                environment takes away one of `conf/base`.

        Returns:
            The settings.

        Raises:
            ValueError: They are not what the class takes.
        """
        given = checked(cls, values, "feature")
        ratios = {name: pair for name, pair in (given["ratios"] or {}).items() if pair is not None}
        for name, pair in ratios.items():
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise ValueError(
                    f"'feature.ratios.{name}' is {pair!r}; it must be [numerator, denominator]."
                )
        return cls(
            key=given["key"],
            target=given["target"],
            columns=tuple(given["columns"] or ()),
            ratios={name: (pair[0], pair[1]) for name, pair in ratios.items()},
            split=SplitSettings(**checked(SplitSettings, given["split"], "feature.split")),
        )

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
            if self.target in pair or self.key in pair:
                raise ValueError(
                    f"The ratio '{name}' is made of {pair[0]} and {pair[1]}: a feature must not be "
                    "made of the target or the key. Correct conf/*/parameters_feature.yml."
                )
