"""What was promised to whom, kept apart from what Lakeproof itself writes down of it.

A run that was recorded has rows until its lease is over, it is released, or its rows are erased:
they are read and their digest is held against the one of the night on which it ran.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lakeproof.delta import DeltaTable
from lakeproof.errors import LakeproofError
from lakeproof.leases.held import copy_of
from lakeproof.leases.store import LeaseStore
from years.world import World


@dataclass
class Promise:
    """That a version can be read.

    Args:
        run_id: For whom.
        project: Whose run it is.
        table: The table.
        table_id: Its id.
        version: The version.
        digest: Of its rows.
        ends: The night after which it need not be.
        is_firm: Whether it holds against everybody: of a table that promises nothing, a copy does.
        ended: Why it ended before: `erased`, `released`.
    """

    run_id: str
    project: str
    table: str
    table_id: str
    version: int
    digest: str
    ends: float
    is_firm: bool
    ended: str | None = None


@dataclass
class Ledger:
    """All promises.

    Args:
        promises: By the night on which they were made.
        people: Who was erased: the values that must be nowhere.
    """

    promises: list[Promise] = field(default_factory=list)
    people: list[list[str]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Ledger":
        """Read it back."""
        told = json.loads(path.read_text())
        return cls([Promise(**one) for one in told["promises"]], told["people"])

    def write(self, path: Path) -> None:
        """Write it down."""
        told = {"promises": list(map(vars, self.promises)), "people": self.people}
        path.write_text(json.dumps(told))

    def standing(self, night: float) -> list[Promise]:
        """List those that hold on a night."""
        return [one for one in self.promises if one.ended is None and night < one.ends]

    def of_late(self, project: str, night: float, said: Collection[str] | None) -> Iterator[str]:
        """Yield the runs of a project whose promises end after a night, and those of a list.

        Args:
            project: Its name.
            night: The night.
            said: The list; where it is `None`, those alone that anybody may let die.
        """
        ours = [one for one in self.promises if one.project == project]
        late = [one for one in ours if night < one.ends and (said is not None or not one.is_firm)]
        wanted = {one.run_id for one in late}.union(said or ())
        yield from dict.fromkeys(one.run_id for one in ours if one.run_id in wanted)

    def give_back_others(self, world: World) -> None:
        """Release the runs of a night that was interrupted: it comes again, with other runs."""
        ours = {one.run_id for one in self.promises}
        for project in world.projects:
            leases = LeaseStore(project.path).own()
            if others := {one.run_id for one in leases} - ours:
                project.command("release", *sorted(others))

    def erased(self, versions: list[dict[str, object]]) -> int:
        """End those on versions that a receipt names, and count them."""
        gone = {(one["table_id"], one["version"]) for one in versions}
        count = 0
        for one in self.promises:
            if one.ended is None and (one.table_id, one.version) in gone:
                one.ended, count = "erased", count + 1
        return count

    def released(self, run_id: str) -> None:
        """End those of a run."""
        for one in self.promises:
            if one.run_id == run_id and one.ended is None:
                one.ended = "released"


def lost(world: World, promises: list[Promise]) -> Iterator[tuple[Promise, str]]:
    """Yield the promises that are not kept, with what is there instead."""
    known: dict[tuple[str, str, int], str] = {}
    for one in promises:
        place = (one.project, one.table, one.version)
        if place not in known:
            known[place] = _digest(world, one)
        if known[place] != one.digest:
            yield one, known[place]


def _digest(world: World, one: Promise) -> str:
    copy = copy_of(world.path / one.project, one.table_id, [one.version])
    said = []
    for folder in (world.tables[one.table], copy):
        if folder is not None:
            try:
                opened = DeltaTable(filepath=str(folder)).open(one.version)
                opened.require_files()
                return str(opened.compute_digest())
            except LakeproofError as error:
                said.append(error.message)
    return " ".join(said)
