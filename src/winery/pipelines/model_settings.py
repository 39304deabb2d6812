"""What `train` and `evaluate` must both be told, and in the same words."""

from dataclasses import dataclass
from typing import ClassVar

from lakeproof.frames import in_ten_thousandths, require_share

TASKS = ("classification", "regression")


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
