"""What `parameters_evaluate.yml` may say."""

from dataclasses import dataclass
from typing import ClassVar

from winery.pipelines.model_settings import ModelSettings


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
