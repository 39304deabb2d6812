"""One mix, run: planned and carried out as a re-run is, its outcome kept; never an exception.

Not for what the mix is made of (`mixed_record`), nor for which mixes there are to run (`mixes`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex

from lakeproof.errors import LakeproofError
from lakeproof.explain.mixes.facts import Failure
from lakeproof.explain.mixes.running.asked_mix import Asked, Project, Ran
from lakeproof.explain.mixes.running.mix_store import keep_mix
from lakeproof.explain.mixes.running.predictions import export_predictions
from lakeproof.explain.mixes.running.sharing import nodes_taken, shared_by
from lakeproof.record.facts import EnvironmentFacts, FileFacts, Record
from lakeproof.record.places.redirection import written_at
from lakeproof.reproduce.comparison.received import plain_name
from lakeproof.reproduce.environment.other_engine import AskedEngine
from lakeproof.reproduce.needed_tables import NeededTable
from lakeproof.reproduce.outcomes import Verdict
from lakeproof.reproduce.plan import Plan, make_plan
from lakeproof.reproduce.stages import child_system
from lakeproof.reproduce.stages.child_system import Start
from lakeproof.reproduce.stages.execute import execute
from lakeproof.reproduce.stages.scratch import Scratch
from lakeproof.reproduce.stages.stage_results import Context, Result, StageError
from lakeproof.reproduce.stages.stage_types import (
    Compare,
    Keep,
    Register,
    RunChild,
    Stage,
    VerifyTables,
    stages_of,
)

Say = Callable[[str], None]

# Verdicts of a run that was reproduced.
PASSES = ("REPEATED", "REPRODUCED")
_MOST_CHARACTERS = 1_000


@dataclass
class MixRunner:
    """Runs mixes of one project, one after the other.

    Args:
        project: The user's.
        here: The environment of this process.
        say: Gets progress, a line at a time.
        is_here: Whether that environment is to be taken as it is.
        start: Starts the process of a run.
        most_seconds: How long one may take: a mix of two runs that ended need not end.
        shared: A folder in which mixes leave for each other what nodes gave; `None` shares nothing.
    """

    project: Project
    here: EnvironmentFacts
    say: Say
    is_here: bool = False
    start: Start = child_system.start
    most_seconds: float | None = None
    shared: Path | None = None
    _verified: set[tuple[str, int, str | None]] = field(default_factory=set)

    def run(self, asked: Asked) -> Ran:
        """Run a mix and keep it; whatever keeps it from its end is a failure."""
        try:
            plan, engine = self._planned(asked.mixed, asked.code)
            if plan.missing:
                return Ran(failure=_before("\n".join(plan.missing)))
            with self._scratch(asked.between[0]) as scratch:
                shares = shared_by(self.shared, asked.mixed) if self.shared is not None else None
                stages = self._stages(plan, engine, (Register, Compare, Keep), shares)
                result = execute(stages, self._context(scratch, asked.between[0]))
                self._verified.update(_versions(plan.tables))
                return self._kept(asked, result, scratch)
        except StageError as error:
            return Ran(failure=_before("\n".join(error.missing)))
        except LakeproofError as error:
            return Ran(failure=_before(error.message))

    def again(self, record: Record) -> tuple[Verdict, tuple[str, ...]]:
        """Have a recorded run again, and give the verdict with what is missing; nothing is kept."""
        try:
            plan, _ = self._planned(record, record)
            if plan.missing:
                return "INCONCLUSIVE", plan.missing
            with self._scratch(record.run.run_id) as scratch:
                stages = self._stages(plan, None, (Register, Keep))
                found = execute(stages, self._context(scratch, record.run.run_id)).comparison
        except StageError as error:
            return "INCONCLUSIVE", error.missing
        except LakeproofError as error:
            return "INCONCLUSIVE", (error.message,)
        assert found is not None, "the stages compare"
        self._verified.update(_versions(plan.tables))
        parting = found.first_divergence
        where = (f"they part at node '{parting.node}'",) if parting is not None else ()
        return found.verdict, (*where, *found.missing)

    def measure(self, mixed: Record, given: NeededTable) -> Record | Failure:
        """Run nodes on a table that is put together for them; nothing is kept.

        Args:
            mixed: The record of the nodes.
            given: The table, which they read.
        """
        try:
            plan, _ = self._planned(mixed, mixed)
            tables = [one for one in plan.tables if not set(one.datasets) & set(given.datasets)]
            pins = {**plan.load_versions, given.datasets[0]: str(given.versions[0].version)}
            plan = replace(plan, tables=(*tables, given), load_versions=pins)
            with self._scratch(mixed.run.run_id) as scratch:
                stages = self._stages(plan, None, (Register, Compare, Keep))
                record = execute(stages, self._context(scratch, mixed.run.run_id)).record
        except StageError as error:
            return _before("\n".join(error.missing))
        except LakeproofError as error:
            return _before(error.message)
        assert record is not None, "the stages run something"
        return record if record.run.status == "FINISHED" else _of_record(record)

    def _planned(self, mixed: Record, code: Record) -> tuple[Plan, AskedEngine | None]:
        project = self.project
        engine = None
        if mixed.compute.engine != code.compute.engine:
            name, env = mixed.compute.engine, mixed.run.kedro_env
            spark = project.spark_settings(env) if name == "spark" else None
            engine = AskedEngine(name, spark)
        plan = make_plan(
            mixed,
            project.path,
            project.locate_in(mixed.run.kedro_env),
            project.has_artifact,
            self.here,
            self.is_here,
            engine=engine.name if engine is not None else None,
            find_artifact=project.records.artifact,
        )
        return plan, engine

    def _scratch(self, run_id: str) -> Scratch:
        return Scratch(self.project.path, f"mix-{run_id[:8]}-{token_hex(4)}")

    def _context(self, scratch: Scratch, run_id: str) -> Context:
        project = self.project
        records = project.records.of(run_id)
        return Context(
            scratch.path,
            project.path,
            project.find_artifact,
            records,
            self.say,
            start=self.start,
            most_seconds=self.most_seconds,
        )

    def _kept(self, asked: Asked, result: Result, scratch: Scratch) -> Ran:
        project, record = self.project, result.record
        assert record is not None, "the stages run something"
        if record.run.status != "FINISHED":
            return Ran(failure=_of_record(record))
        kept = keep_mix(
            project.records.of(asked.between[0]),
            record,
            asked.mixed,
            asked.between,
            asked.takes,
            _fitted(asked, record, result, scratch.path),
            result.artifacts,
            project.path,
        )
        taken = nodes_taken(scratch.path)
        if asked.predictions is None:
            return Ran(kept, nodes_taken=taken)
        places = {table.dataset: table.uri for table in result.tables}
        locate = project.locate_in(record.run.kedro_env)
        rows = export_predictions(record, locate, places, asked.predictions)
        return Ran(kept, None, rows, taken)

    def _stages(
        self,
        plan: Plan,
        engine: AskedEngine | None,
        without: tuple[type[Stage], ...],
        shares: Path | None = None,
    ) -> list[Stage]:
        """Leave out some, and what is verified already; let nodes share no random state."""
        stages: list[Stage] = []
        for stage in stages_of(plan, engine):
            if isinstance(stage, VerifyTables):
                unseen = (
                    table
                    for table in stage.tables
                    if not self._verified.issuperset(_versions([table]))
                )
                stages.append(VerifyTables(tuple(unseen)))
            elif isinstance(stage, RunChild):
                stages.append(replace(stage, resets_random=True, shares=shares))
            elif not isinstance(stage, without):
                stages.append(stage)
        return stages


def _versions(tables: Sequence[NeededTable]) -> set[tuple[str, int, str | None]]:
    return {
        (table.table.location.uri, one.version, one.digest)
        for table in tables
        for one in table.versions
    }


def _fitted(asked: Asked, record: Record, result: Result, scratch: Path) -> dict[FileFacts, Path]:
    """Find the files of the models that were fitted, where the mix has put them."""
    assert result.checked_out is not None, "the stages check something out"
    project = result.checked_out.project
    found = {}
    for file in record.outputs.files:
        if plain_name(file.dataset) not in asked.models:
            continue
        place = written_at(scratch, project, file.path)
        if place.is_file():
            found[file] = place
    return found


def _before(message: str) -> Failure:
    return Failure("before", None, message[:_MOST_CHARACTERS])


def _of_record(record: Record) -> Failure:
    node = record.run.failed_node
    message = (record.run.error or "no error is recorded")[:_MOST_CHARACTERS]
    return Failure("node" if node else "before", node, message)
