"""What a commit says of itself: one JSON string in `userMetadata`, which both engines show."""

import json
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from lakeproof.errors import LakeproofError


@dataclass(frozen=True)
class Taken:
    """The delivery that a commit took.

    Args:
        name: The file's name.
        sha256: Of its bytes.
        columns: What was declared of each column; `None` in older commits.
        key: The columns that told its rows apart.
        dialect: What its text meant, where that was not the strict default.
    """

    name: str
    sha256: str
    columns: dict[str, str] | None = None
    key: list[str] | None = None
    dialect: dict[str, Any] | None = None


@dataclass(frozen=True)
class CommitNote:
    """Who wrote a version, and from what.

    No value of a row, and nothing that adds up: of two versions that would give away what differs.
    Older commits also have `content`, the facts behind the digest.

    Args:
        run_id: The MLflow run, or `None` outside of one.
        git_commit: The full commit that was checked out.
        node: The Kedro node that handed the rows over.
        rows: Rows in the table after this commit.
        digest: Content digest of the table after this commit, where the writer knew it.
        follows: The version that the writer had read, -1 for none. What it says of the whole table
            holds if its commit is the next one.
        delivery: The delivery whose rows these are.
        commit_id: Made anew for each commit, to find it again in the log whatever version number it
            got beside other writers.
    """

    run_id: str | None = None
    git_commit: str | None = None
    node: str | None = None
    rows: int | None = None
    digest: str | None = None
    follows: int | None = None
    delivery: Taken | None = None
    commit_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def to_json(self) -> str:
        """Write the note canonically: sorted keys, nothing that is not known."""
        known = {key: value for key, value in asdict(self).items() if value is not None}
        if self.delivery is not None:
            said = asdict(self.delivery).items()
            known["delivery"] = {key: value for key, value in said if value is not None}
        return json.dumps(known, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: Any) -> "CommitNote | None":
        """Read a note back.

        Returns:
            The note, or `None` where somebody else wrote the commit.
        """
        try:
            said = json.loads(text)
            delivery = said.pop("delivery", None)
            known = {key: said[key] for key in cls.__dataclass_fields__ if key in said}
            taken = {key: one for key, one in (delivery or {}).items() if key in _OF_DELIVERIES}
            return cls(**known, delivery=Taken(**taken) if taken else None)
        except (TypeError, ValueError, AttributeError):
            return None


_OF_DELIVERIES = Taken.__dataclass_fields__.keys()


class CommitNotFoundError(LakeproofError):
    """Our own commit is not in the log: another writer overwrote it."""
