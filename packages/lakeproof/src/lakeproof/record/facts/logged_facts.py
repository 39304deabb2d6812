"""What nodes gave to MLflow by themselves, beside what datasets and parameters become there."""

from dataclasses import dataclass
from typing import Literal

LoggedKind = Literal["param", "tag", "history", "logged file", "logged model", "logged run"]


@dataclass(frozen=True)
class Logged:
    """One thing on the MLflow run that no dataset and no hook of ours or of kedro-mlflow put there.

    Args:
        kind: A `history` is a metric's whole one, where it has more than one value at step 0; a
            `logged run` stands for all runs that nodes have started beneath this one.
        name: Its name; for a file its path among the artifacts.
        digest: Of its content: `sha256:…`, for a model that of what it has learned; `None` where
            it has none.
        shown: A short text or value itself, else how much it is, or why there is no digest.
        counts: Whether it has a say; pictures have none.
    """

    kind: LoggedKind
    name: str
    digest: str | None
    shown: str | None = None
    counts: bool = True
