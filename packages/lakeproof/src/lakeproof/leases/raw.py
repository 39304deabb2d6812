"""Which run needs which of the raw files that are kept by their content, and until when.

One file for each run, beside the leases on tables; the raw files themselves lie once for all runs
(`deliveries.raw_store`), and may go when no run needs them. A run that gave back what it needed
stays noted with nothing, so that nobody takes it for one from before.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lakeproof.leases.facts import LeaseError, Timed, require_run_id
from lakeproof.leases.folders import hide_from_git, in_project

FOLDER = "raw"
_TEXTS = ("run_id", "why", "taken_at")


@dataclass(frozen=True)
class RawLease(Timed):
    """What a run needs of the kept raw files.

    Args:
        run_id: MLflow's id of the run.
        until: ISO 8601 in UTC; `None` for ever.
        why: Why it was taken, in a few words.
        taken_at: ISO 8601 in UTC.
        files: Paths of what it read, by sha256, whether it is kept or not.
    """

    run_id: str
    until: str | None
    why: str
    taken_at: str
    files: Mapping[str, str]

    @classmethod
    def from_json(cls, text: str | bytes, file: str, place: str) -> "RawLease":
        """Read it back, and hold it against the name of its file.

        Raises:
            LeaseError: If it is damaged: what it means to keep is not known then.
        """
        try:
            content = json.loads(text)
            schema = content.pop("schema")
            found = cls(**content)
            is_right = (
                schema == 1
                and file == _name(found.run_id)
                and all(isinstance(getattr(found, name), str) for name in _TEXTS)
                and isinstance(found.files, dict)
                and found.has_zones
            )
            if not is_right:
                raise ValueError("it is not what its name says")
        except (TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
            raise LeaseError(
                f"The lease {file[:100]} in {place} cannot be read ({str(error)[:200]}), so which "
                "raw files it keeps is not known. Nothing was deleted. If no run needs it, remove "
                "that file."
            ) from error
        return found


class RawLeases:
    """What the runs of a project need.

    Args:
        project_path: The project.
    """

    def __init__(self, project_path: Path) -> None:
        self._project_path = project_path
        self._folder = in_project(project_path)

    def take(self, lease: RawLease) -> None:
        """Write a lease down, in place of the one that the run has.

        Raises:
            LeaseError: If it cannot be written.
        """
        require_run_id(lease.run_id)
        hide_from_git(self._project_path)
        try:
            self._folder.put(FOLDER, _name(lease.run_id), lease.to_json())
        except OSError as error:
            raise LeaseError(
                f"The lease on raw files cannot be written to {self._folder.name}: "
                f"{error.strerror or error}. It was not taken."
            ) from error

    def give_back(self, lease: RawLease) -> None:
        """End a lease: its run stays noted with nothing.

        Raises:
            LeaseError: If that cannot be written; it stands then.
            OutsideError: If it is behind a link: then it is a lease of another project.
        """
        self._folder.place_of(FOLDER, _name(lease.run_id))
        self.take(replace(lease, files={}))

    def all(self) -> Iterator[RawLease]:
        """Yield what each run needs, those without any raw file left out.

        Raises:
            LeaseError: If one cannot be read.
        """
        for file, content in self._folder.read(FOLDER):
            lease = RawLease.from_json(content, file, f"{self._folder.name}/{FOLDER}")
            if lease.files:
                yield lease

    def undecided(self, run_ids: Iterable[str]) -> list[str]:
        """List the runs of which nobody has written down what they need."""
        known = {file for file, _ in self._folder.read(FOLDER)}
        return [run_id for run_id in run_ids if _name(run_id) not in known]


def _name(run_id: str) -> str:
    return f"{run_id}.json"
