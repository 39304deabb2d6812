"""The runs that there are between two records: A, B, and what was mixed of them so far.

Tells which of them is a mix that is wanted, and which has fitted its model. Runs nothing.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lakeproof.errors import LakeproofError
from lakeproof.explain.mixes.choice import Choice, Part, Reach, choice_of
from lakeproof.explain.mixes.differing.players import Choices
from lakeproof.explain.mixes.facts import Failure, How
from lakeproof.explain.mixes.kept_mixes import KeptMix, KeptMixes
from lakeproof.explain.mixes.running.asked_mix import Project
from lakeproof.explain.mixes.running.predictions import export_predictions, predictions_of
from lakeproof.record.facts import FileFacts, Record
from lakeproof.reproduce.code.safe_writes import sha256_if_there
from lakeproof.reproduce.comparison.received import plain_name
from lakeproof.reproduce.todays_tables import located


@dataclass(frozen=True)
class Known:
    """A run that there is.

    Args:
        choice: What it has from B.
        part: How much of a run it is.
        record: As it is stored; `None` where it failed.
        failure: Why it did.
        duration_s: What it took.
        predictions: Its table of predictions.
        is_mix: Whether it was run for this, and is neither A nor B.
        nodes_taken: The nodes that another mix had run for it.
    """

    choice: Choice
    part: Part
    record: Record | None
    failure: Failure | None = None
    duration_s: float = 0.0
    predictions: Path | None = None
    is_mix: bool = True
    nodes_taken: tuple[str, ...] = ()

    @property
    def how(self) -> How:
        """Say how it came about."""
        if not self.is_mix:
            return "recorded"
        return "scored" if self.part == "asked" else "fitted"


def hangs_together(run: Known, nodes: Collection[str] | None) -> bool:
    """Tell whether some nodes of a run, or any, drew what the nodes before them had left.

    In a mix, random states are set anew before each node.
    """
    if run.is_mix or run.record is None:
        return False
    return any(
        node.moves_random for node in run.record.nodes if nodes is None or node.name in nodes
    )


class KnownRuns:
    """All of them.

    Args:
        project: The user's.
        found: What differs between A and B.
        a: The first record.
        b: The second.
        here: The digest of the environment that is taken in place of the recorded ones.
    """

    def __init__(
        self, project: Project, found: Choices, a: Record, b: Record, here: str | None = None
    ) -> None:
        self._project = project
        self._records = a, b
        self._reach = Reach(a, b, found)
        ids = a.run.run_id, b.run.run_id
        seals = project.records.seal(ids[0]), project.records.seal(ids[1])
        self.kept = KeptMixes(project.path, ids, seals, here)
        self._exported: dict[str, Path] = {}
        everything = frozenset(player.name for player in found.players)
        self._runs = [
            Known(choice_of(taken, found), "whole", record, is_mix=False)
            for taken, record in ((frozenset[str](), a), (everything, b))
        ]
        self.ends = self._runs[0], self._runs[1]
        self._runs += filter(None, map(self._read, self.kept.mixes))

    def add(self, run: Known) -> Known:
        """Take up a run, and keep it for the next call, unless it failed."""
        self._runs.append(run)
        run_id = run.record.run.run_id if run.record is not None else None
        seal = self._project.records.seal(run_id) if run_id is not None else None
        if run_id is not None and seal is not None:
            self.kept.add(
                KeptMix(
                    choice=run.choice,
                    part=run.part,
                    run_id=run_id,
                    seal=seal,
                    duration_s=run.duration_s,
                    predictions=run.predictions.name if run.predictions is not None else None,
                    nodes_taken=run.nodes_taken,
                )
            )
        return run

    def same(self, choice: Choice) -> Known | None:
        """Find a run whose nodes had all that those of a mix would have."""
        exact = (one for one in self._runs if one.choice == choice and one.part != "learnt")
        return next(exact, None) or next(
            (one for one in self._runs if self.is_same(one, choice)), None
        )

    def is_same(self, run: Known, choice: Choice) -> bool:
        """Tell whether a run is a mix, as far as its nodes can tell."""
        is_complete = run.part != "learnt" and not hangs_together(run, None)
        return is_complete and self._reach.whole(run.choice) == self._reach.whole(choice)

    def models(self, choice: Choice) -> tuple[FileFacts, ...] | None:
        """Find the models that a mix would fit, where a run has fitted and somebody kept them."""
        found = map(self._models_of, self._fitted(choice))
        return next((files for files in found if files is not None), None)

    def learnt_metrics(self, choice: Choice) -> Mapping[str, float]:
        """Give the metrics of the run that has fitted the model of a mix."""
        for run in self._fitted(choice):
            if run.record is not None:
                return {name: one.number for name, one in run.record.metrics.items()}
        return {}

    def seconds(self, choice: Choice, part: Part) -> float:
        """Say how long a part of a mix will take: as those before, or as was recorded."""
        had = [one.duration_s for one in self._runs if one.is_mix and one.part == part]
        if had:
            return sum(had) / len(had)
        record = self._records[choice.code]
        nodes = {node.name: node.duration_s for node in record.nodes}
        around = max(record.run.duration_s - sum(nodes.values()), 0.0)
        asked = self._reach.parts(choice).asked
        return around + sum(s for name, s in nodes.items() if part == "whole" or name in asked)

    def predictions(self, run: Known) -> Path | None:
        """Give the table of predictions of a run; those of A and B are read where they are."""
        if run.is_mix or run.record is None:
            return run.predictions
        run_id = run.record.run.run_id
        if run_id not in self._exported:
            found = self._export(run.record, self.kept.folder / f"{run_id}.parquet")
            if found is not None:
                self._exported[run_id] = found
        return self._exported.get(run_id)

    def _export(self, record: Record, target: Path) -> Path | None:
        written = predictions_of(record)
        if written is None:
            return None
        locate = self._project.locate_in(record.run.kedro_env)
        names = (written.dataset,)
        try:
            found = located(names, written.uri, self._project.path, locate, written.table_id)
            places = {written.dataset: found.location.uri}
            return export_predictions(record, locate, places, target)
        except LakeproofError:
            return None

    def scored_alike(self, end: Known) -> Iterator[tuple[Record, Path]]:
        """Give the mixes that measure as A or B does, by code and set-up, with what they predicted.

        What their nodes got, the records say.
        """
        for one in self._runs:
            if not one.is_mix or one.record is None or one.predictions is None:
                continue
            if (one.choice.code, one.choice.set_up) == (end.choice.code, end.choice.set_up):
                yield one.record, one.predictions

    def _fitted(self, choice: Choice) -> Iterator[Known]:
        """Give the runs that have fitted the model of a mix."""
        if not self._reach.parts(choice).is_parted:
            return
        wanted = self._reach.learnt(choice)
        for one in self._runs:
            if one.part != "asked" and self._reach.learnt(one.choice) == wanted:
                yield one

    def _models_of(self, run: Known) -> tuple[FileFacts, ...] | None:
        parts = self._reach.parts(run.choice)
        if run.record is None or hangs_together(run, parts.learnt):
            return None
        names = parts.models
        files = tuple(
            replace(file, is_own=False)
            for file in run.record.outputs.files
            if plain_name(file.dataset) in names
        )
        return files if files and all(map(self._is_there, files)) else None

    def _is_there(self, file: FileFacts) -> bool:
        if sha256_if_there(self._project.path / file.path) == file.sha256:
            return True
        return self._project.has_artifact(file)

    def _read(self, mix: KeptMix) -> Known | None:
        """Take up a mix of an earlier call; one whose record is gone, or another, was never had."""
        try:
            record, seal = self._project.records.sealed(mix.run_id)
        except Exception:
            return None
        if seal != mix.seal:
            return None
        predictions = self.kept.folder / mix.predictions if mix.predictions else None
        is_there = predictions is not None and predictions.is_file()
        return Known(
            choice=mix.choice,
            part=mix.part,
            record=record,
            duration_s=mix.duration_s,
            predictions=predictions if is_there else None,
            nodes_taken=mix.nodes_taken,
        )
