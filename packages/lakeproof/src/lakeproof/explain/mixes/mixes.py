"""All runs that can be mixed of two records: each had once, by the least that must be run for it.

A mix whose nodes have all that a known run's had is that run. One that only asks a known model
otherwise runs what is done with the model. Only what is left fits one.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from lakeproof.explain.mixes.choice import Choice, Part, Reach, choice_of
from lakeproof.explain.mixes.differing.players import choices
from lakeproof.explain.mixes.facts import (
    CommonRows,
    Failure,
    How,
    Outcome,
    Player,
    Proof,
    Step,
)
from lakeproof.explain.mixes.known_runs import Known, KnownRuns
from lakeproof.explain.mixes.mixed.at_commit import unknown_inputs, with_commit
from lakeproof.explain.mixes.mixed.at_version import at_version
from lakeproof.explain.mixes.mixed.mixed_data import lacking
from lakeproof.explain.mixes.mixed.mixed_record import mixed_record, part_of
from lakeproof.explain.mixes.running.asked_mix import Asked, Project
from lakeproof.explain.mixes.running.common_rows import measure_common
from lakeproof.explain.mixes.running.mix_run import PASSES, MixRunner
from lakeproof.record.facts import EnvironmentFacts, FileFacts, Record
from lakeproof.record.setup.environment import gather_environment
from lakeproof.reproduce.stages import child_system
from lakeproof.reproduce.stages.child_system import Start
from lakeproof.reproduce.stages.scratch import sweep
from lakeproof.versioned.table_version import VersionFacts

_SHORT = 8
# What takes longer than as many times the longer of A and B will not end.
_TIMES_AS_LONG = 20
_LEAST_PATIENCE_S = 600


class Mixes:
    """The runs between two records.

    Args:
        project: The user's, of which nothing is changed but that mixes are stored.
        a: The record of a run that finished.
        b: Another one.
        say: Gets what re-runs say, a line at a time.
        tell: Gets what is being done.
        is_here: Take today's interpreter and libraries for every mix.
        start: Starts the process of a run.
        opens_packages: Whether each package is a player of its own.
        shared: A folder in which mixes leave for each other what nodes gave; `None` shares nothing.
    """

    def __init__(
        self,
        project: Project,
        a: Record,
        b: Record,
        say: Callable[[str], None] = lambda _: None,
        tell: Callable[[Step], None] = lambda _: None,
        is_here: bool = False,
        start: Start = child_system.start,
        opens_packages: bool = False,
        shared: Path | None = None,
    ) -> None:
        sweep(project.path)
        self._a, self._b = a, b
        self._tell = tell
        self._found = choices(a, b, opens_packages)
        self._reach = Reach(a, b, self._found)
        self._between = a.run.run_id, b.run.run_id
        environment = gather_environment(project.path)
        here = _digest(environment) if is_here else None
        self._runs = KnownRuns(project, self._found, a, b, here)
        longest = max(a.run.duration_s, b.run.duration_s)
        self._runner = MixRunner(
            project,
            environment,
            say,
            is_here,
            start,
            max(_LEAST_PATIENCE_S, _TIMES_AS_LONG * longest),
            shared,
        )

    def players(self) -> list[Player]:
        """List what differs and can be chosen."""
        return list(self._found.players)

    def notes(self) -> tuple[str, ...]:
        """Say what differs and cannot be chosen."""
        return self._found.notes

    def random_nodes(self) -> tuple[str, ...]:
        """Name the nodes of A and B that moved a random state which all share."""
        nodes = (node for record in (self._a, self._b) for node in record.nodes)
        return tuple(dict.fromkeys(node.name for node in nodes if node.moves_random))

    def prove(self) -> Proof:
        """Reproduce A and B, once each; what was proven before need not be again."""
        known = self._runs.kept.proof
        if known is not None and known.holds:
            return known
        verdicts, reasons = [], []
        for title, record in (("A", self._a), ("B", self._b)):
            short = record.run.run_id[:_SHORT]
            self._tell(Step(f"reproducing {title}, run {short}"))
            verdict, why = self._runner.again(record)
            verdicts.append(verdict)
            if verdict not in PASSES:
                reasons.append(
                    f"Run {short} is {verdict}: {' '.join(why) or 'see kedro reproduce'}"
                )
        proof = Proof((verdicts[0], verdicts[1]), tuple(reasons))
        self._runs.kept.keep_proof(proof)
        return proof

    def value(self, taken: frozenset[str]) -> Outcome:
        """Give what the mix with these players from B gave; a failure of it is in the outcome."""
        return self._value(choice_of(taken, self._found), taken)

    def _value(self, choice: Choice, taken: frozenset[str]) -> Outcome:
        known = self._runs.same(choice)
        if known is not None:
            is_it = known.choice == choice
            return self._outcome(taken, choice, known, known.how if is_it else "taken")
        models = self._runs.models(choice)
        if models is None:
            fitted = self._fitted(choice, taken)
            models = self._runs.models(choice)
            if models is None or self._runs.is_same(fitted, choice):
                return self._outcome(taken, choice, fitted, "fitted")
        self._tell(Step("scoring", taken))
        return self._outcome(taken, choice, self._had(choice, "asked", taken, models), "scored")

    def instead(self, taken: frozenset[str], parameters: Mapping[str, object]) -> Outcome:
        """Give what a mix gives with other values of some parameters, by their dotted names."""
        choice = replace(choice_of(taken, self._found), values=tuple(sorted(parameters.items())))
        return self._value(choice, taken)

    def at_version(self, table: str, version: VersionFacts) -> Outcome | None:
        """Run A with a table at another version; it is kept as a run, and not found again."""
        mixed = at_version(self._a, table, version)
        if mixed is None:
            return None
        choice, taken = Choice(), frozenset[str]()
        asked = Asked(
            mixed=mixed,
            between=self._between,
            takes=[f"{table} at version {version.version}"],
            code=self._a,
            models=self._reach.parts(choice).models,
        )
        ran = self._runner.run(asked)
        known = Known(choice, "whole", ran.record, ran.failure)
        return self._outcome(taken, choice, known, "fitted")

    def at_commit(self, taken: frozenset[str], commit: str) -> Outcome:
        """Give what a mix gives with the code of a commit; it is kept as a run, not found again.

        What it reads is what the run with A's code reads, else with B's, and nothing of today.
        """
        choice = choice_of(taken, self._found)
        data = self._reach.data(choice, "whole")
        mixed = mixed_record(choice, data, self._found, self._a, self._b)
        mixed = with_commit(mixed, commit, self._runner.project.path)
        asked = Asked(
            mixed=mixed,
            between=self._between,
            takes=[f"the code of commit {commit[:_SHORT]}", *sorted(taken)],
            # The engine that the commit's own configuration names is taken for that run's.
            code=self._b if choice.code else self._a,
            models=self._reach.parts(choice).models,
        )
        ran = self._runner.run(asked)
        failure = ran.failure
        unknown = next(unknown_inputs(ran.record, mixed), None) if ran.record is not None else None
        if unknown is not None:
            failure = Failure("before", None, f"it reads '{unknown}', which neither run has")
        known = Known(choice, "whole", None if failure else ran.record, failure)
        return self._outcome(taken, choice, known, "fitted")

    def common_rows(self) -> CommonRows:
        """Measure A's and B's model on the rows that both were scored on."""
        kept = self._runs.kept
        if kept.common is not None:
            return kept.common
        self._tell(Step("measuring on the rows that both were scored on"))
        others = [list(self._runs.scored_alike(end)) for end in self._runs.ends]
        found = measure_common(
            self._runner, (self._a, self._b), self._tables(), kept.folder, others
        )
        if found.why_not is None:
            kept.keep_common(found)
        return found

    def _tables(self) -> list[Path | None]:
        return [self._runs.predictions(end) for end in self._runs.ends]

    def estimate(self, taken: frozenset[str]) -> float:
        """Say how many seconds a mix will take, by what was recorded; 0 where it is there."""
        choice = choice_of(taken, self._found)
        if self._runs.same(choice) is not None:
            return 0.0
        is_asked = self._runs.models(choice) is not None
        return self._runs.seconds(choice, "asked" if is_asked else "whole")

    def _fitted(self, choice: Choice, taken: frozenset[str]) -> Known:
        """Fit the model of a mix, in a run that is whole wherever that works."""
        self._tell(Step("fitting", taken))
        whole = self._reach.as_learnt(choice)
        fitted = self._runs.same(whole) or self._had(whole, "whole", taken)
        parts = self._reach.parts(choice)
        failure = fitted.failure
        if failure is None or whole == choice or not parts.is_parted:
            return fitted
        if failure.node in parts.learnt:
            return fitted
        # It is about data that this mix does not ask about: what makes the model may go well.
        return self._had(choice, "learnt", taken)

    def _had(
        self,
        choice: Choice,
        part: Part,
        taken: frozenset[str],
        models: Sequence[FileFacts] = (),
    ) -> Known:
        """Run a mix, or a part of it, and keep what came of it."""
        parts = self._reach.parts(choice)
        mixed = mixed_record(choice, self._reach.data(choice, part), self._found, self._a, self._b)
        if part != "whole":
            nodes = parts.asked if part == "asked" else parts.learnt
            mixed = part_of(mixed, nodes, models)
        code, other = (self._b, self._a) if choice.code else (self._a, self._b)
        mixed = replace(mixed, problems=tuple(lacking(mixed, code, other)))
        takes = [player.name for player in self._found.players if player.name in taken]
        asked = Asked(
            mixed=mixed,
            between=self._between,
            takes=takes,
            code=code,
            models=() if part == "asked" else parts.models,
            predictions=self._runs.kept.new_table(),
        )
        started = time.monotonic()
        ran = self._runner.run(asked)
        return self._runs.add(
            Known(
                *(choice, part, ran.record, ran.failure, time.monotonic() - started),
                predictions=ran.predictions,
                nodes_taken=ran.nodes_taken,
            )
        )

    def _outcome(self, taken: frozenset[str], choice: Choice, known: Known, how: How) -> Outcome:
        if known.record is None:
            return Outcome(taken, {}, None, how, known.failure, known.duration_s)
        metrics = {name: one.number for name, one in known.record.metrics.items()}
        if known.part == "asked":
            # What the nodes that learn have said is said by the run that has fitted the model.
            metrics = {**self._runs.learnt_metrics(choice), **metrics}
        return Outcome(
            taken=taken,
            metrics=metrics,
            run_id=known.record.run.run_id,
            how=how,
            duration_s=known.duration_s,
            predictions=self._runs.predictions(known),
            nodes_taken=known.nodes_taken,
        )


def _digest(environment: EnvironmentFacts) -> str:
    content = json.dumps(asdict(environment), sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()
