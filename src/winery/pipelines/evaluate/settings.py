"""What `parameters_evaluate.yml` may say."""

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


@dataclass(frozen=True)
class EvaluateSettings:
    """Say which column was predicted, and by what kind of model.

    Args:
        key: The column that tells rows apart.
        target: The column that was predicted.
        task: `classification` or `regression`.
        sample_fraction: The share of the test rows to score, in steps of 0.0001.
    """

    key: str
    target: str
    task: str
    sample_fraction: float = 1.0

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> EvaluateSettings:
        """Make the settings of the dict that Kedro hands to a node.

        Args:
            values: `params:evaluate`.

        Returns:
            The settings.

        Raises:
            ValueError: They are not what the class takes.
        """
        return cls(**checked(cls, values, "evaluate"))

    def __post_init__(self) -> None:
        """Refuse an unknown task, no sample, and a key whose name the predictions need."""
        require_task(self.task, "evaluate")
        require_fraction(self.sample_fraction, "evaluate.sample_fraction", most=WHOLE)
        if self.key in ("actual", "predicted") or self.key.startswith("probability_"):
            raise ValueError(
                f"The key is named '{self.key}', as a column of the predictions is. Rename it "
                "where it is ingested."
            )

    @property
    def is_classification(self) -> bool:
        """Whether a class was predicted, not a number."""
        return self.task == "classification"

    @property
    def sample(self) -> int:
        """The share of the rows that is taken, in ten-thousandths."""
        return basis_points(self.sample_fraction)
