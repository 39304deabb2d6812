"""What is asked for when a mix is run, of which project, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lakeproof.explain.mixes.facts import Failure
from lakeproof.record.facts import FileFacts, Record
from lakeproof.reproduce.todays_tables import Locate

if TYPE_CHECKING:
    from lakeproof.record.mlflow_store.stores import RecordStores


class Project(Protocol):
    """What a mix needs of the user's project, of which nothing is changed."""

    @property
    def path(self) -> Path:
        """Its folder."""
        ...

    @property
    def records(self) -> "RecordStores":
        """The stores of its runs."""
        ...

    def locate_in(self, kedro_env: str) -> Locate:
        """Give what looks a table up in today's catalog of an environment."""
        ...

    def has_artifact(self, file: FileFacts) -> bool:
        """Tell whether a recorded run kept a file with these bytes."""
        ...

    def find_artifact(self, file: FileFacts) -> Path | None:
        """Bring a file that a recorded run wrote."""
        ...

    def spark_settings(self, kedro_env: str) -> dict[str, str]:
        """Read today's `spark.yml`."""
        ...


@dataclass(frozen=True)
class Asked:
    """A mix that is to be run.

    Args:
        mixed: The record of what it is made of.
        between: The ids of A and B.
        takes: The names of what comes from B.
        code: The record that the code comes from.
        models: The catalog names of the models that it fits.
        predictions: Where its table of predictions is to be kept; `None` where nobody asks for it.
    """

    mixed: Record
    between: tuple[str, str]
    takes: Sequence[str]
    code: Record
    models: Sequence[str]
    predictions: Path | None = None


@dataclass(frozen=True)
class Ran:
    """What came of it.

    Args:
        record: As it is stored; `None` where it failed.
        failure: Why it failed.
        predictions: Its table of predictions; `None` where it has none.
        nodes_taken: The nodes that did not run, for another mix had run them on the same.
    """

    record: Record | None = None
    failure: Failure | None = None
    predictions: Path | None = None
    nodes_taken: tuple[str, ...] = ()
